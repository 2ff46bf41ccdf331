//! A run, put aside: parameters, moments and the number of steps. Nothing else is state.

use super::Trainer;
use super::optimizer::Moments;
use crate::device::values_of;
use crate::keys::{Entry, Layout, Naming, table};
use crate::parameters::parameter_id;
use crate::weights::WeightFile;
use crate::weights::write::WeightsToWrite;
use crate::{ClipError, WeightPrecision};
use burn::tensor::{Tensor, TensorData};
use std::collections::HashMap;
use std::path::Path;

const STEPS: &str = "steps";
const SETTINGS: &str = "settings";

impl Trainer {
    /// Writes the run to `path`. What was there is replaced at one moment, when the new file is
    /// whole and synced.
    ///
    /// # Errors
    ///
    /// When the device fails or the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ClipError> {
        let mut contents = HashMap::new();
        let mut parameters = self.clip.values()?;
        for name in self.names() {
            let id = parameter_id(&name);
            if let Some(values) = parameters.remove(&id) {
                contents.insert(format!("parameter.{name}"), values);
            }
            if let Some(moments) = self.optimizer.moments.get(&id) {
                contents.insert(format!("first.{name}"), values_of(moments.first.clone())?);
                contents.insert(format!("second.{name}"), values_of(moments.second.clone())?);
            }
        }
        let mut entries: Vec<Entry> = contents
            .iter()
            .map(|(key, values)| {
                let keys = vec![key.clone()];
                Entry::new(key.clone(), keys, &[values.len()], Layout::Stored)
            })
            .collect();
        entries.sort_by(|a, b| a.parameter.cmp(&b.parameter));
        let file = WeightsToWrite {
            entries: &entries,
            precision: WeightPrecision::Full,
            notes: &[
                (STEPS, self.steps.to_string()),
                (SETTINGS, self.settings()?),
            ],
        };
        file.write(path, |entry| {
            Ok(contents.remove(&entry.parameter).unwrap_or_default())
        })
    }

    /// Goes on with the run at `path`, bit by bit as if it had not been stopped.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or was written with another model or other settings.
    pub fn resume(&mut self, path: &Path) -> Result<(), ClipError> {
        let file = WeightFile::open(path)?;
        let other = || ClipError::Checkpoint { path: path.into() };
        if file.note(SETTINGS) != Some(self.settings()?.as_str()) {
            return Err(other());
        }
        let steps = file.note(STEPS).and_then(|steps| steps.parse().ok());
        self.steps = steps.ok_or_else(other)?;
        let mut parameters = HashMap::new();
        self.optimizer.moments.clear();
        let expected = self.clip.values()?;
        for name in self.names() {
            let id = parameter_id(&name);
            let Some(values) = expected.get(&id) else {
                continue;
            };
            let read = |part: &str| -> Result<Option<Vec<f32>>, ClipError> {
                let key = format!("{part}.{name}");
                match file.shape(&key) {
                    None => Ok(None),
                    Some(shape) if shape == [values.len()] => file.read(&key).map(Some),
                    Some(_) => Err(other()),
                }
            };
            parameters.insert(id, read("parameter")?.ok_or_else(other)?);
            if let (Some(first), Some(second)) = (read("first")?, read("second")?) {
                let tensor = |values: Vec<f32>| -> Tensor<1> {
                    let shape = [values.len()];
                    let device = self.device.clone().without_autodiff();
                    Tensor::from_data(TensorData::new(values, shape), &device)
                };
                let moments = Moments {
                    first: tensor(first),
                    second: tensor(second),
                };
                self.optimizer.moments.insert(id, moments);
            }
        }
        self.clip = self.clip.clone().with_values(parameters);
        Ok(())
    }

    fn names(&self) -> Vec<String> {
        table(Naming::OpenClip, self.model.config())
            .into_iter()
            .map(|entry| entry.parameter)
            .collect()
    }

    /// What must be equal for a run to be the same run.
    fn settings(&self) -> Result<String, ClipError> {
        Ok(format!("{} {:?}", self.model.fingerprint()?, self.config))
    }
}
