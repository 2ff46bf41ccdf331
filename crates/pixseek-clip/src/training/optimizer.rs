//! AdamW (Loshchilov and Hutter 2019) as PyTorch computes it, with CLIP's two groups: matrices
//! and filters decay; biases, gains, the class token and the temperature do not.

use super::trainer::scalar;
use crate::ClipError;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Gradients, Tensor};
use std::collections::HashMap;

/// The optimiser's constants. The defaults are CLIP's for a Vision Transformer
/// (Radford et al. 2021, table 19).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    /// Decay of the gradients' running mean.
    pub beta_1: f64,
    /// Decay of their running mean square.
    pub beta_2: f64,
    /// Added to the root of the mean square.
    pub eps: f64,
    /// Share of a decaying parameter that is subtracted each step, times the learning rate.
    pub weight_decay: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        Self {
            beta_1: 0.9,
            beta_2: 0.98,
            eps: 1e-6,
            weight_decay: 0.2,
        }
    }
}

/// A parameter's running means, flat: `[N]` twice.
#[derive(Clone)]
pub(crate) struct Moments {
    pub(crate) first: Tensor<1>,
    pub(crate) second: Tensor<1>,
}

/// Gradients by parameter, flat: `[N]` each.
pub(crate) type FlatGradients = HashMap<ParamId, Tensor<1>>;

/// The moments of every parameter that ever had a gradient.
pub(crate) struct Optimizer {
    constants: AdamW,
    pub(crate) moments: HashMap<ParamId, Moments>,
}

impl Optimizer {
    pub(crate) fn new(constants: AdamW) -> Self {
        Self {
            constants,
            moments: HashMap::new(),
        }
    }

    /// Moves every parameter that has a gradient. `step` counts from 1.
    pub(crate) fn step<M: Module>(
        &mut self,
        module: M,
        gradients: FlatGradients,
        learning_rate: f64,
        step: u64,
    ) -> M {
        let exponent = i32::try_from(step).unwrap_or(i32::MAX);
        let mut update = Update {
            learning_rate,
            corrections: [self.constants.beta_1, self.constants.beta_2]
                .map(|beta| 1.0 - beta.powi(exponent)),
            optimizer: self,
            gradients,
        };
        module.map(&mut update)
    }
}

struct Update<'a> {
    optimizer: &'a mut Optimizer,
    gradients: FlatGradients,
    learning_rate: f64,
    /// The corrections of the running means for having begun at zero.
    corrections: [f64; 2],
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove(&param.id) else {
            return param;
        };
        let AdamW {
            beta_1,
            beta_2,
            eps,
            weight_decay,
        } = self.optimizer.constants;
        let moments = self.optimizer.moments.remove(&param.id);
        let moments = moments.unwrap_or_else(|| Moments {
            first: gradient.zeros_like(),
            second: gradient.zeros_like(),
        });
        let moments = Moments {
            first: moments.first * beta_1 + gradient.clone() * (1.0 - beta_1),
            second: moments.second * beta_2 + gradient.powf_scalar(2.0) * (1.0 - beta_2),
        };
        let [first, second] = self.corrections;
        let root = moments.second.clone().sqrt() / second.sqrt() + eps;
        let change = moments.first.clone() / root * (self.learning_rate / first);
        self.optimizer.moments.insert(param.id, moments);

        let decay = if D > 1 { weight_decay } else { 0.0 };
        param.map(|value| {
            let shape = value.dims();
            let value = value.without_autodiff() * (1.0 - self.learning_rate * decay);
            (value - change.reshape(shape)).autodiff().require_grad()
        })
    }
}

/// Adds the gradients of a backward pass to those of earlier passes.
pub(crate) fn collect(module: &impl Module, from: Gradients, into: &mut FlatGradients) {
    module.visit(&mut Collect { from, into });
}

struct Collect<'a> {
    from: Gradients,
    into: &'a mut FlatGradients,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = param.val().grad_remove(&mut self.from) else {
            return;
        };
        let count: usize = gradient.dims().iter().product();
        let gradient = gradient.reshape([count]);
        let sum = match self.into.remove(&param.id) {
            Some(other) => other + gradient,
            None => gradient,
        };
        self.into.insert(param.id, sum);
    }
}

/// Scales all gradients so that their common norm is at most `longest`
/// (`torch.nn.utils.clip_grad_norm_`).
pub(crate) fn clip_norm(gradients: &mut FlatGradients, norm: f64, longest: f64) {
    let factor = longest / (norm + 1e-6);
    if factor < 1.0 {
        for gradient in gradients.values_mut() {
            *gradient = gradient.clone() * factor;
        }
    }
}

/// The norm of all gradients together.
pub(crate) fn norm(gradients: &FlatGradients) -> Result<f64, ClipError> {
    let mut order: Vec<_> = gradients.iter().collect();
    // A fixed order makes the sum the same in every run.
    order.sort_unstable_by_key(|(id, _)| id.val());
    let squares = order
        .into_iter()
        .map(|(_, gradient)| gradient.clone().powf_scalar(2.0).sum())
        .collect::<Vec<_>>();
    if squares.is_empty() {
        return Ok(0.0);
    }
    scalar(Tensor::cat(squares, 0).sum().sqrt())
}
