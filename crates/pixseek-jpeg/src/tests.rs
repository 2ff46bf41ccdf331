//! Reduced pictures are compared with SciPy's, which `references/generate.py` made.

use super::{Coding, Frame, Scale};
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

const REFERENCES: [Reference; 10] = [
    reference!("444"),
    reference!("420"),
    reference!("422"),
    reference!("420-restarts"),
    reference!("440"),
    reference!("411"),
    reference!("410"),
    reference!("uneven"),
    reference!("grey"),
    reference!("coarse-luma"),
];

/// A sample may be rounded to its neighbour; blue multiplies that by 1.77 and is rounded again.
const TOLERANCE: u8 = 3;

fn decode(bytes: &[u8], scale: Scale) -> Option<RgbImage> {
    Frame::read(bytes)?.decode(scale)
}

#[test]
fn pixels_equal_those_of_scipy() {
    for (name, bytes, expected) in REFERENCES {
        for (scale, expected) in Scale::ALL.into_iter().zip(expected) {
            let image = decode(bytes, scale).unwrap();
            assert_eq!(image.as_raw().len(), expected.len(), "{name}");
            let pairs = image.as_raw().iter().zip(expected);
            let worst = pairs.map(|(byte, expected)| byte.abs_diff(*expected)).max();
            assert!(worst <= Some(TOLERANCE), "{name} at {scale:?}: {worst:?}");
        }
    }
}

#[test]
fn other_codings_and_formats_are_refused() {
    assert!(Frame::read(include_bytes!("references/progressive.jpg")).is_none());
    for factor_of_three in [
        include_bytes!("samples/1x3.jpg").as_slice(),
        include_bytes!("samples/3x1.jpg"),
    ] {
        assert!(Frame::read(factor_of_three).is_none());
    }
    let mut png = Vec::new();
    let mut writer = std::io::Cursor::new(&mut png);
    let image = RgbImage::new(64, 64);
    image.write_to(&mut writer, ImageFormat::Png).unwrap();
    assert!(Frame::read(&png).is_none());
}

#[test]
fn the_frame_header_tells_the_coding() {
    let check = |bytes: &[u8], expected| assert_eq!(Coding::of(bytes), expected);
    check(REFERENCES[1].1, Some(Coding::Sequential));
    let progressive = include_bytes!("references/progressive.jpg");
    check(progressive, Some(Coding::Progressive));
    check(&progressive[..20], None);
    let arithmetic = include_bytes!("samples/arithmetic.jpg");
    let rare = Coding::Rare("a JPEG with arithmetic coding");
    check(arithmetic, Some(rare));
}

#[test]
fn cut_or_changed_files_never_panic() {
    for (name, bytes, _) in REFERENCES {
        let end = bytes.len() - 2;
        for scale in Scale::ALL {
            for length in 0..end {
                let cut = decode(&bytes[..length], scale);
                // The last two bytes of a scan may be padding.
                assert!(cut.is_none() || length + 2 >= end, "{name} cut at {length}");
            }
            for place in (0..bytes.len()).step_by(3) {
                for value in [0, 0xFF, bytes[place] ^ 0x10] {
                    let mut changed = bytes.to_vec();
                    changed[place] = value;
                    let _ = decode(&changed, scale);
                }
            }
        }
    }
}
