//! What the container does to a decoded picture: cut, rotate and mirror, in the order it names them.

use super::damaged;
use crate::Failure;
use crate::decoder::corrupt;
use heifer_isobmff::boxes::Property;
use heifer_isobmff::{HeifFile, ItemId};
use image::{GrayImage, ImageBuffer, Pixel, RgbImage, imageops};

/// A decoded picture.
pub(super) struct Picture {
    pub rgb: RgbImage,
    pub opacity: Option<GrayImage>,
    /// Whether colours are multiplied by opacity already.
    pub is_premultiplied: bool,
}

/// A step from the coded picture to the shown one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Cut {
        left: u32,
        top: u32,
        size: [u32; 2],
    },
    /// Quarters of a turn, against the clock.
    Rotate(u8),
    /// Exchanges top and bottom, or else left and right.
    Mirror {
        is_upside_down: bool,
    },
}

impl Picture {
    pub(super) fn opaque(rgb: RgbImage) -> Self {
        Self {
            rgb,
            opacity: None,
            is_premultiplied: false,
        }
    }

    /// The picture over another, of which `below` gives the pixels.
    pub(super) fn over(self, below: impl Fn(u32, u32) -> [u8; 3]) -> RgbImage {
        let Some(opacity) = &self.opacity else {
            return self.rgb;
        };
        let mut rgb = self.rgb;
        for ((x, y, pixel), opacity) in rgb.enumerate_pixels_mut().zip(opacity.iter()) {
            let opacity = u32::from(*opacity);
            for (channel, below) in pixel.0.iter_mut().zip(below(x, y)) {
                let own = if self.is_premultiplied { 255 } else { opacity };
                let sum = u32::from(*channel) * own + u32::from(below) * (255 - opacity);
                *channel = u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX);
            }
        }
        rgb
    }
}

/// Whether an item is transformed or has an opacity, so that it cannot be drawn as it is decoded.
pub(super) fn has_any(file: &HeifFile<'_>, id: ItemId) -> Result<bool, Failure> {
    let mut properties = file.item_properties(id).map_err(damaged)?;
    Ok(properties.any(|property| {
        matches!(
            property,
            Property::CleanAperture { .. } | Property::Rotation(_) | Property::Mirror(_)
        )
    }))
}

/// The size of a picture after its transformations.
pub(super) fn size_after(
    file: &HeifFile<'_>,
    id: ItemId,
    size: [u32; 2],
) -> Result<[u32; 2], Failure> {
    Ok(steps(file, id, size)?.1)
}

/// Transforms a decoded picture.
pub(super) fn apply(
    file: &HeifFile<'_>,
    id: ItemId,
    mut picture: Picture,
) -> Result<Picture, Failure> {
    let (width, height) = picture.rgb.dimensions();
    for step in steps(file, id, [width, height])?.0 {
        picture.rgb = step.apply(picture.rgb);
        picture.opacity = picture.opacity.map(|opacity| step.apply(opacity));
    }
    Ok(picture)
}

/// The steps, and the size after them.
fn steps(
    file: &HeifFile<'_>,
    id: ItemId,
    mut size: [u32; 2],
) -> Result<(Vec<Step>, [u32; 2]), Failure> {
    let mut steps = Vec::new();
    for property in file.item_properties(id).map_err(damaged)? {
        let step = match *property {
            Property::CleanAperture {
                width,
                height,
                horiz_offset,
                vert_offset,
            } => {
                let (left, width) = aperture(size[0], width, horiz_offset)?;
                let (top, height) = aperture(size[1], height, vert_offset)?;
                size = [width, height];
                Step::Cut { left, top, size }
            }
            Property::Rotation(quarters) => {
                if quarters % 2 == 1 {
                    size.reverse();
                }
                Step::Rotate(quarters)
            }
            Property::Mirror(is_upside_down) => Step::Mirror { is_upside_down },
            _ => continue,
        };
        steps.push(step);
    }
    Ok((steps, size))
}

/// Where the clean aperture begins along a side, and how long it is. The fractions are its length, and
/// how far its middle lies from that of the picture (ISO/IEC 14496-12, 12.1.4).
fn aperture(side: u32, length: (u32, u32), offset: (i32, u32)) -> Result<(u32, u32), Failure> {
    let refused = || corrupt("it is cut to nothing");
    if length.1 == 0 || offset.1 == 0 {
        return Err(refused());
    }
    let length = (f64::from(length.0) / f64::from(length.1)).round();
    let middle = f64::from(offset.0) / f64::from(offset.1) + (f64::from(side) - 1.0) / 2.0;
    let left = (middle - (length - 1.0) / 2.0).round().max(0.0);
    let length = length.min(f64::from(side) - left);
    if length < 1.0 {
        return Err(refused());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the side"
    )]
    Ok((left as u32, length as u32))
}

impl Step {
    fn apply<P: Pixel<Subpixel = u8> + 'static>(
        self,
        image: ImageBuffer<P, Vec<u8>>,
    ) -> ImageBuffer<P, Vec<u8>> {
        match self {
            Self::Cut {
                left,
                top,
                size: [width, height],
            } => imageops::crop_imm(&image, left, top, width, height).to_image(),
            Self::Rotate(1) => imageops::rotate270(&image),
            Self::Rotate(2) => imageops::rotate180(&image),
            Self::Rotate(3) => imageops::rotate90(&image),
            Self::Rotate(_) => image,
            Self::Mirror {
                is_upside_down: true,
            } => imageops::flip_vertical(&image),
            Self::Mirror {
                is_upside_down: false,
            } => imageops::flip_horizontal(&image),
        }
    }
}
