//! Squares of pixels to a transformer's rows: a convolution whose squares do not overlap is a
//! linear layer.

use super::Kernels;
use super::linear::{After, Threads, Weights};
use crate::parameters::Parameters;
use crate::{ClipError, Pixels};
use rayon::prelude::*;

/// Pictures that a thread takes at a time.
const PICTURES: usize = 4;

/// The first layer of a Vision Transformer.
#[derive(Debug)]
pub(crate) struct Patches {
    weights: Weights,
    patch: usize,
    width: usize,
}

impl Patches {
    /// Loads it from `image.patches`, `[W, 3, P, P]`, and its bias if there is one.
    pub(crate) fn load(
        parameters: &Parameters,
        has_bias: bool,
        kernels: Kernels,
    ) -> Result<Self, ClipError> {
        let [width, channels, patch, _] = parameters.shape("image.patches")[..] else {
            unreachable!("the key table has patches of four axes");
        };
        let values = parameters.values("image.patches")?;
        let bias = if has_bias {
            parameters.values("image.patches.bias")?
        } else {
            Vec::new()
        };
        let inputs = channels * patch * patch;
        Ok(Self {
            weights: Weights::pack(kernels, [inputs, width], bias, |input, output| {
                values[output * inputs + input]
            }),
            patch,
            width,
        })
    }

    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, (S/P)^2, W]`.
    pub(crate) fn forward(&self, batch: &[Pixels], side: usize) -> Vec<f32> {
        let grid = side / self.patch;
        let mut rows = vec![0.0; batch.len() * grid * grid * self.width];
        batch
            .par_chunks(PICTURES)
            .zip(rows.par_chunks_mut(PICTURES * grid * grid * self.width))
            .for_each(|(batch, rows)| {
                let mut made = Vec::new();
                let inputs = self.cut(batch, side);
                self.weights
                    .apply(&inputs, &mut made, After::Nothing, Threads::One);
                rows.copy_from_slice(&made);
            });
        rows
    }

    /// Each patch's pixels, channel by channel and row by row.
    fn cut(&self, batch: &[Pixels], side: usize) -> Vec<f32> {
        let (patch, grid) = (self.patch, side / self.patch);
        let mut inputs = Vec::with_capacity(batch.len() * 3 * side * side);
        for pixels in batch {
            for place in 0..grid * grid {
                let (down, across) = (place / grid * patch, place % grid * patch);
                for plane in pixels.0.chunks_exact(side * side) {
                    for row in plane.chunks_exact(side).skip(down).take(patch) {
                        inputs.extend_from_slice(&row[across..across + patch]);
                    }
                }
            }
        }
        inputs
    }
}
