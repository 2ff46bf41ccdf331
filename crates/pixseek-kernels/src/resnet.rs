//! The CLIP paper's modified ResNet: a stem of three convolutions, average pooling in front of
//! every strided convolution, and attention pooling instead of a mean.

use crate::attention::QueryAttention;
use crate::convolution::{Convolution, ConvolutionConfig, Map};
use crate::linear::{Epilogue, Linear, Threads};
use crate::panels::Packing;
use crate::pointwise::relu;
use crate::pooling::mean;
use crate::simd::Kernels;
use crate::weights::{Matrix, Weights, vector};
use rayon::prelude::*;

/// Pictures that a thread takes through the network at a time.
const PICTURES: usize = 8;

/// The stem halves a picture's side once, the pooling behind it again, and three stages too.
const REDUCTION: usize = 32;

/// The sizes of a modified ResNet.
#[derive(Debug, Clone, Copy)]
pub struct ResNetConfig {
    /// Side of the square input, in pixels; a multiple of 32.
    pub side: usize,
    /// Channels after the stem.
    pub width: usize,
    /// Bottleneck blocks of the four stages.
    pub layers: [usize; 4],
    /// Heads of the attention pooling; they divide `32 * width`.
    pub heads: usize,
    /// Dimensions of the features.
    pub embedding: usize,
}

/// A modified ResNet: pixels to features.
#[derive(Debug)]
pub struct ResNet {
    config: ResNetConfig,
    stem: Vec<Convolution>,
    bottlenecks: Vec<Bottleneck>,
    pool: AttentionPool,
}

#[derive(Debug)]
struct Bottleneck {
    first: Convolution,
    second: Convolution,
    third: Convolution,
    shortcut: Option<Convolution>,
    /// The average pooling behind the second convolution.
    stride: usize,
}

/// The mean of all positions attends to itself and to every position.
#[derive(Debug)]
struct AttentionPool {
    kernels: Kernels,
    positions: Vec<f32>,
    query: Linear,
    keys_and_values: Linear,
    output: Linear,
    heads: usize,
}

impl ResNet {
    /// Packs the tower's weights for the kernels. Products are in f32 also for reduced kernels:
    /// rounding was not measured here.
    ///
    /// # Errors
    ///
    /// When a parameter cannot be read.
    ///
    /// # Panics
    ///
    /// When a parameter does not have the size that the configuration gives it.
    pub fn load<W: Weights>(
        weights: &W,
        config: ResNetConfig,
        kernels: Kernels,
    ) -> Result<Self, W::Error> {
        let packing = Packing::full(kernels);
        let width = config.width;
        let stem = [
            [3, width / 2, 2],
            [width / 2, width / 2, 1],
            [width / 2, width, 1],
        ];
        let stem = stem
            .into_iter()
            .enumerate()
            .map(|(index, [inputs, outputs, stride])| {
                let shape = ConvolutionConfig {
                    inputs,
                    outputs,
                    side: 3,
                    stride,
                };
                Convolution::load(weights, &format!("image.stem.{index}"), shape, packing)
            });
        let stem = stem.collect::<Result<_, _>>()?;
        let mut bottlenecks = Vec::new();
        let mut inputs = width;
        for (stage, blocks) in config.layers.into_iter().enumerate() {
            let planes = width << stage;
            for block in 0..blocks {
                let bottleneck =
                    Bottleneck::load(weights, [stage, block], [inputs, planes], packing)?;
                bottlenecks.push(bottleneck);
                inputs = 4 * planes;
            }
        }
        Ok(Self {
            config,
            stem,
            bottlenecks,
            pool: AttentionPool::load(weights, &config, inputs, packing)?,
        })
    }

    /// Features of pictures, not normalised.
    ///
    /// # Shapes
    ///
    /// `B` times `[3, S, S]` normalised pixels to `[B, E]`.
    ///
    /// # Panics
    ///
    /// When a picture is not of the configuration's side.
    #[must_use]
    pub fn forward(&self, pictures: &[&[f32]]) -> Vec<f32> {
        let embedding = self.config.embedding;
        let each = pictures.len().div_ceil(rayon::current_num_threads());
        let each = each.clamp(1, PICTURES);
        let mut features = vec![0.0; pictures.len() * embedding];
        pictures
            .par_chunks(each)
            .zip(features.par_chunks_mut(each * embedding))
            .for_each(|(pictures, features)| self.encode(pictures, features));
        features
    }

    fn encode(&self, pictures: &[&[f32]], features: &mut [f32]) {
        let mut map = self.interleave(pictures);
        for convolution in &self.stem {
            map = convolution.forward(&map, Epilogue::Relu);
        }
        map = map.pool(2);
        for bottleneck in &self.bottlenecks {
            map = bottleneck.forward(&map);
        }
        self.pool.forward(&map, features);
    }

    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, S, S, 3]`.
    fn interleave(&self, pictures: &[&[f32]]) -> Map {
        let side = self.config.side;
        let pixels = side * side;
        let mut values = Vec::with_capacity(pictures.len() * 3 * pixels);
        for picture in pictures {
            assert_eq!(picture.len(), 3 * pixels, "pixels of a picture");
            let (red, rest) = picture.split_at(pixels);
            let (green, blue) = rest.split_at(pixels);
            for ((red, green), blue) in red.iter().zip(green).zip(blue) {
                values.extend_from_slice(&[*red, *green, *blue]);
            }
        }
        Map {
            side,
            channels: 3,
            values,
        }
    }
}

impl Bottleneck {
    fn load<W: Weights>(
        weights: &W,
        [stage, block]: [usize; 2],
        [inputs, planes]: [usize; 2],
        packing: Packing,
    ) -> Result<Self, W::Error> {
        let convolution = |part: &str, [inputs, outputs, side]: [usize; 3]| {
            let shape = ConvolutionConfig {
                inputs,
                outputs,
                side,
                stride: 1,
            };
            let name = format!("image.stages.{stage}.{block}.{part}");
            Convolution::load(weights, &name, shape, packing)
        };
        let shortcut = || convolution("shortcut", [inputs, 4 * planes, 1]);
        Ok(Self {
            first: convolution("convolutions.0", [inputs, planes, 1])?,
            second: convolution("convolutions.1", [planes, planes, 3])?,
            third: convolution("convolutions.2", [planes, 4 * planes, 1])?,
            shortcut: (block == 0).then(shortcut).transpose()?,
            // Every stage but the first halves the side, in its first block.
            stride: if stage > 0 && block == 0 { 2 } else { 1 },
        })
    }

    fn forward(&self, map: &Map) -> Map {
        let hidden = self.first.forward(map, Epilogue::Relu);
        let hidden = self.second.forward(&hidden, Epilogue::Relu);
        let hidden = hidden.pool(self.stride);
        let mut sum = match &self.shortcut {
            Some(shortcut) => shortcut.forward(&map.clone().pool(self.stride), Epilogue::Store),
            None => map.clone(),
        };
        self.third.add(&hidden, &mut sum);
        relu(&mut sum.values);
        sum
    }
}

impl AttentionPool {
    fn load<W: Weights>(
        weights: &W,
        config: &ResNetConfig,
        channels: usize,
        packing: Packing,
    ) -> Result<Self, W::Error> {
        let name = |part: &str| format!("image.pool.{part}");
        let square = [channels, channels];
        let linear = |part: &str, shape| Linear::load(weights, &name(part), shape, packing);
        let positions = (config.side / REDUCTION).pow(2) + 1;
        let keys = Matrix::take(weights, &name("key.weight"), square)?;
        let values = Matrix::take(weights, &name("value.weight"), square)?;
        let mut bias = vector(weights, &name("key.bias"), channels)?;
        bias.extend(vector(weights, &name("value.bias"), channels)?);
        let shape = [channels, 2 * channels];
        Ok(Self {
            kernels: packing.kernels,
            positions: vector(weights, &name("positions"), positions * channels)?,
            query: linear("query", square)?,
            keys_and_values: Linear::pack(shape, &bias, packing, |input, output| {
                match output.checked_sub(channels) {
                    None => keys.at(input, output),
                    Some(output) => values.at(input, output),
                }
            }),
            output: linear("out", [channels, config.embedding])?,
            heads: config.heads,
        })
    }

    /// # Shapes
    ///
    /// `[B, S, S, C]` to `[B, E]`.
    fn forward(&self, map: &Map, features: &mut [f32]) {
        let channels = map.channels;
        let tokens = self.positions.len() / channels;
        // [B, S * S, C] -> [B, 1 + S * S, C]
        let (mut x, mut means) = (Vec::new(), Vec::new());
        for picture in map.values.chunks_exact(map.side * map.side * channels) {
            let start = x.len();
            x.extend(mean(picture, channels));
            x.extend_from_slice(picture);
            for (x, position) in x[start..].iter_mut().zip(&self.positions) {
                *x += position;
            }
            means.extend_from_slice(&x[start..start + channels]);
        }
        let (mut queries, mut keys_and_values) = (Vec::new(), Vec::new());
        self.query
            .apply(&means, &mut queries, Epilogue::Store, Threads::One);
        self.keys_and_values
            .apply(&x, &mut keys_and_values, Epilogue::Store, Threads::One);
        let mut attended = vec![0.0; queries.len()];
        for ((query, keys_and_values), output) in queries
            .chunks_exact(channels)
            .zip(keys_and_values.chunks_exact(tokens * 2 * channels))
            .zip(attended.chunks_exact_mut(channels))
        {
            self.kernels.run(QueryAttention {
                query,
                keys_and_values,
                heads: self.heads,
                output,
            });
        }
        self.output
            .apply_to(&attended, features, Epilogue::Store, Threads::One);
    }
}
