//! Random crops and mirroring, so that training never sees a photo twice in the same way.

use super::Draw;
use crate::{Pixels, Preprocess, ResizeMode, Rgb};

/// Random crops, as `open_clip_train` takes them, and mirroring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Augmentation {
    /// The least share of the photo's area that a crop keeps. With 1, the photo keeps its shape and
    /// is cropped as for a search. CLIP's own training took 0.9.
    pub least_area: f64,
    /// The probability that the photo is mirrored. A caption that says "left" is wrong then.
    pub mirror: f64,
}

/// The largest ratio of a crop's sides (torchvision's `RandomResizedCrop`).
const SHAPES: (f64, f64) = (3.0 / 4.0, 4.0 / 3.0);

/// How often a shape that does not fit into the photo is drawn again.
const TRIES: usize = 10;

impl Augmentation {
    /// Crops, mirrors and resizes as `draw` decides.
    ///
    /// # Shapes
    ///
    /// `[H, W, 3]` bytes to `[3, S, S]`.
    #[must_use]
    pub fn pixels(self, preprocess: &Preprocess, image: Rgb<'_>, draw: &mut Draw) -> Pixels {
        let mut pixels = if self.least_area >= 1.0 {
            preprocess.pixels(image)
        } else {
            let squash = Preprocess {
                resize: ResizeMode::Squash,
                ..preprocess.clone()
            };
            let cut = self.crop(image, draw);
            squash.pixels(cut.as_rgb())
        };
        if draw.uniform() < self.mirror {
            for row in pixels.0.chunks_exact_mut(preprocess.size) {
                row.reverse();
            }
        }
        pixels
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "sides of images, positive"
    )]
    fn crop(self, image: Rgb<'_>, draw: &mut Draw) -> Cut {
        let (width, height) = (image.width(), image.height());
        let area = (width * height) as f64;
        for _ in 0..TRIES {
            let part = area * draw.between(self.least_area, 1.0);
            let shape = draw.between(SHAPES.0.ln(), SHAPES.1.ln()).exp();
            let cut_width = (part * shape).sqrt().round() as usize;
            let cut_height = (part / shape).sqrt().round() as usize;
            if (1..=width).contains(&cut_width) && (1..=height).contains(&cut_height) {
                let left = draw.below(width - cut_width + 1);
                let top = draw.below(height - cut_height + 1);
                return Cut::new(image, [left, top], [cut_width, cut_height]);
            }
        }
        let side = width.min(height);
        let corner = [(width - side) / 2, (height - side) / 2];
        Cut::new(image, corner, [side, side])
    }
}

/// Copies a rectangle of an image.
struct Cut {
    size: [usize; 2],
    data: Vec<u8>,
}

impl Cut {
    fn new(image: Rgb<'_>, [left, top]: [usize; 2], size: [usize; 2]) -> Self {
        let [width, height] = size;
        let rows = image.data().chunks_exact(3 * image.width());
        Self {
            size,
            data: rows
                .skip(top)
                .take(height)
                .flat_map(|row| &row[3 * left..3 * (left + width)])
                .copied()
                .collect(),
        }
    }

    fn as_rgb(&self) -> Rgb<'_> {
        let [width, height] = self
            .size
            .map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        Rgb::new(width, height, &self.data).expect("a rectangle inside an image is one")
    }
}
