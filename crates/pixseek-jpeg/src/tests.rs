//! Reduced pictures are compared with other decoders', which `references/generate.py` made.

mod mutations;

use super::{Coding, Frame, Scale};
use image::{ImageFormat, RgbImage};

/// A picture in one sampling, and what others make of it at an eighth, a quarter and a half.
struct Reference {
    name: &'static str,
    /// Coded in one sequential scan.
    jpeg: &'static [u8],
    /// The same coefficients in progressive scans.
    progressive: &'static [u8],
    /// SciPy's inverse transforms of each block's low frequencies.
    scipy: [&'static [u8]; 3],
    /// Means of the pixels that libjpeg-turbo decodes the whole picture to.
    means: &'static [u8],
}

macro_rules! reference {
    ($name:literal) => {
        Reference {
            name: $name,
            jpeg: include_bytes!(concat!("references/", $name, ".jpg")),
            progressive: include_bytes!(concat!("references/", $name, ".progressive.jpg")),
            scipy: [
                include_bytes!(concat!("references/", $name, ".8.rgb")),
                include_bytes!(concat!("references/", $name, ".4.rgb")),
                include_bytes!(concat!("references/", $name, ".2.rgb")),
            ],
            means: include_bytes!(concat!("references/", $name, ".means")),
        }
    };
}

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

/// Other orders of scans, beside the file of one scan with the same coefficients.
const SCANS: [(&str, &[u8], &[u8]); 4] = [
    // A scan for each component, not progressive, with restarts.
    (
        "444.scans",
        REFERENCES[0].jpeg,
        include_bytes!("references/444.scans.jpg"),
    ),
    // A scan for luma and one for both colours, not progressive.
    (
        "420.scans",
        REFERENCES[1].jpeg,
        include_bytes!("references/420.scans.jpg"),
    ),
    // Bands of coefficients, each in one scan.
    (
        "422.bands",
        REFERENCES[2].jpeg,
        include_bytes!("references/422.bands.jpg"),
    ),
    // All coefficients bit after bit, with restarts.
    (
        "411.bits",
        REFERENCES[5].jpeg,
        include_bytes!("references/411.bits.jpg"),
    ),
];

/// A sample may be rounded to its neighbour; blue multiplies that by 1.77 and is rounded again.
const SCIPY_TOLERANCE: u8 = 3;

/// The low frequencies of a block are sharper than the means of its pixels: on this picture with its
/// noise by up to 3.5 in the mean of all samples, and by 12 at most.
const MEANS_TOLERANCE: (f64, u8) = (3.5, 12);

fn decode(bytes: &[u8], scale: Scale) -> Option<RgbImage> {
    Frame::read(bytes)?.decode(scale)
}

#[test]
fn pixels_equal_those_of_scipy() {
    for reference in REFERENCES {
        for (scale, expected) in Scale::ALL.into_iter().zip(reference.scipy) {
            let name = reference.name;
            let image = decode(reference.jpeg, scale).unwrap();
            assert_eq!(image.as_raw().len(), expected.len(), "{name}");
            let pairs = image.as_raw().iter().zip(expected);
            let worst = pairs.map(|(byte, expected)| byte.abs_diff(*expected)).max();
            let expected = Some(SCIPY_TOLERANCE);
            assert!(worst <= expected, "{name} at {scale:?}: {worst:?}");
        }
    }
}

#[test]
fn pixels_are_near_the_means_of_libjpeg_turbos() {
    for reference in REFERENCES {
        let mut means = reference.means;
        for scale in Scale::ALL {
            let image = decode(reference.jpeg, scale).unwrap();
            let (width, height) = image.dimensions();
            let (these, rest) = means.split_at(image.as_raw().len());
            means = rest;
            let expected = RgbImage::from_raw(width, height, these.to_vec()).unwrap();
            // The last pixels of rows and columns stand for less than the others.
            let inside = |x: u32, y: u32| x + 1 < width && y + 1 < height;
            let pixels = image.enumerate_pixels().zip(expected.pixels());
            let differences: Vec<u8> = pixels
                .filter(|((x, y, _), _)| inside(*x, *y))
                .flat_map(|((_, _, pixel), mean)| {
                    [0, 1, 2].map(|colour| pixel[colour].abs_diff(mean[colour]))
                })
                .collect();
            let sum: f64 = differences.iter().map(|byte| f64::from(*byte)).sum();
            let mean = sum / f64::from(u32::try_from(differences.len()).unwrap());
            let worst = *differences.iter().max().unwrap();
            assert!(
                mean <= MEANS_TOLERANCE.0 && worst <= MEANS_TOLERANCE.1,
                "{} at {scale:?}: {mean} and {worst}",
                reference.name
            );
        }
        assert!(means.is_empty());
    }
}

#[test]
fn the_order_of_scans_does_not_change_pixels() {
    let progressive = REFERENCES.map(|one| (one.name, one.jpeg, one.progressive));
    for (name, one_scan, scans) in progressive.into_iter().chain(SCANS) {
        for scale in Scale::ALL {
            let expected = decode(one_scan, scale);
            assert!(expected.is_some(), "{name}");
            assert_eq!(decode(scans, scale), expected, "{name} at {scale:?}");
        }
    }
}

#[test]
fn other_codings_and_formats_are_refused() {
    for (name, bytes) in [
        (
            "down to a third",
            include_bytes!("samples/1x3.jpg").as_slice(),
        ),
        ("across to a third", include_bytes!("samples/3x1.jpg")),
        ("arithmetic", include_bytes!("samples/arithmetic.jpg")),
    ] {
        assert!(Frame::read(bytes).is_none(), "{name}");
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
    let Reference {
        jpeg, progressive, ..
    } = REFERENCES[1];
    check(jpeg, Some(Coding::Sequential));
    check(progressive, Some(Coding::Progressive));
    check(&progressive[..20], None);
    let arithmetic = include_bytes!("samples/arithmetic.jpg");
    let rare = Coding::Rare("a JPEG with arithmetic coding");
    check(arithmetic, Some(rare));
}

#[test]
fn cut_files_are_refused() {
    let files = REFERENCES.map(|one| (one.name, one.jpeg));
    for (name, bytes) in files.into_iter().chain(several_scans()) {
        // The last two bytes of a scan may be padding, and behind a single scan nothing is needed.
        let least = if Frame::read(bytes).unwrap().has_one_scan() {
            bytes.len() - 4
        } else {
            bytes.len()
        };
        for length in (0..least).step_by(4).chain([least - 1]) {
            let cut = decode(&bytes[..length], Scale::ALL[length / 4 % 3]);
            assert!(cut.is_none(), "{name} cut at {length}");
        }
    }
}

/// A scan in a progressive file.
struct Scan {
    /// The place of its marker.
    at: usize,
    /// Its first component's name, in these files its number from 1 on.
    component: u8,
    first: u8,
    last: u8,
    /// The place of its data.
    data: usize,
}

fn scans(bytes: &[u8]) -> Vec<Scan> {
    let places = 0..bytes.len() - 1;
    let markers = places.filter(|at| bytes[*at..].starts_with(&[0xFF, 0xDA]));
    let scan = |at: usize| {
        let components = bytes[at + 4];
        let selectors = 2 * usize::from(components);
        Scan {
            at,
            component: bytes[at + 5],
            first: bytes[at + 5 + selectors],
            last: bytes[at + 6 + selectors],
            data: at + 8 + selectors,
        }
    };
    markers.map(scan).collect()
}

/// Scans that repeat coefficients, or refine what no scan has begun, are not guessed at.
#[test]
fn scans_out_of_order_are_refused() {
    let bytes = SCANS[3].2;
    let scans = scans(bytes);
    assert_eq!(scans.len(), 20);
    for (number, scan) in scans.into_iter().enumerate() {
        // The last byte of a scan's header: which bits it has.
        let place = scan.data - 1;
        for other in [0x00, 0x04, 0x10, 0x21, 0x43] {
            let mut changed = bytes.to_vec();
            if changed[place] != other {
                changed[place] = other;
                assert_eq!(decode(&changed, Scale::Eighth), None, "scan {number}");
            }
        }
    }
}

/// Each scan in turn has other data: only the pictures that need it change, or are refused.
#[test]
fn scans_that_no_pixel_needs_are_not_read() {
    let check = |name: &str, bytes: &[u8], scale, is_needed: fn(&Scan) -> bool| {
        let expected = decode(bytes, scale);
        assert!(expected.is_some(), "{name}");
        let scans = scans(bytes);
        let passed_by = scans.iter().filter(|scan| !is_needed(scan)).count();
        assert!(passed_by > 0, "{name} at {scale:?}");
        for scan in scans {
            let mut changed = bytes.to_vec();
            for byte in changed[scan.data..]
                .iter_mut()
                .take_while(|byte| **byte != 0xFF)
            {
                *byte = !*byte & 0x7F;
            }
            let is_same = decode(&changed, scale) == expected;
            let (first, last) = (scan.first, scan.last);
            let component = scan.component;
            assert_eq!(
                is_same,
                !is_needed(&scan),
                "{name} at {scale:?}: {first} to {last} of {component}"
            );
        }
    };
    let is_dc = |scan: &Scan| scan.first == 0;
    // Four samples of the colours stand for one of luma, so their blocks become 2 x 2 pixels.
    let is_colour_or_dc = |scan: &Scan| scan.first == 0 || scan.component > 1;
    check("grey", REFERENCES[8].progressive, Scale::Eighth, is_dc);
    check("444", REFERENCES[0].progressive, Scale::Eighth, is_dc);
    check(
        "420",
        REFERENCES[1].progressive,
        Scale::Eighth,
        is_colour_or_dc,
    );
    // The last coefficients, in zigzag order: 4 of 2 x 2 (luma), 13 of 2 x 4 (the colours).
    check("422.bands", SCANS[2].2, Scale::Quarter, |scan| {
        scan.first <= if scan.component == 1 { 4 } else { 13 }
    });
    // 24 of 4 x 4, 48 of 4 x 8.
    check("422.bands", SCANS[2].2, Scale::Half, |scan| {
        scan.first <= if scan.component == 1 { 24 } else { 48 }
    });
}

/// A small file of many scans must not take the time of many pictures.
#[test]
fn too_many_scans_are_refused() {
    let bytes = REFERENCES[8].progressive;
    let scans = scans(bytes);
    let second = scans[1].at;
    // A scan of each bit of each coefficient, without data: at an eighth only those of DC count.
    let bits = (1..=63u8).flat_map(|at| [(at, 0x01), (at, 0x10)]);
    let scan = |(at, bits)| [0xFF, 0xDA, 0, 8, 1, 1, 0, at, at, bits];
    let file = |count: usize| {
        let mut bytes = bytes[..second].to_vec();
        bytes.extend(bits.clone().take(count).flat_map(scan));
        bytes.extend([0xFF, 0xD9]);
        bytes
    };
    assert!(decode(&file(99), Scale::Eighth).is_some());
    assert!(decode(&file(100), Scale::Eighth).is_none());
}

fn several_scans() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    let progressive = REFERENCES.map(|one| (one.name, one.progressive));
    let scans = SCANS.map(|(name, _, bytes)| (name, bytes));
    progressive.into_iter().chain(scans)
}
