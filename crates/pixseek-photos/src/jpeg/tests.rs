//! Reduced pictures against SciPy's, which `references/generate.py` made.

use super::header::Coding;
use super::plan;
use super::reduced::Reduced;
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

const REFERENCES: [Reference; 9] = [
    reference!("444"),
    reference!("420"),
    reference!("422"),
    reference!("420-restarts"),
    reference!("440"),
    reference!("411"),
    reference!("410"),
    reference!("uneven"),
    reference!("grey"),
];

/// Sides that are wanted so that an eighth, a quarter and a half are decoded of 67 lines.
const WANTED: [u32; 3] = [4, 8, 16];

/// What a step of rounding in a sample makes of a pixel: blue counts 1.77 times, and rounds too.
const ROUNDING: u8 = 3;

fn reduced(bytes: &[u8], least: u32) -> Option<Reduced> {
    plan(bytes, least)?.decode()
}

#[test]
fn pixels_are_those_of_others() {
    for (name, bytes, expected) in REFERENCES {
        for ((wanted, scale), expected) in WANTED.into_iter().zip([0.125, 0.25, 0.5]).zip(expected)
        {
            let found = reduced(bytes, wanted).unwrap();
            assert!((found.scale - scale).abs() < 1e-9, "{name}");
            let found = found.image;
            assert_eq!(found.as_raw().len(), expected.len(), "{name}");
            let pairs = found.as_raw().iter().zip(expected);
            let worst = pairs
                .map(|(found, expected)| found.abs_diff(*expected))
                .max();
            assert!(worst <= Some(ROUNDING), "{name} at {scale}: {worst:?}");
        }
    }
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
fn factors_of_three_are_left_to_the_full_decoder() {
    for bytes in [
        include_bytes!("../decode/samples/1x3.jpg").as_slice(),
        include_bytes!("../decode/samples/3x1.jpg"),
    ] {
        assert!(WANTED.into_iter().all(|side| plan(bytes, side).is_none()));
    }
}

#[test]
fn codings_are_told_by_the_frame() {
    let check = |bytes: &[u8], expected| assert_eq!(Coding::of(bytes), expected);
    check(REFERENCES[1].1, Some(Coding::Sequential));
    let progressive = include_bytes!("references/progressive.jpg");
    check(progressive, Some(Coding::Progressive));
    check(&progressive[..20], None);
    let arithmetic = include_bytes!("../decode/samples/arithmetic.jpg");
    let rare = Coding::Rare("a JPEG with arithmetic coding");
    check(arithmetic, Some(rare));
}

#[test]
fn what_is_cut_or_changed_never_panics_and_never_reads_on() {
    for (name, bytes, _) in REFERENCES {
        let end = bytes.len() - 2;
        for side in WANTED {
            for length in 0..end {
                let cut = reduced(&bytes[..length], side);
                // The last bytes of a scan may hold no more than padding.
                assert!(cut.is_none() || length + 2 >= end, "{name} cut at {length}");
            }
            for place in (0..bytes.len()).step_by(3) {
                for value in [0, 0xFF, bytes[place] ^ 0x10] {
                    let mut changed = bytes.to_vec();
                    changed[place] = value;
                    let _ = reduced(&changed, side);
                }
            }
        }
    }
}
