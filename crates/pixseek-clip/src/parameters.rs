//! The parameters of a model: a weight file that was checked against the key table, and the layers
//! that are filled from it.

use crate::keys::{Entry, Layout, Naming, table};
use crate::positions::Regrid;
use crate::weights::WeightFile;
use crate::{ClipConfig, ClipError};
use burn::module::{Param, ParamId};
use burn::nn::{LayerNorm, LayerNormConfig, Linear};
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

const IMAGE_POSITIONS: &str = "image.positions";

/// Every parameter of a configuration, known to be in the file with the right shape.
pub(crate) struct Parameters {
    file: Arc<WeightFile>,
    naming: Naming,
    entries: HashMap<String, Entry>,
    /// Set for a file whose image positions belong to another grid.
    regrid: Option<Regrid>,
    /// Values that were read ahead.
    ahead: Mutex<HashMap<String, Vec<f32>>>,
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
        let mut regrid = None;
        for entry in &entries {
            for key in &entry.keys {
                let found = file.shape(&key.name).ok_or_else(|| ClipError::MissingKey {
                    path: file.path().into(),
                    key: key.name.clone(),
                })?;
                // SigLIP keeps its scale and bias as vectors of one.
                let is_scalar = key.shape.is_empty() && found == [1];
                if found != key.shape && !is_scalar {
                    let other = Self::other_grid(entry, &found, config);
                    regrid = Some(other.ok_or_else(|| ClipError::Shape {
                        path: file.path().into(),
                        key: key.name.clone(),
                        expected: key.shape.clone(),
                        found,
                    })?);
                }
                left_over.remove(&key.name);
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
        Ok(Self {
            file: Arc::new(file),
            naming,
            entries,
            regrid,
            ahead: Mutex::default(),
        })
    }

    /// Finds how an entry of another shape fits all the same: as image positions of another grid.
    fn other_grid(entry: &Entry, found: &[usize], config: &ClipConfig) -> Option<Regrid> {
        // timm's positions have an axis of length 1 in front.
        match (found, &entry.shape[..]) {
            ([rows, width] | [1, rows, width], [_, expected])
                if entry.parameter == IMAGE_POSITIONS && width == expected =>
            {
                Regrid::between(*rows, config)
            }
            _ => None,
        }
    }

    /// The weight file.
    pub(crate) fn file(&self) -> &Arc<WeightFile> {
        &self.file
    }

    /// Reads all parameters whose names begin with `prefix`, except one, on all threads: Burn's
    /// modules load one after the other, and reading takes most of that time. [`Self::values`] then
    /// hands them out.
    ///
    /// # Errors
    ///
    /// When the weight file cannot be read.
    pub(crate) fn read_ahead(&self, prefix: &str, except: &str) -> Result<(), ClipError> {
        let wanted = |name: &&String| name.starts_with(prefix) && name.as_str() != except;
        let mut names: Vec<&String> = self.entries.keys().filter(wanted).collect();
        // The largest first; threads take them in turn.
        names.sort_by_key(|name| std::cmp::Reverse(self.shape(name).iter().product::<usize>()));
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let read = |first: usize| -> Result<(), ClipError> {
            for name in names.iter().skip(first).step_by(threads) {
                let values = self.values(name)?;
                self.ahead
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert((*name).clone(), values);
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..threads)
                .map(|first| scope.spawn(move || read(first)))
                .collect();
            let ended = readers.into_iter().map(std::thread::ScopedJoinHandle::join);
            // A parameter that a reader did not reach is read when it is asked for.
            ended
                .map(|ended| ended.unwrap_or(Ok(())))
                .try_for_each(std::convert::identity)
        })
    }

    /// A parameter's values in the layout of use.
    pub(crate) fn values_in_use(&self, parameter: &str) -> Result<Vec<f32>, ClipError> {
        let values = self.values(parameter)?;
        match (
            self.entry(parameter).layout,
            self.shape(parameter).as_slice(),
        ) {
            (Layout::Transposed, &[outputs, inputs]) => Ok((0..inputs)
                .flat_map(|input| (0..outputs).map(move |output| output * inputs + input))
                .map(|place| values[place])
                .collect()),
            _ => Ok(values),
        }
    }

    /// The key of a parameter that is read row by row.
    pub(crate) fn key(&self, parameter: &str) -> &str {
        self.entry(parameter)
            .keys
            .first()
            .map_or("", |key| key.name.as_str())
    }

    /// A parameter's values in the file's layout.
    pub(crate) fn values(&self, parameter: &str) -> Result<Vec<f32>, ClipError> {
        let ahead = self.ahead.lock();
        let ahead = ahead
            .unwrap_or_else(PoisonError::into_inner)
            .remove(parameter);
        if let Some(values) = ahead {
            return Ok(values);
        }
        let mut values = Vec::new();
        for key in &self.entry(parameter).keys {
            let mut part = self.file.read(&key.name)?;
            if values.is_empty() {
                values = part;
            } else {
                values.append(&mut part);
            }
        }
        if let (IMAGE_POSITIONS, Some(regrid)) = (parameter, self.regrid) {
            values = regrid.resize(&values, self.shape(parameter)[1]);
        }
        Ok(values)
    }

    /// A parameter's shape in the file's layout.
    pub(crate) fn shape(&self, parameter: &str) -> Vec<usize> {
        self.entry(parameter).shape.clone()
    }

    /// The layout of a parameter in the file.
    pub(crate) fn layout(&self, parameter: &str) -> Layout {
        self.entry(parameter).layout
    }

    /// Whether the model has a parameter.
    pub(crate) fn has(&self, parameter: &str) -> bool {
        self.entries.contains_key(parameter)
    }

    /// Whose names the file's keys are.
    pub(crate) fn naming(&self) -> Naming {
        self.naming
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

    /// A parameter under the id that a trainer knows it by.
    pub(crate) fn param<const D: usize>(
        &self,
        parameter: &str,
        device: &Device,
    ) -> Result<Param<Tensor<D>>, ClipError> {
        Ok(named(parameter, self.tensor(parameter, device)?))
    }

    /// A linear layer with a bias.
    pub(crate) fn linear(&self, name: &str, device: &Device) -> Result<Linear, ClipError> {
        Ok(Linear {
            bias: Some(self.param(&format!("{name}.bias"), device)?),
            ..self.projection(name, device)?
        })
    }

    /// A linear layer without a bias.
    pub(crate) fn projection(&self, name: &str, device: &Device) -> Result<Linear, ClipError> {
        Ok(Linear {
            weight: self.param(&format!("{name}.weight"), device)?,
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
        let weight: Param<Tensor<1>> = self.param(&format!("{name}.weight"), device)?;
        let [width] = weight.dims();
        let mut norm = LayerNormConfig::new(width).with_epsilon(eps).init(device);
        norm.gamma = weight;
        norm.beta = Some(self.param(&format!("{name}.bias"), device)?);
        Ok(norm)
    }

    fn entry(&self, parameter: &str) -> &Entry {
        self.entries
            .get(parameter)
            .expect("towers name only parameters of the key table")
    }
}

/// A parameter with the id of its name, which is the same in every process.
pub(crate) fn named<const D: usize>(parameter: &str, value: Tensor<D>) -> Param<Tensor<D>> {
    Param::initialized(parameter_id(parameter), value).set_require_grad(true)
}

/// The id of a parameter's name.
pub(crate) fn parameter_id(parameter: &str) -> ParamId {
    let hash = blake3::hash(parameter.as_bytes());
    let (first, _) = hash.as_bytes().split_first_chunk().expect("32 bytes");
    ParamId::from(u64::from_le_bytes(*first))
}
