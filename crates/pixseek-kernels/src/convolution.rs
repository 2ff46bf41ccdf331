//! Convolutions as products: each pixel's neighbourhood is a row, its channels side by side.

use crate::linear::{Epilogue, Linear, Threads};
use crate::panels::Packing;
use crate::weights::{Weights, vector};

/// `torch.nn.BatchNorm2d`'s default, which CLIP keeps.
const BATCH_NORM_EPS: f64 = 1e-5;

/// Values that are unfolded into neighbourhoods at one time: what the second-level cache holds
/// beside the weights.
const NEIGHBOURHOOD_VALUES: usize = 1 << 17;

/// The running statistics and the affine map of a batch norm, one value a channel.
#[derive(Debug)]
pub struct BatchNorm {
    /// What normed values are multiplied with.
    pub scale: Vec<f32>,
    /// What is added to them.
    pub bias: Vec<f32>,
    /// The mean that training saw.
    pub mean: Vec<f32>,
    /// The variance that training saw.
    pub variance: Vec<f32>,
}

impl BatchNorm {
    /// Reads a batch norm with `read`, which returns the parameter of a name.
    ///
    /// # Errors
    ///
    /// Those of `read`.
    pub fn load<E>(read: impl Fn(&str) -> Result<Vec<f32>, E>) -> Result<Self, E> {
        Ok(Self {
            scale: read("weight")?,
            bias: read("bias")?,
            mean: read("mean")?,
            variance: read("variance")?,
        })
    }
}

/// Folds the batch norm behind a convolution into its filters and returns the convolution's bias.
///
/// With running statistics a batch norm is an affine map of the convolution's output, so one pass
/// over the activations is saved. The products are formed in f64: folding costs no accuracy beyond
/// f32's own rounding.
///
/// # Shapes
///
/// `filters`: `[outputs, ...]`; each vector of `norm`, and the bias: `[outputs]`.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "back to storage precision")]
pub fn fold_batch_norm(filters: &mut [f32], norm: BatchNorm) -> Vec<f32> {
    let mut bias = norm.bias;
    let length = filters.len() / bias.len().max(1);
    for (channel, filter) in filters.chunks_exact_mut(length.max(1)).enumerate() {
        let deviation = (f64::from(norm.variance[channel]) + BATCH_NORM_EPS).sqrt();
        let factor = f64::from(norm.scale[channel]) / deviation;
        for weight in filter {
            *weight = (f64::from(*weight) * factor) as f32;
        }
        let shift = f64::from(norm.mean[channel]) * factor;
        bias[channel] = (f64::from(bias[channel]) - shift) as f32;
    }
    bias
}

/// A convolution with the batch norm behind it folded in. Its padding keeps the side.
#[derive(Debug)]
pub(crate) struct Convolution {
    weights: Linear,
    side: usize,
    stride: usize,
    channels: usize,
}

/// The shape of a convolution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConvolutionConfig {
    pub inputs: usize,
    pub outputs: usize,
    /// Side of its square filters.
    pub side: usize,
    pub stride: usize,
}

/// The activations of some pictures: `side * side` pixels each, with their channels side by side.
#[derive(Debug, Clone)]
pub(crate) struct Map {
    pub side: usize,
    pub channels: usize,
    pub values: Vec<f32>,
}

impl Convolution {
    /// Reads `name.weight` and the batch norm `name.norm`.
    pub(crate) fn load<W: Weights>(
        weights: &W,
        name: &str,
        config: ConvolutionConfig,
        packing: Packing,
    ) -> Result<Self, W::Error> {
        let ConvolutionConfig {
            inputs: channels,
            outputs,
            side,
            stride,
        } = config;
        let inputs = side * side * channels;
        // `[outputs, channels, side, side]`
        let mut filters = vector(weights, &format!("{name}.weight"), outputs * inputs)?;
        let norm = |part: &str| vector(weights, &format!("{name}.norm.{part}"), outputs);
        let norm = BatchNorm::load(norm)?;
        let bias = fold_batch_norm(&mut filters, norm);
        let weights = Linear::pack([inputs, outputs], &bias, packing, |input, output| {
            let (place, channel) = (input / channels, input % channels);
            filters[(output * channels + channel) * side * side + place]
        });
        Ok(Self {
            weights,
            side,
            stride,
            channels: outputs,
        })
    }

    pub(crate) fn forward(&self, map: &Map, epilogue: Epilogue) -> Map {
        let side = map.side.div_ceil(self.stride);
        let mut output = Map {
            side,
            channels: self.channels,
            values: Vec::new(),
        };
        if self.side == 1 && self.stride == 1 {
            self.weights
                .apply(&map.values, &mut output.values, epilogue, Threads::One);
            return output;
        }
        let picture = map.side * map.side * map.channels;
        let unfolded = side * side * self.side * self.side * map.channels;
        let together = (NEIGHBOURHOOD_VALUES / unfolded).max(1);
        let (mut rows, mut part) = (Vec::with_capacity(together * unfolded), Vec::new());
        for pictures in map.values.chunks(together * picture) {
            rows.clear();
            for picture in pictures.chunks_exact(picture) {
                self.unfold(picture, map, side, &mut rows);
            }
            self.weights.apply(&rows, &mut part, epilogue, Threads::One);
            output.values.extend_from_slice(&part);
        }
        output
    }

    /// Adds a 1 x 1 convolution of `map` to `sum`.
    pub(crate) fn add(&self, map: &Map, sum: &mut Map) {
        self.weights.add(&map.values, &mut sum.values, Threads::One);
    }

    /// Writes the neighbourhood of each output pixel as a row; around the picture there are zeros.
    fn unfold(&self, picture: &[f32], map: &Map, side: usize, rows: &mut Vec<f32>) {
        let reach = self.side / 2;
        let line = map.side * map.channels;
        for y in 0..side {
            for x in 0..side {
                for dy in 0..self.side {
                    let source = (y * self.stride + dy)
                        .checked_sub(reach)
                        .filter(|y| *y < map.side);
                    let Some(source) = source else {
                        rows.resize(rows.len() + self.side * map.channels, 0.0);
                        continue;
                    };
                    let line = &picture[source * line..(source + 1) * line];
                    let first = x * self.stride;
                    if first >= reach && first + self.side - reach <= map.side {
                        let start = (first - reach) * map.channels;
                        rows.extend_from_slice(&line[start..start + self.side * map.channels]);
                        continue;
                    }
                    for dx in 0..self.side {
                        let source = (first + dx).checked_sub(reach).filter(|x| *x < map.side);
                        match source {
                            Some(x) => rows
                                .extend_from_slice(&line[x * map.channels..(x + 1) * map.channels]),
                            None => rows.resize(rows.len() + map.channels, 0.0),
                        }
                    }
                }
            }
        }
    }
}

impl Map {
    /// Average pooling over squares of `stride`.
    pub(crate) fn pool(self, stride: usize) -> Self {
        if stride == 1 {
            return self;
        }
        let (side, channels) = (self.side / stride, self.channels);
        let line = self.side * channels;
        let mut values = Vec::with_capacity(self.values.len() / stride / stride);
        #[expect(clippy::cast_precision_loss, reason = "a stride is 2")]
        let share = 1.0 / (stride * stride) as f32;
        for picture in self.values.chunks_exact(self.side * line) {
            for y in 0..side {
                for x in 0..side {
                    let start = values.len();
                    values.resize(start + channels, 0.0);
                    for place in 0..stride * stride {
                        let (dy, dx) = (place / stride, place % stride);
                        let from = (y * stride + dy) * line + (x * stride + dx) * channels;
                        let pixel = &picture[from..from + channels];
                        for (sum, value) in values[start..].iter_mut().zip(pixel) {
                            *sum += value * share;
                        }
                    }
                }
            }
        }
        Self {
            side,
            channels,
            values,
        }
    }
}
