//! Both towers as one module, with the temperature that they are trained with.

use crate::device::Target;
use crate::keys::Entry;
use crate::parameters::{named, parameter_id};
use crate::text::TextTower;
use crate::tokens::TokenTable;
use crate::vision::ImageTower;
use crate::{ClipError, Model};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::HashMap;

/// Everything that is learned.
#[derive(Module, Debug)]
pub(crate) struct Clip {
    pub(crate) text: TextTower,
    pub(crate) image: ImageTower,
    /// The logarithm of the scale of cosines.
    logit_scale: Param<Tensor<1>>,
    /// SigLIP's; 0 and unused elsewhere.
    logit_bias: Option<Param<Tensor<1>>>,
}

impl Clip {
    pub(crate) fn load(model: &Model, device: &Device) -> Result<Self, ClipError> {
        let parameters = model.parameters();
        let config = model.config();
        let scalar = |name: &str| -> Result<Param<Tensor<1>>, ClipError> {
            let data = TensorData::new(parameters.values(name)?, [1]);
            Ok(named(name, Tensor::from_data(data, device)))
        };
        let target = Target {
            device: device.clone(),
            tokens: TokenTable::Loaded,
            kernels: None,
        };
        Ok(Self {
            text: TextTower::load(parameters, &config.text, &target)?,
            image: ImageTower::load(parameters, &config.vision, &target)?,
            logit_scale: scalar("logit_scale")?,
            logit_bias: parameters
                .has("logit_bias")
                .then(|| scalar("logit_bias"))
                .transpose()?,
        })
    }

    /// # Shapes
    ///
    /// `[B, 3, S, S]` to `[B, E]` unit rows.
    pub(crate) fn images(&self, pixels: Tensor<4>) -> Result<Tensor<2>, ClipError> {
        Ok(unit(self.image.forward(pixels)?))
    }

    /// # Shapes
    ///
    /// `B` rows of token ids to `[B, E]` unit rows.
    pub(crate) fn texts(&self, rows: &[Vec<u32>]) -> Result<Tensor<2>, ClipError> {
        Ok(unit(self.text.forward(rows)?))
    }

    /// What cosines are multiplied with.
    pub(crate) fn scale(&self) -> Tensor<1> {
        self.logit_scale.val().exp()
    }

    /// What is added to every logit.
    pub(crate) fn bias(&self) -> Option<Tensor<1>> {
        self.logit_bias.as_ref().map(Param::val)
    }

    /// The values of every parameter in the layout of use.
    pub(crate) fn values(&self) -> Result<HashMap<ParamId, Vec<f32>>, ClipError> {
        let mut read = Read {
            values: HashMap::new(),
            error: None,
        };
        self.visit(&mut read);
        match read.error {
            Some(error) => Err(error),
            None => Ok(read.values),
        }
    }

    /// Puts `values` in place of the parameters' own. Parameters that it lacks stay.
    pub(crate) fn with_values(self, values: HashMap<ParamId, Vec<f32>>) -> Self {
        self.map(&mut Replace(values))
    }
}

/// The value of a weight file's entry: trained, or what stands for a batch norm that was folded
/// into its convolution: the identity.
pub(crate) fn value_of(entry: &Entry, trained: &HashMap<ParamId, Vec<f32>>) -> Vec<f32> {
    if let Some(values) = trained.get(&parameter_id(&entry.parameter)) {
        return values.clone();
    }
    let count = entry.shape.iter().product();
    let value = match entry.parameter.rsplit('.').next() {
        Some("mean") => 0.0,
        // With its epsilon, 1.
        Some("variance") => 1.0 - 1e-5,
        _ => 1.0,
    };
    vec![value; count]
}

/// Rows of length 1; a row of zeros stays one.
///
/// # Shapes
///
/// `[B, E]` to `[B, E]`.
pub(crate) fn unit(rows: Tensor<2>) -> Tensor<2> {
    // `torch.nn.functional.normalize`'s least length.
    let lengths = rows
        .clone()
        .powf_scalar(2.0)
        .sum_dim(1)
        .sqrt()
        .clamp_min(1e-12);
    rows / lengths
}

struct Read {
    values: HashMap<ParamId, Vec<f32>>,
    error: Option<ClipError>,
}

impl ModuleVisitor for Read {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        match values_of(param.val()) {
            Ok(values) => drop(self.values.insert(param.id, values)),
            Err(error) => self.error = Some(error),
        }
    }
}

struct Replace(HashMap<ParamId, Vec<f32>>);

impl ModuleMapper for Replace {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(values) = self.0.remove(&param.id) else {
            return param;
        };
        param.map(|old| {
            let data = TensorData::new(values, old.dims());
            let active = old.is_require_grad();
            Tensor::from_data(data, &old.device()).set_require_grad(active)
        })
    }
}

/// A tensor's values, row-major.
pub(crate) fn values_of<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ClipError> {
    tensor
        .try_into_data()
        .map_err(|error| ClipError::Device(error.to_string()))?
        .try_to_vec::<f32>()
        .map_err(|error| ClipError::Device(format!("{error:?}")))
}
