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
                    paint_row(pixels, lumas, blues, reds);
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

/// Pixels that are computed together, so that the compiler uses vectors.
const TOGETHER: usize = 16;

fn paint_row(pixels: &mut [[u8; 3]], lumas: &[u8], blues: &[u8], reds: &[u8]) {
    let samples = lumas
        .chunks(TOGETHER)
        .zip(blues.chunks(TOGETHER))
        .zip(reds.chunks(TOGETHER));
    for (pixels, ((lumas, blues), reds)) in pixels.chunks_mut(TOGETHER).zip(samples) {
        let mut colours = [[0; TOGETHER]; 3];
        let [first, second, third] = &mut colours;
        let samples = lumas.iter().zip(blues).zip(reds);
        let places = first.iter_mut().zip(second).zip(third);
        for (((first, second), third), ((luma, blue), red)) in places.zip(samples) {
            [*first, *second, *third] = rgb(*luma, *blue, *red);
        }
        for (at, pixel) in pixels.iter_mut().enumerate() {
            *pixel = colours.map(|colour| colour[at]);
        }
    }
}

/// JFIF's `YCbCr` to RGB, in libjpeg's 16-bit fixed point: 1.402, -0.34414, -0.71414 and 1.772, of
/// which the nearest whole numbers are taken apart, so that factors have 16 bits.
#[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
#[inline]
fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    const HALF: i32 = 1 << 15;
    let (luma, blue, red) = (i32::from(luma), i32::from(blue) - 128, i32::from(red) - 128);
    [
        luma + red + ((26_345 * red + HALF) >> 16),
        luma - red + ((-22_554 * blue + 18_734 * red + HALF) >> 16),
        luma + 2 * blue + ((-14_942 * blue + HALF) >> 16),
    ]
    .map(|value| value.clamp(0, 255) as u8)
}
