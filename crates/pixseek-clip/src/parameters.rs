//! A weight file held against the key table, and the layers that are filled from it.

use crate::keys::{Entry, Layout, Naming, table};
use crate::weights::WeightFile;
use crate::{ClipConfig, ClipError};
use burn::module::Param;
use burn::nn::{LayerNorm, LayerNormConfig, Linear};
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Every parameter of a configuration, known to be in the file with the right shape.
pub(crate) struct Parameters {
    file: WeightFile,
    entries: HashMap<String, Entry>,
}

impl Parameters {
    /// Checks names and shapes of the whole file; reads no weights.
    ///
    /// # Errors
    ///
    /// The first key in table order that is missing or misshapen, or a left-over one.
    pub(crate) fn check(file: WeightFile, config: &ClipConfig) -> Result<Self, ClipError> {
        let naming = Naming::of(|key| file.shape(key).is_some());
        let mut left_over: HashSet<String> = file
            .keys()
            .into_iter()
            .filter(|key| !naming.ignores(key))
            .collect();
        let entries = table(naming, config);
        for entry in &entries {
            for key in &entry.keys {
                let found = file.shape(key).ok_or_else(|| ClipError::MissingKey {
                    path: file.path().into(),
                    key: key.clone(),
                })?;
                if found != entry.shape {
                    return Err(ClipError::Shape {
                        path: file.path().into(),
                        key: key.clone(),
                        expected: entry.shape.clone(),
                        found,
                    });
                }
                left_over.remove(key);
            }
        }
        if let Some(key) = left_over.into_iter().min() {
            return Err(ClipError::LeftOverKey {
                path: file.path().into(),
                key,
            });
        }
        let entries = entries
            .into_iter()
            .map(|entry| (entry.parameter.clone(), entry))
            .collect();
        Ok(Self { file, entries })
    }

    /// The weight file.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// A parameter's values in the file's layout.
    pub(crate) fn values(&self, parameter: &str) -> Result<Vec<f32>, ClipError> {
        let mut values = Vec::new();
        for key in &self.entry(parameter).keys {
            let mut part = self.file.read(key)?;
            if values.is_empty() {
                values = part;
            } else {
                values.append(&mut part);
            }
        }
        Ok(values)
    }

    /// A parameter's shape in the file's layout.
    pub(crate) fn shape(&self, parameter: &str) -> Vec<usize> {
        let entry = self.entry(parameter);
        let mut shape = entry.shape.clone();
        if let Some(rows) = shape.first_mut() {
            *rows *= entry.keys.len();
        }
        shape
    }

    /// A parameter as a tensor, in the layout in which it is used.
    pub(crate) fn tensor<const D: usize>(
        &self,
        parameter: &str,
        device: &Device,
    ) -> Result<Tensor<D>, ClipError> {
        let data = TensorData::new(self.values(parameter)?, self.shape(parameter));
        let tensor = Tensor::from_data(data, device);
        Ok(match self.entry(parameter).layout {
            Layout::Stored => tensor,
            Layout::Transposed => tensor.transpose(),
        })
    }

    /// A linear layer with a bias.
    pub(crate) fn linear(&self, name: &str, device: &Device) -> Result<Linear, ClipError> {
        let bias = self.tensor(&format!("{name}.bias"), device)?;
        Ok(Linear {
            bias: Some(Param::from_tensor(bias)),
            ..self.projection(name, device)?
        })
    }

    /// A linear layer without a bias.
    pub(crate) fn projection(&self, name: &str, device: &Device) -> Result<Linear, ClipError> {
        let weight = self.tensor(&format!("{name}.weight"), device)?;
        Ok(Linear {
            weight: Param::from_tensor(weight),
            bias: None,
        })
    }

    /// A layer norm.
    pub(crate) fn layer_norm(
        &self,
        name: &str,
        eps: f64,
        device: &Device,
    ) -> Result<LayerNorm, ClipError> {
        let weight: Tensor<1> = self.tensor(&format!("{name}.weight"), device)?;
        let bias = self.tensor(&format!("{name}.bias"), device)?;
        let [width] = weight.dims();
        let mut norm = LayerNormConfig::new(width).with_epsilon(eps).init(device);
        norm.gamma = Param::from_tensor(weight);
        norm.beta = Some(Param::from_tensor(bias));
        Ok(norm)
    }

    fn entry(&self, parameter: &str) -> &Entry {
        self.entries
            .get(parameter)
            .expect("towers name only parameters of the key table")
    }
}
