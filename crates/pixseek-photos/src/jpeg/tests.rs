//! Reduced pictures against libjpeg-turbo's and SciPy's, which `references/generate.py` made.

use super::reduced;
use image::{ImageFormat, RgbImage};

macro_rules! reference {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("references/", $name, ".jpg")).as_slice(),
            [
                include_bytes!(concat!("references/", $name, ".8.rgb")).as_slice(),
                include_bytes!(concat!("references/", $name, ".4.rgb")).as_slice(),
                include_bytes!(concat!("references/", $name, ".2.rgb")).as_slice(),
            ],
        )
    };
}

type Reference = (&'static str, &'static [u8], [&'static [u8]; 3]);

const REFERENCES: [Reference; 5] = [
    reference!("444"),
    reference!("420"),
    reference!("422"),
    reference!("420-restarts"),
    reference!("grey"),
];

/// Sides that are wanted so that an eighth, a quarter and a half are decoded of 67 lines.
const WANTED: [u32; 3] = [4, 8, 16];

#[test]
fn pixels_are_those_of_others() {
    for (name, bytes, expected) in REFERENCES {
        for ((wanted, scale), expected) in WANTED.into_iter().zip([0.125, 0.25, 0.5]).zip(expected)
        {
            let found = reduced(bytes, wanted).unwrap();
            assert!((found.scale - scale).abs() < 1e-9, "{name}");
            let (mean, worst) = differences(&found.image, expected, scale);
            let (least_mean, least_worst) = match name {
                // Samples were rounded before the reference transformed them.
                "grey" => (0.5, 2),
                "444" => (0.8, 4),
                // The references average samples where the low frequencies are taken here, which
                // is less sharp.
                _ => (4.0, 40),
            };
            assert!(
                mean <= least_mean && worst <= least_worst,
                "{name} at {scale}: {mean} in the mean, {worst} at worst"
            );
        }
    }
}

/// Mean and largest difference, in steps of 255, without the last blocks of rows and columns.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a small picture"
)]
fn differences(found: &RgbImage, expected: &[u8], scale: f64) -> (f64, u8) {
    assert_eq!(found.as_raw().len(), expected.len());
    let whole_blocks = [93, 67].map(|side| (f64::from(side / 8 * 8) * scale) as u32);
    let expected = RgbImage::from_raw(found.width(), found.height(), expected.to_vec()).unwrap();
    let differences: Vec<u8> = found
        .enumerate_pixels()
        .filter(|(x, y, _)| *x < whole_blocks[0] && *y < whole_blocks[1])
        .flat_map(|(x, y, pixel)| {
            let other = expected.get_pixel(x, y);
            [0, 1, 2].map(|channel| pixel[channel].abs_diff(other[channel]))
        })
        .collect();
    let sum: f64 = differences
        .iter()
        .map(|difference| f64::from(*difference))
        .sum();
    (
        sum / differences.len() as f64,
        differences.into_iter().max().unwrap_or(0),
    )
}

#[test]
fn only_what_is_large_enough_is_reduced() {
    let (_, bytes, _) = REFERENCES[1];
    assert!(reduced(bytes, 22).is_some());
    assert!(reduced(bytes, 23).is_none());
    assert!(reduced(include_bytes!("references/progressive.jpg"), 4).is_none());
    let mut png = Vec::new();
    let image = RgbImage::new(64, 64);
    let mut writer = std::io::Cursor::new(&mut png);
    image.write_to(&mut writer, ImageFormat::Png).unwrap();
    assert!(reduced(&png, 4).is_none());
}

#[test]
fn what_is_cut_or_changed_never_panics_and_never_reads_on() {
    for (name, bytes, _) in REFERENCES {
        let end = bytes.len() - 2;
        for length in 0..end {
            let cut = reduced(&bytes[..length], 4);
            // The last bytes of a scan may hold no more than padding.
            assert!(cut.is_none() || length + 2 >= end, "{name} cut at {length}");
        }
        for place in (0..bytes.len()).step_by(3) {
            for value in [0, 0xFF, bytes[place] ^ 0x10] {
                let mut changed = bytes.to_vec();
                changed[place] = value;
                let _ = reduced(&changed, 4);
            }
        }
    }
}
