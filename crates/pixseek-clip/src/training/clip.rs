//! Both towers as one module, with the temperature that they are trained with.

use crate::device::values_of;
use crate::keys::Entry;
use crate::parameters::{named, parameter_id};
use crate::text::BurnTextTower;
use crate::vision::BurnImageTower;
use crate::{ClipError, Model, TextConfig};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::nn::Embedding;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::collections::HashMap;

/// Everything that is learned.
#[derive(Module, Debug)]
pub(crate) struct Clip {
    /// The vectors of all tokens, `[V, W]`.
    tokens: Embedding,
    text: BurnTextTower,
    image: BurnImageTower,
    #[module(skip)]
    text_config: TextConfig,
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
        Ok(Self {
            tokens: Embedding {
                weight: parameters.param("text.tokens", device)?,
            },
            text: BurnTextTower::load(parameters, &config.text, device)?,
            image: BurnImageTower::load(parameters, &config.vision, device)?,
            text_config: config.text.clone(),
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
    pub(crate) fn images(&self, pixels: Tensor<4>) -> Tensor<2> {
        unit(self.image.forward(pixels))
    }

    /// # Shapes
    ///
    /// `B` rows of token ids to `[B, E]` unit rows.
    pub(crate) fn texts(&self, rows: &[Vec<u32>]) -> Tensor<2> {
        let mut places = Vec::new();
        let mut features = Vec::new();
        for texts in self.text_config.sequences(rows) {
            let shape = texts.shape();
            let ids: Vec<i64> = texts.ids.into_iter().map(i64::from).collect();
            let ids = TensorData::new(ids, shape);
            let ids = Tensor::<2, Int>::from_data(ids, &self.tokens.weight.device());
            // [B, T] -> [B, T, W] -> [B, E]
            features.push(self.text.forward(self.tokens.forward(ids), &texts.ends));
            places.extend(texts.places);
        }
        let features = Tensor::cat(features, 0);
        if places.is_sorted() {
            return unit(features);
        }
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|row| places[*row]);
        let rows = order
            .into_iter()
            .map(|row| features.clone().narrow(0, row, 1));
        unit(Tensor::cat(rows.collect(), 0))
    }

    /// Keeps the text tower as it is.
    pub(crate) fn lock_text(mut self) -> Self {
        self.tokens = self.tokens.no_grad();
        self.text = self.text.no_grad();
        self
    }

    /// Keeps the image tower as it is.
    pub(crate) fn lock_image(mut self) -> Self {
        self.image = self.image.no_grad();
        self
    }

    /// The factor of the cosines.
    pub(crate) fn scale(&self) -> Tensor<1> {
        self.logit_scale.val().exp()
    }

    /// The bias of every logit, in models that have one.
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

/// The value of a weight file's entry: the trained one, or the identity for a batch norm, which was
/// folded into its convolution when the model was loaded.
pub(crate) fn value_of(entry: &Entry, trained: &HashMap<ParamId, Vec<f32>>) -> Vec<f32> {
    if let Some(values) = trained.get(&parameter_id(&entry.parameter)) {
        return values.clone();
    }
    let count = entry.shape.iter().product();
    let value = match entry.parameter.rsplit('.').next() {
        Some("mean") => 0.0,
        // 1 together with the epsilon.
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
