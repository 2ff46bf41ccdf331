//! From an upright RGB image to the image tower's input.
//!
//! The reference is open_clip's transform (torchvision over Pillow) on an image that was
//! converted to RGB first, as Hugging Face's processor does it.

use crate::resample::{Axis, bicubic};
use std::ops::Range;

/// A borrowed RGB image: `height` rows of `width` pixels of three bytes.
#[derive(Debug, Clone, Copy)]
pub struct Rgb<'a> {
    width: usize,
    height: usize,
    data: &'a [u8],
    /// Width and height of the whole image, of which this one is a reduction.
    whole: [usize; 2],
    /// The length of a side of this image, divided by that of the whole.
    scale: f64,
}

impl<'a> Rgb<'a> {
    /// `None` when a side is 0 or `data` is not `width * height * 3` bytes.
    #[must_use]
    pub fn new(width: u32, height: u32, data: &'a [u8]) -> Option<Self> {
        let (width, height) = (width as usize, height as usize);
        let bytes = width.checked_mul(height)?.checked_mul(3)?;
        (bytes > 0 && bytes == data.len()).then_some(Self {
            width,
            height,
            data,
            whole: [width, height],
            scale: 1.0,
        })
    }

    /// Declares this image a reduction of one of `width` x `height` pixels, so that it is resized
    /// and cropped where the whole would be. Along a side, `scale` of its pixels stand for one of
    /// the whole; the last one of a row or column may stand for less.
    #[must_use]
    pub fn reduced_from(self, width: u32, height: u32, scale: f64) -> Self {
        Self {
            whole: [width as usize, height as usize],
            scale,
            ..self
        }
    }

    /// Rows of the image, each `width * 3` bytes.
    pub(crate) fn rows(&self, rows: Range<usize>) -> impl Iterator<Item = &'a [u8]> {
        let stride = self.width * 3;
        self.data[rows.start * stride..rows.end * stride].chunks_exact(stride)
    }
}

#[cfg(feature = "training")]
impl<'a> Rgb<'a> {
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn height(&self) -> usize {
        self.height
    }

    pub(crate) fn data(&self) -> &'a [u8] {
        self.data
    }
}

/// How an image of any shape becomes a square.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResizeMode {
    /// The shortest side becomes `size`, then the centre is cropped.
    Shortest,
    /// Both sides become `size`; the shape is not kept.
    Squash,
}

/// How a model wants its pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocess {
    /// Side of the square, in pixels.
    pub size: usize,
    /// From any shape to the square.
    pub resize: ResizeMode,
    /// Mean of each channel in `0..=1`, which is subtracted.
    pub mean: [f32; 3],
    /// Standard deviation of each channel in `0..=1`, by which the difference is divided.
    pub std: [f32; 3],
}

/// One image as the image tower takes it: `[3, S, S]`, row-major, normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Pixels(pub(crate) Vec<f32>);

impl Pixels {
    /// Wraps values that were computed elsewhere. Returns `None` unless there are `3 * side *
    /// side`.
    #[must_use]
    pub fn new(values: Vec<f32>, side: usize) -> Option<Self> {
        (values.len() == 3 * side * side).then_some(Self(values))
    }

    /// The values, `3 * S * S` of them.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }
}

impl Preprocess {
    /// Channel means of OpenAI's training images (CLIP/clip/clip.py).
    pub const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
    /// Channel standard deviations of the same.
    pub const CLIP_STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

    /// OpenAI's, LAION's and DataComp's pixels at this side.
    #[must_use]
    pub fn clip(size: usize) -> Self {
        Self {
            size,
            resize: ResizeMode::Shortest,
            mean: Self::CLIP_MEAN,
            std: Self::CLIP_STD,
        }
    }

    /// SigLIP's pixels at this side: squashed to a square, from -1 to 1.
    #[must_use]
    pub fn siglip(size: usize) -> Self {
        Self {
            size,
            resize: ResizeMode::Squash,
            mean: [0.5; 3],
            std: [0.5; 3],
        }
    }

    /// Resizes, crops and normalises.
    ///
    /// # Shapes
    ///
    /// `[H, W, 3]` bytes to `[3, S, S]` floats.
    #[must_use]
    pub fn pixels(&self, image: Rgb<'_>) -> Pixels {
        let (horizontal, vertical) = self.axes(image);
        let bytes = bicubic(image, horizontal, vertical);
        let plane = self.size * self.size;
        let mut values = vec![0.0; 3 * plane];
        for (channel, values) in values.chunks_exact_mut(plane).enumerate() {
            let (mean, std) = (self.mean[channel], self.std[channel]);
            let table: [f32; 256] = std::array::from_fn(|byte| {
                #[expect(clippy::cast_precision_loss, reason = "bytes are exact in f32")]
                let value = byte as f32 / 255.0;
                (value - mean) / std
            });
            for (value, pixel) in values.iter_mut().zip(bytes.as_chunks::<3>().0) {
                *value = table[usize::from(pixel[channel])];
            }
        }
        Pixels(values)
    }

    /// Sizes and offsets as torchvision rounds them: the long side is cut off to an
    /// integer, the offset is rounded half to even.
    fn axes(&self, image: Rgb<'_>) -> (Axis, Axis) {
        let [width, height] = image.whole;
        let short = width.min(height);
        let axis = |side: usize, input: usize| {
            let output = match self.resize {
                ResizeMode::Squash => self.size,
                ResizeMode::Shortest => self.size * side / short,
            };
            let surplus = output - self.size;
            let half = surplus / 2;
            // An odd surplus lies between two offsets; the even one is taken.
            let start = half + usize::from(surplus % 2 == 1 && half % 2 == 1);
            #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^52")]
            let (side, pixels) = (side as f64, input as f64);
            Axis {
                input,
                extent: (side * image.scale).min(pixels),
                output,
                start,
                length: self.size,
            }
        };
        (axis(width, image.width), axis(height, image.height))
    }
}
