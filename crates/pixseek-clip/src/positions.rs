//! Resampled position embeddings, for pictures of another size than the model was trained with:
//! what open_clip's `force_image_size` does.

use crate::resample::{Axis, weights};
use crate::{ClipConfig, ImageTowerConfig};

/// A grid's side may become this many times longer. Pictures eight times as large are far beyond
/// what resampled positions are good for, and a configuration must not ask for any memory.
const LONGEST: usize = 8;

/// A resampling of the positions of one square grid of patches to another grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Regrid {
    /// Rows before the grid, which are not resampled: the class token's.
    leading: usize,
    from: usize,
    to: usize,
}

impl Regrid {
    /// Finds the resampling from the positions in a file to those that the configuration asks for.
    /// Returns `None` if the file's positions are no square grid.
    pub(crate) fn between(file_rows: usize, config: &ClipConfig) -> Option<Self> {
        let ImageTowerConfig::VisionTransformer(vit) = config.vision.tower else {
            return None;
        };
        let leading = usize::from(vit.has_class_token());
        let from = file_rows.checked_sub(leading)?.isqrt();
        let to = vit.grid(config.vision.image_size);
        let is_square = from > 0 && from * from + leading == file_rows;
        (is_square && to <= LONGEST * from).then_some(Self { leading, from, to })
    }

    /// Antialiased bicubic, rows of the grid first, as `open_clip.model.resize_pos_embed`.
    ///
    /// # Shapes
    ///
    /// `[leading + from * from, width]` to `[leading + to * to, width]`.
    pub(crate) fn resize(self, values: &[f32], width: usize) -> Vec<f32> {
        let (leading, grid) = values.split_at(self.leading * width);
        #[expect(clippy::cast_precision_loss, reason = "a grid has few rows")]
        let taps = weights(Axis {
            input: self.from,
            extent: self.from as f64,
            output: self.to,
            start: 0,
            length: self.to,
        });
        // [from, from, W] -> [from, to, W] -> [to, to, W]
        let across: Vec<f32> = grid
            .chunks_exact(self.from * width)
            .flat_map(|row| mix(row, &taps, width))
            .collect();
        let mut resized = leading.to_vec();
        resized.extend(mix(&across, &taps, self.to * width));
        resized
    }
}

/// Weighted sums of items of `length` values.
fn mix(items: &[f32], taps: &[(usize, Vec<f64>)], length: usize) -> Vec<f32> {
    let mut mixed = Vec::with_capacity(taps.len() * length);
    for (first, weights) in taps {
        let mut sums = vec![0.0; length];
        let items = items[first * length..].chunks_exact(length);
        for (weight, item) in weights.iter().zip(items) {
            for (sum, value) in sums.iter_mut().zip(item) {
                *sum += weight * f64::from(*value);
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "back to storage precision")]
        mixed.extend(sums.into_iter().map(|sum| sum as f32));
    }
    mixed
}
