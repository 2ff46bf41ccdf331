//! The paper's modified ResNet: a stem of three convolutions, average pooling in front of
//! every strided convolution, and attention pooling instead of a mean.
//!
//! Each batch norm is folded into the convolution before it at load: with running
//! statistics it is an affine map of the convolution's output, and one pass over the
//! activations is saved. The products are formed in f64, so folding costs no accuracy
//! beyond f32's own rounding.

use crate::cpu::{self, Kernels, OwnBottleneck, OwnConvolution};
use crate::device::Target;
use crate::parameters::{Parameters, named};
use crate::{ClipError, Pixels};
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::module::{attention, avg_pool2d, conv2d};
use burn::tensor::ops::{AttentionModuleOptions, AvgPoolOptions, ConvOptions};
use burn::tensor::{Device, Tensor, TensorData};
use std::sync::Arc;

/// `torch.nn.BatchNorm2d`'s default, which CLIP keeps.
const BATCH_NORM_EPS: f64 = 1e-5;

/// Of the stem's three convolutions.
const STEM_STRIDES: [usize; 3] = [2, 1, 1];

#[derive(Module, Debug)]
pub(crate) struct ModifiedResNet {
    stem: Vec<Convolution>,
    stages: Vec<Vec<Bottleneck>>,
    /// Instead of both, where the processor's own instructions are used.
    #[module(skip)]
    own: Option<Arc<cpu::ResNet>>,
    pool: AttentionPool,
}

/// A convolution's weights, `[outputs, inputs, side, side]`, and bias, with the batch norm behind
/// it folded in.
pub(crate) struct Folded {
    pub shape: [usize; 4],
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// A convolution with the batch norm behind it folded in.
#[derive(Module, Debug)]
struct Convolution {
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
    stride: usize,
}

#[derive(Module, Debug)]
struct Bottleneck {
    convolutions: Vec<Convolution>,
    shortcut: Option<Convolution>,
    stride: usize,
}

#[derive(Module, Debug)]
struct AttentionPool {
    positions: Param<Tensor<2>>,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    heads: usize,
}

impl ModifiedResNet {
    pub(crate) fn load(
        parameters: &Parameters,
        layers: [usize; 4],
        heads: usize,
        target: &Target,
    ) -> Result<Self, ClipError> {
        let device = &target.device;
        let (mut stem, mut stages, mut own) = (Vec::new(), Vec::new(), None);
        if let Some(kernels) = target.kernels {
            own = Some(Arc::new(own_resnet(parameters, layers, kernels)?));
        } else {
            for (index, stride) in STEM_STRIDES.into_iter().enumerate() {
                let name = format!("image.stem.{index}");
                stem.push(Convolution::load(parameters, &name, stride, device)?);
            }
            for (stage, blocks) in layers.into_iter().enumerate() {
                let blocks =
                    (0..blocks).map(|block| Bottleneck::load(parameters, [stage, block], device));
                stages.push(blocks.collect::<Result<_, _>>()?);
            }
        }
        let linear = |name| parameters.linear(&format!("image.pool.{name}"), device);
        Ok(Self {
            stem,
            stages,
            own,
            pool: AttentionPool {
                positions: parameters.param("image.pool.positions", device)?,
                query: linear("query")?,
                key: linear("key")?,
                value: linear("value")?,
                out: linear("out")?,
                heads,
            },
        })
    }

    /// # Shapes
    ///
    /// `[B, 3, S, S]` to `[B, E]`; the attention pool sees `[B, 32 W, S/32, S/32]`.
    pub(crate) fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        let mut x = pixels;
        for convolution in &self.stem {
            x = relu(convolution.forward(x));
        }
        x = halve(x, 2);
        for bottleneck in self.stages.iter().flatten() {
            x = bottleneck.forward(x);
        }
        // [B, C, S, S] -> [B, S * S, C]
        self.pool.forward(x.flatten::<3>(2, 3).swap_dims(1, 2))
    }

    /// The same by the processor's own instructions, where the tower was loaded for them.
    ///
    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, E]`.
    pub(crate) fn forward_own(&self, batch: &[Pixels], side: usize) -> Option<Tensor<2>> {
        let own = self.own.as_ref()?;
        let values = own.forward(batch, side);
        let [positions, channels] = self.pool.positions.dims();
        let data = TensorData::new(values, [batch.len(), positions - 1, channels]);
        Some(
            self.pool
                .forward(Tensor::from_data(data, &self.pool.positions.device())),
        )
    }
}

fn own_resnet(
    parameters: &Parameters,
    layers: [usize; 4],
    kernels: Kernels,
) -> Result<cpu::ResNet, ClipError> {
    let convolution = |name: &str, stride: usize| {
        Folded::load(parameters, name).map(|folded| OwnConvolution::new(&folded, stride, kernels))
    };
    let bottleneck = |stage: usize, block: usize| -> Result<OwnBottleneck, ClipError> {
        let name = format!("image.stages.{stage}.{block}");
        let convolutions =
            (0..3).map(|index| convolution(&format!("{name}.convolutions.{index}"), 1));
        let shortcut = (block == 0).then(|| convolution(&format!("{name}.shortcut"), 1));
        Ok(OwnBottleneck {
            convolutions: convolutions.collect::<Result<_, _>>()?,
            shortcut: shortcut.transpose()?,
            stride: stride(stage, block),
        })
    };
    let stem = STEM_STRIDES.into_iter().enumerate();
    let stem = stem.map(|(index, stride)| convolution(&format!("image.stem.{index}"), stride));
    let stages = layers.into_iter().enumerate();
    let stages =
        stages.map(|(stage, blocks)| (0..blocks).map(|block| bottleneck(stage, block)).collect());
    Ok(cpu::ResNet::new(
        stem.collect::<Result<_, _>>()?,
        stages.collect::<Result<_, _>>()?,
    ))
}

/// Every stage but the first halves the sides, in its first block.
fn stride(stage: usize, block: usize) -> usize {
    if stage > 0 && block == 0 { 2 } else { 1 }
}

impl Folded {
    fn load(parameters: &Parameters, name: &str) -> Result<Self, ClipError> {
        let [outputs, inputs, side, _] = parameters.shape(&format!("{name}.weight"))[..] else {
            unreachable!("the key table has convolutions of four axes");
        };
        let mut weight = parameters.values(&format!("{name}.weight"))?;
        let scale = parameters.values(&format!("{name}.norm.weight"))?;
        let mut bias = parameters.values(&format!("{name}.norm.bias"))?;
        let mean = parameters.values(&format!("{name}.norm.mean"))?;
        let variance = parameters.values(&format!("{name}.norm.variance"))?;
        let filter = weight.len() / bias.len();
        #[expect(clippy::cast_possible_truncation, reason = "back to storage precision")]
        for (channel, filter) in weight.chunks_exact_mut(filter).enumerate() {
            let factor =
                f64::from(scale[channel]) / (f64::from(variance[channel]) + BATCH_NORM_EPS).sqrt();
            for w in filter {
                *w = (f64::from(*w) * factor) as f32;
            }
            bias[channel] = (f64::from(bias[channel]) - f64::from(mean[channel]) * factor) as f32;
        }
        Ok(Self {
            shape: [outputs, inputs, side, side],
            weight,
            bias,
        })
    }
}

impl Convolution {
    fn load(
        parameters: &Parameters,
        name: &str,
        stride: usize,
        device: &Device,
    ) -> Result<Self, ClipError> {
        let Folded {
            shape,
            weight,
            bias,
        } = Folded::load(parameters, name)?;
        let channels = bias.len();
        Ok(Self {
            weight: named(
                &format!("{name}.weight"),
                Tensor::from_data(TensorData::new(weight, shape), device),
            ),
            bias: named(
                &format!("{name}.norm.bias"),
                Tensor::from_data(TensorData::new(bias, [channels]), device),
            ),
            stride,
        })
    }

    /// # Shapes
    ///
    /// `[B, I, S, S]` to `[B, O, S/stride, S/stride]`; the padding keeps the side.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let weight = self.weight.val();
        let [_, _, side, _] = weight.dims();
        let options = ConvOptions::new([self.stride; 2], [side / 2; 2], [1, 1], 1);
        conv2d(x, weight, Some(self.bias.val()), options)
    }
}

impl Bottleneck {
    fn load(
        parameters: &Parameters,
        [stage, block]: [usize; 2],
        device: &Device,
    ) -> Result<Self, ClipError> {
        let name = format!("image.stages.{stage}.{block}");
        let convolutions = (0..3)
            .map(|index| {
                Convolution::load(
                    parameters,
                    &format!("{name}.convolutions.{index}"),
                    1,
                    device,
                )
            })
            .collect::<Result<_, _>>()?;
        let shortcut = (block == 0)
            .then(|| Convolution::load(parameters, &format!("{name}.shortcut"), 1, device))
            .transpose()?;
        Ok(Self {
            convolutions,
            shortcut,
            stride: stride(stage, block),
        })
    }

    /// # Shapes
    ///
    /// `[B, I, S, S]` to `[B, 4 P, S/stride, S/stride]`, `P` the stage's planes.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let mut out = x.clone();
        for (index, convolution) in self.convolutions.iter().enumerate() {
            match index {
                0 => out = relu(convolution.forward(out)),
                1 => out = halve(relu(convolution.forward(out)), self.stride),
                _ => out = convolution.forward(out),
            }
        }
        let identity = match &self.shortcut {
            Some(shortcut) => shortcut.forward(halve(x, self.stride)),
            None => x,
        };
        relu(out + identity)
    }
}

impl AttentionPool {
    /// The mean of all positions asks, every position and the mean answer.
    ///
    /// # Shapes
    ///
    /// `[B, S * S, C]` to `[B, E]`.
    fn forward(&self, x: Tensor<3>) -> Tensor<2> {
        let [batch, _, channels] = x.dims();
        let mean = x.clone().mean_dim(1);
        let x = Tensor::cat(vec![mean, x], 1) + self.positions.val().unsqueeze::<3>();
        let tokens = x.dims()[1];
        let split = |x: Tensor<3>, tokens: usize| {
            x.reshape([batch, tokens, self.heads, channels / self.heads])
                .swap_dims(1, 2)
        };
        let mean = x.clone().slice([0..batch, 0..1]);
        let pooled = attention(
            split(self.query.forward(mean), 1),
            split(self.key.forward(x.clone()), tokens),
            split(self.value.forward(x), tokens),
            None,
            None,
            AttentionModuleOptions::default(),
        );
        self.out.forward(pooled.reshape([batch, channels]))
    }
}

/// Average pooling over squares of `stride`, the blur in front of a strided step.
fn halve(x: Tensor<4>, stride: usize) -> Tensor<4> {
    if stride == 1 {
        return x;
    }
    let options = AvgPoolOptions {
        kernel_size: [stride; 2],
        stride: [stride; 2],
        padding: [(0, 0); 2],
        count_include_pad: true,
        ceil_mode: false,
    };
    avg_pool2d(x, options)
}
