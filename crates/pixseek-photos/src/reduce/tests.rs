use super::{averaged, reduced};
use image::{Rgb, RgbImage};

/// The mean of a square, pixel by pixel.
fn mean(image: &RgbImage, part: u32, x: u32, y: u32) -> Rgb<u8> {
    let mut sum = [0_u32; 3];
    let mut count = 0;
    for y in (y * part)..((y + 1) * part).min(image.height()) {
        for x in (x * part)..((x + 1) * part).min(image.width()) {
            for (sum, value) in sum.iter_mut().zip(image.get_pixel(x, y).0) {
                *sum += u32::from(value);
            }
            count += 1;
        }
    }
    Rgb(sum.map(|sum| u8::try_from((sum + count / 2) / count).unwrap()))
}

#[test]
fn squares_become_their_means() {
    for (width, height) in [(64, 32), (37, 21), (5, 90), (1, 1)] {
        let image = RgbImage::from_fn(width, height, |x, y| {
            Rgb([x * 7, y * 11, x * y].map(|value| u8::try_from(value % 256).unwrap()))
        });
        for part in [2, 4, 8] {
            let small = averaged(&image, part);
            let size = [width.div_ceil(part), height.div_ceil(part)];
            assert_eq!([small.width(), small.height()], size);
            for (x, y, pixel) in small.enumerate_pixels() {
                assert_eq!(
                    *pixel,
                    mean(&image, part, x, y),
                    "{x}, {y} of {width} x {height}"
                );
            }
        }
    }
}

#[test]
fn white_stays_white() {
    let white = RgbImage::from_pixel(801, 603, Rgb([255; 3]));
    let (small, scale) = reduced(white, 10);
    assert!(small.pixels().all(|pixel| pixel.0 == [255; 3]));
    assert!((scale - 0.125).abs() < f64::EPSILON);
}

#[test]
fn the_scale_leaves_pixels_to_spare() {
    let check = |side, size: [u32; 2]| {
        let (small, scale) = reduced(RgbImage::new(144, 96), side);
        assert_eq!([small.width(), small.height()], size, "{side}");
        assert!((f64::from(small.width()) / 144.0 - scale).abs() < f64::EPSILON);
    };
    check(8, [18, 12]);
    check(9, [36, 24]);
    check(16, [36, 24]);
    check(32, [72, 48]);
    check(33, [144, 96]);
    check(u32::MAX, [144, 96]);
}
