//! Light of a higher range than screens show.

use super::code_points::{LIGHT, encoded, look_up, table};
use super::to_byte;
use image::{Rgb, Rgb32FImage, RgbImage};

/// Linear light up to which tones of a high range stay as they are; brighter ones are compressed.
const KNEE: f32 = 0.7;

/// The light that the average of a picture is exposed to: the grey card of photographers.
const GREY: f32 = 0.18;
/// Light that counts as black in the average, whose logarithm would be endless.
const BLACK: f32 = 1e-4;

/// Compresses bright light to at most 1: all three by one factor, which keeps the hue.
pub(super) fn compressed(light: [f32; 3]) -> [f32; 3] {
    let brightest = light[0].max(light[1]).max(light[2]);
    if brightest <= KNEE {
        return light;
    }
    let (room, over) = (1.0 - KNEE, brightest - KNEE);
    let factor = (KNEE + room * over / (room + over)) / brightest;
    light.map(|light| light * factor)
}

/// Exposes linear light so that the average of its logarithms becomes a middle grey, compresses what is
/// brighter than white, and encodes it as sRGB (the global operator of Reinhard and others, 2002).
pub(crate) fn light_to_srgb(light: &Rgb32FImage) -> RgbImage {
    let brightness = |pixel: &Rgb<f32>| {
        let [red, green, blue] = pixel.0;
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let logarithms = light
        .pixels()
        .map(|pixel| f64::from(brightness(pixel).clamp(BLACK, f32::MAX).ln()));
    let count = f64::from(light.width()) * f64::from(light.height());
    let average = (logarithms.sum::<f64>() / count.max(1.0)).exp();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a factor needs no more digits"
    )]
    let exposure = (f64::from(GREY) / average) as f32;
    let curve = table(LIGHT, encoded);
    RgbImage::from_fn(light.width(), light.height(), |x, y| {
        let light = light
            .get_pixel(x, y)
            .0
            .map(|light| (light * exposure).max(0.0));
        Rgb(compressed(light).map(|light| to_byte(look_up(&curve, light))))
    })
}

#[cfg(test)]
mod tests {
    use super::light_to_srgb;
    use image::{Rgb, Rgb32FImage};

    #[test]
    fn any_unit_of_light_is_exposed_alike_and_nothing_is_lost_to_white() {
        let check = |unit: f32| {
            let steps = Rgb32FImage::from_fn(5, 1, |x, _| {
                let stops = f32::from(u8::try_from(x).unwrap()) * 2.0;
                Rgb([unit * stops.exp2(); 3])
            });
            let shown = light_to_srgb(&steps);
            let row: Vec<u8> = shown.pixels().map(|pixel| pixel[0]).collect();
            assert!(row.is_sorted_by(|a, b| a < b), "{row:?}");
            // The middle of the five is the average.
            assert!(row[2].abs_diff(118) <= 1, "{row:?}");
            assert!(row[4] < 255, "{row:?}");
        };
        for unit in [0.001, 1.0, 5000.0] {
            check(unit);
        }
    }

    #[test]
    fn light_that_is_no_number_is_shown() {
        let light = Rgb32FImage::from_fn(3, 1, |x, _| {
            Rgb([[f32::NAN, f32::INFINITY, -1.0][x as usize]; 3])
        });
        assert_eq!(light_to_srgb(&light).dimensions(), (3, 1));
    }
}
