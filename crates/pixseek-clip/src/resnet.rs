//! The paper's modified ResNet: a stem of three convolutions, average pooling in front of
//! every strided convolution, and attention pooling instead of a mean.
//!
//! Each batch norm is folded into the convolution before it when it is loaded; see
//! [`fold_batch_norm`].

use crate::ClipError;
use crate::parameters::{Parameters, named};
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::module::{attention, avg_pool2d, conv2d};
use burn::tensor::ops::{AttentionModuleOptions, AvgPoolOptions, ConvOptions};
use burn::tensor::{Device, Tensor, TensorData};
use pixseek_kernels::{BatchNorm, fold_batch_norm};

/// The strides of the stem's three convolutions.
const STEM_STRIDES: [usize; 3] = [2, 1, 1];

#[derive(Module, Debug)]
pub(crate) struct ModifiedResNet {
    stem: Vec<Convolution>,
    stages: Vec<Vec<Bottleneck>>,
    pool: AttentionPool,
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
        device: &Device,
    ) -> Result<Self, ClipError> {
        let (mut stem, mut stages) = (Vec::new(), Vec::new());
        for (index, stride) in STEM_STRIDES.into_iter().enumerate() {
            let name = format!("image.stem.{index}");
            stem.push(Convolution::load(parameters, &name, stride, device)?);
        }
        for (stage, blocks) in layers.into_iter().enumerate() {
            let blocks =
                (0..blocks).map(|block| Bottleneck::load(parameters, [stage, block], device));
            stages.push(blocks.collect::<Result<_, _>>()?);
        }
        let linear = |name| parameters.linear(&format!("image.pool.{name}"), device);
        Ok(Self {
            stem,
            stages,
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
}

/// Every stage but the first halves the sides, in its first block.
fn stride(stage: usize, block: usize) -> usize {
    if stage > 0 && block == 0 { 2 } else { 1 }
}

impl Convolution {
    fn load(
        parameters: &Parameters,
        name: &str,
        stride: usize,
        device: &Device,
    ) -> Result<Self, ClipError> {
        let weight = format!("{name}.weight");
        let mut filters = parameters.values(&weight)?;
        let norm = |part: &str| parameters.values(&format!("{name}.norm.{part}"));
        let norm = BatchNorm::load(norm)?;
        let bias = fold_batch_norm(&mut filters, norm);
        let outputs = bias.len();
        let bias = TensorData::new(bias, [outputs]);
        let filters = TensorData::new(filters, parameters.shape(&weight));
        Ok(Self {
            weight: named(&weight, Tensor::from_data(filters, device)),
            bias: named(
                &format!("{name}.norm.bias"),
                Tensor::from_data(bias, device),
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
    /// The mean of all positions attends to itself and to every position.
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

/// Average pooling over squares of `stride`, in place of strided convolutions.
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
