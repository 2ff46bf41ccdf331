//! The modified ResNet's convolutions, as products: pixels are rows, their channels side by side.

use super::Kernels;
use super::linear::{After, Threads, Weights};
use super::pointwise::relu;
use crate::Pixels;
use crate::resnet::Folded;
use rayon::prelude::*;

/// Pictures that a thread takes through the network at a time.
const PICTURES: usize = 8;

/// Values that the neighbourhoods of some pictures may have at one time: what the second cache
/// holds beside the weights.
const NEIGHBOURS: usize = 1 << 17;

/// Everything in front of the attention pool.
#[derive(Debug)]
pub(crate) struct ResNet {
    stem: Vec<Convolution>,
    stages: Vec<Vec<Bottleneck>>,
}

#[derive(Debug)]
pub(crate) struct Convolution {
    weights: Weights,
    side: usize,
    stride: usize,
    channels: usize,
}

#[derive(Debug)]
pub(crate) struct Bottleneck {
    pub(crate) convolutions: Vec<Convolution>,
    pub(crate) shortcut: Option<Convolution>,
    pub(crate) stride: usize,
}

/// Some pictures: `side * side` pixels each, with channels side by side.
#[derive(Clone)]
struct Map {
    side: usize,
    channels: usize,
    values: Vec<f32>,
}

impl Convolution {
    pub(crate) fn new(folded: &Folded, stride: usize, kernels: Kernels) -> Self {
        let [outputs, channels, side, _] = folded.shape;
        let inputs = side * side * channels;
        let weights = Weights::pack(
            kernels,
            [inputs, outputs],
            folded.bias.clone(),
            |input, output| {
                let (place, channel) = (input / channels, input % channels);
                folded.weight[(output * channels + channel) * side * side + place]
            },
        );
        Self {
            weights,
            side,
            stride,
            channels: outputs,
        }
    }

    /// The padding keeps the side.
    fn forward(&self, map: &Map, after: After) -> Map {
        let side = map.side.div_ceil(self.stride);
        let mut made = Map {
            side,
            channels: self.channels,
            values: Vec::new(),
        };
        if self.side == 1 && self.stride == 1 {
            self.weights
                .apply(&map.values, &mut made.values, after, Threads::One);
            return made;
        }
        let picture = map.side * map.side * map.channels;
        let neighbours = side * side * self.side * self.side * map.channels;
        let together = (NEIGHBOURS / neighbours).max(1);
        let (mut rows, mut part) = (Vec::with_capacity(together * neighbours), Vec::new());
        for pictures in map.values.chunks(together * picture) {
            rows.clear();
            for picture in pictures.chunks_exact(picture) {
                self.neighbourhoods(picture, map, side, &mut rows);
            }
            self.weights.apply(&rows, &mut part, after, Threads::One);
            made.values.extend_from_slice(&part);
        }
        made
    }

    fn neighbourhoods(&self, picture: &[f32], map: &Map, side: usize, rows: &mut Vec<f32>) {
        let reach = self.side / 2;
        let line = map.side * map.channels;
        for y in 0..side {
            for x in 0..side {
                for dy in 0..self.side {
                    // Around the picture there are zeros.
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

impl Bottleneck {
    fn forward(&self, map: &Map) -> Map {
        let [first, second, third] = &self.convolutions[..] else {
            unreachable!("a bottleneck has three convolutions");
        };
        let middle = second.forward(&first.forward(map, After::Relu), After::Relu);
        let middle = middle.halved(self.stride);
        let mut sum = match &self.shortcut {
            Some(shortcut) => shortcut.forward(&map.clone().halved(self.stride), After::Nothing),
            None => map.clone(),
        };
        third
            .weights
            .add(&middle.values, &mut sum.values, Threads::One);
        relu(&mut sum.values);
        sum
    }
}

impl Map {
    /// Average pooling over squares of `stride`.
    fn halved(self, stride: usize) -> Self {
        if stride == 1 {
            return self;
        }
        let (side, channels) = (self.side / stride, self.channels);
        let line = self.side * channels;
        let mut made = Vec::with_capacity(self.values.len() / stride / stride);
        #[expect(clippy::cast_precision_loss, reason = "a stride is 2")]
        let share = 1.0 / (stride * stride) as f32;
        for picture in self.values.chunks_exact(self.side * line) {
            for y in 0..side {
                for x in 0..side {
                    let start = made.len();
                    made.resize(start + channels, 0.0);
                    for place in 0..stride * stride {
                        let (dy, dx) = (place / stride, place % stride);
                        let from = (y * stride + dy) * line + (x * stride + dx) * channels;
                        let pixel = &picture[from..from + channels];
                        for (sum, value) in made[start..].iter_mut().zip(pixel) {
                            *sum += value * share;
                        }
                    }
                }
            }
        }
        Self {
            side,
            channels,
            values: made,
        }
    }
}

impl ResNet {
    pub(crate) fn new(stem: Vec<Convolution>, stages: Vec<Vec<Bottleneck>>) -> Self {
        Self { stem, stages }
    }

    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, (S/32)^2, C]`.
    pub(crate) fn forward(&self, batch: &[Pixels], side: usize) -> Vec<f32> {
        let each = PICTURES
            .min(batch.len().div_ceil(rayon::current_num_threads()))
            .max(1);
        let parts: Vec<Vec<f32>> = batch
            .par_chunks(each)
            .map(|batch| {
                let mut map = Map {
                    side,
                    channels: 3,
                    values: Vec::with_capacity(batch.len() * 3 * side * side),
                };
                for pixels in batch {
                    let (red, rest) = pixels.0.split_at(side * side);
                    let (green, blue) = rest.split_at(side * side);
                    for ((red, green), blue) in red.iter().zip(green).zip(blue) {
                        map.values.extend_from_slice(&[*red, *green, *blue]);
                    }
                }
                for convolution in &self.stem {
                    map = convolution.forward(&map, After::Relu);
                }
                map = map.halved(2);
                for bottleneck in self.stages.iter().flatten() {
                    map = bottleneck.forward(&map);
                }
                map.values
            })
            .collect();
        parts.concat()
    }
}
