//! The samples of the components, and the picture that they make.

use crate::frame::{Frame, Scale};
use crate::transform::InverseTransform;
use image::RgbImage;

/// The samples of one component at the reduced size.
pub(crate) struct Plane {
    /// The transform of the component's blocks.
    pub transform: InverseTransform,
    samples: Vec<u8>,
    width: usize,
    /// How many pixels of the reduced picture one sample covers, across and down.
    subsampling: [usize; 2],
}

impl Plane {
    /// A plane for the component at this place in the frame, whose quantization is in zigzag order.
    pub(crate) fn new(
        frame: &Frame,
        component: usize,
        scale: Scale,
        quantization: &[u16; 64],
    ) -> Self {
        let [columns, rows] = frame.samples_of_a_block(component, scale);
        let [across, down] = frame.subsampling(component);
        let [blocks_across, blocks_down] = frame.blocks(component);
        let pixels = scale.pixels_of_a_block();
        let width = blocks_across * columns;
        Self {
            transform: InverseTransform::new(rows, columns, quantization),
            samples: vec![0; width * blocks_down * rows],
            width,
            subsampling: [pixels * across / columns, pixels * down / rows],
        }
    }

    /// Writes the samples of the transform's block.
    #[inline]
    pub(crate) fn write(&mut self, row: usize, column: usize) {
        let transform = &self.transform;
        let place = row * transform.rows() * self.width + column * transform.columns();
        transform.write(&mut self.samples[place..], self.width);
    }
}

/// Turns samples into RGB pixels.
pub(crate) fn paint(planes: &[Plane], width: usize, height: usize) -> Option<RgbImage> {
    let mut pixels = vec![0; width * height * 3];
    for (y, pixels) in pixels.chunks_exact_mut(width * 3).enumerate() {
        let pixels = pixels.as_chunks_mut::<3>().0;
        let row = |plane: &'_ Plane| {
            let start = y / plane.subsampling[1] * plane.width;
            start..start + plane.width
        };
        match planes {
            [grey] => {
                for (pixel, grey) in pixels.iter_mut().zip(&grey.samples[row(grey)]) {
                    *pixel = [*grey; 3];
                }
            }
            [luma, blue, red] => {
                let across = [luma, blue, red].map(|plane| plane.subsampling[0]);
                let lumas = &luma.samples[row(luma)];
                let blues = &blue.samples[row(blue)];
                let reds = &red.samples[row(red)];
                if across == [1, 1, 1] {
                    for (((pixel, luma), blue), red) in
                        pixels.iter_mut().zip(lumas).zip(blues).zip(reds)
                    {
                        *pixel = rgb(*luma, *blue, *red);
                    }
                } else {
                    for (x, pixel) in pixels.iter_mut().enumerate() {
                        let [luma, blue, red] = across.map(|pixels| x / pixels);
                        *pixel = rgb(lumas[luma], blues[blue], reds[red]);
                    }
                }
            }
            _ => return None,
        }
    }
    RgbImage::from_raw(
        u32::try_from(width).ok()?,
        u32::try_from(height).ok()?,
        pixels,
    )
}

/// JFIF's `YCbCr` to RGB, in libjpeg's 16-bit fixed point.
#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
#[inline]
fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (luma, blue, red) = (i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128);
    [
        luma + ((91_881 * red + HALF) >> 16),
        luma + ((-22_554 * blue - 46_802 * red + HALF) >> 16),
        luma + ((116_130 * blue + HALF) >> 16),
    ]
    .map(|value| value.clamp(0, 255) as u8)
}
