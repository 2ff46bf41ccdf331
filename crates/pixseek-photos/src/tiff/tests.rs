use super::fits;
use crate::{DecodeLimits, Failure, FailureKind, PhotoFile};
use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;
use std::path::Path;

/// A page: fields of its directory, all of 32 bits, and its samples in one strip.
struct Page {
    fields: Vec<(u16, Vec<u32>)>,
    samples: Vec<u8>,
}

const RGB: u32 = 2;
const CMYK: u32 = 5;
const YCBCR: u32 = 6;

impl Page {
    fn new([width, height]: [u32; 2], kind: u32, channels: u32, samples: Vec<u8>) -> Self {
        let fields = vec![
            (256, vec![width]),
            (257, vec![height]),
            (258, vec![8]),
            (262, vec![kind]),
            (277, vec![channels]),
            (278, vec![height]),
        ];
        Self { fields, samples }
    }

    /// A page of one colour, with its first half white unless it is empty.
    fn of_colour(size: [u32; 2], colour: [u8; 3], is_empty: bool) -> Self {
        let mut samples = colour.repeat((size[0] * size[1]) as usize);
        if !is_empty {
            let half = samples.len() / 2;
            samples[..half].fill(255);
        }
        Self::new(size, RGB, 3, samples)
    }

    fn with(mut self, tag: u16, values: &[u32]) -> Self {
        self.fields.retain(|field| field.0 != tag);
        self.fields.push((tag, values.to_vec()));
        self
    }
}

/// A file of these pages.
fn file(pages: Vec<Page>) -> Vec<u8> {
    let mut bytes = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    let offset = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap();
    for page in pages {
        let samples = offset(&bytes);
        bytes.extend(&page.samples);
        let length = u32::try_from(page.samples.len()).unwrap();
        let mut fields = page.with(273, &[samples]).with(279, &[length]).fields;
        fields.sort();
        let mut directory = u16::try_from(fields.len()).unwrap().to_le_bytes().to_vec();
        for (tag, values) in fields {
            directory.extend(tag.to_le_bytes());
            // The weights of luma are fractions.
            let (kind, each) = if tag == 529 { (5_u16, 2) } else { (4, 1) };
            directory.extend(kind.to_le_bytes());
            directory.extend(u32::try_from(values.len() / each).unwrap().to_le_bytes());
            if let [value] = values[..] {
                directory.extend(value.to_le_bytes());
            } else {
                directory.extend(offset(&bytes).to_le_bytes());
                bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
        }
        let place = offset(&bytes).to_le_bytes();
        bytes[link..link + 4].copy_from_slice(&place);
        bytes.extend(directory);
        link = bytes.len();
        bytes.extend([0; 4]);
    }
    bytes
}

fn decode(pages: Vec<Page>) -> Result<RgbImage, Failure> {
    let limits = DecodeLimits::default();
    let photo = PhotoFile::of_bytes(Path::new("a.tif"), file(pages), limits)?.decode()?;
    assert_eq!(
        (photo.facts.width, photo.facts.height),
        photo.image.dimensions()
    );
    Ok(photo.image)
}

#[test]
fn samples_of_every_kind_become_rgb() {
    let check = |kind, samples: &[u8], expected: &[u8]| {
        let channels = samples.len() / 2;
        let page = Page::new(
            [2, 1],
            kind,
            u32::try_from(channels).unwrap(),
            samples.to_vec(),
        );
        // Chroma is as large as luma.
        let page = page.with(530, &[1, 1]);
        let image = decode(vec![page]).unwrap();
        assert_eq!(image.as_raw(), expected, "{kind} {channels}");
    };
    check(1, &[7, 9], &[7, 7, 7, 9, 9, 9]);
    check(0, &[7, 9], &[248, 248, 248, 246, 246, 246]);
    // With opacity.
    check(1, &[7, 0, 9, 0], &[7, 7, 7, 9, 9, 9]);
    check(RGB, &[1, 2, 3, 4, 5, 6], &[1, 2, 3, 4, 5, 6]);
    check(
        CMYK,
        &[0, 255, 0, 0, 0, 0, 0, 204],
        &[255, 0, 255, 51, 51, 51],
    );
    // White, and red of JPEG's colours.
    check(
        YCBCR,
        &[255, 128, 128, 76, 85, 255],
        &[255, 255, 255, 254, 0, 0],
    );
}

#[test]
fn rarer_samples_are_read_or_unsupported() {
    // Red, green and blue in planes of their own.
    let planes = Page::new([2, 1], RGB, 3, vec![1, 4, 2, 5, 3, 6]);
    let image = decode(vec![planes.with(284, &[2])]);
    // The strips of the second and third plane are missing.
    assert_eq!(image.unwrap_err().kind, FailureKind::Corrupt);
    let two_bits = Page::new([3, 1], 1, 1, vec![0b0001_1100]).with(258, &[2]);
    let image = decode(vec![two_bits]).unwrap();
    assert_eq!(image.as_raw(), &[0, 0, 0, 85, 85, 85, 255, 255, 255]);
    let deep = Page::new([1, 1], RGB, 3, vec![0, 255, 255, 255, 0, 128]).with(258, &[16]);
    assert_eq!(decode(vec![deep]).unwrap().as_raw(), &[254, 255, 128]);
    let palette = Page::new([1, 1], 3, 1, vec![0]);
    assert_eq!(
        decode(vec![palette]).unwrap_err().kind,
        FailureKind::Unsupported
    );
    let halved = Page::new([2, 2], YCBCR, 3, vec![0; 12]);
    assert_eq!(
        decode(vec![halved]).unwrap_err().kind,
        FailureKind::Unsupported
    );
}

#[test]
fn luma_has_the_weights_of_the_file() {
    let pixel = vec![100, 128, 228];
    let red = |weights: &[u32]| {
        let page = Page::new([1, 1], YCBCR, 3, pixel.clone()).with(530, &[1, 1]);
        decode(vec![page.with(529, weights)]).unwrap()[(0, 0)][0]
    };
    // 100 + 100 * (2 - 2 * weight).
    assert_eq!(red(&[299, 1000, 587, 1000, 114, 1000]), 240);
    assert_eq!(red(&[7, 10, 2, 10, 1, 10]), 160);
    assert_eq!(red(&[1, 0, 1, 0, 1, 0]), 240);
}

/// Two strips of one picture, as TIFF packs each for itself.
#[test]
fn jpegs_fill_their_strips_and_are_not_larger() {
    let jpeg = |height| {
        let image = RgbImage::from_pixel(16, height, Rgb([220, 20, 20]));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    };
    let page = |jpeg| Page::new([16, 8], YCBCR, 3, jpeg).with(259, &[7]);
    let image = decode(vec![page(jpeg(8))]).unwrap();
    let pixel = image[(9, 5)];
    assert!(pixel[0] > 210 && pixel[2] < 30, "{pixel:?}");
    let failure = decode(vec![page(jpeg(800))]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Corrupt);
    // A strip as high as the format allows for a picture of eight rows.
    let endless = page(jpeg(8)).with(278, &[u32::MAX]);
    let tall = Page::new([1600, 8], YCBCR, 3, large_jpeg()).with(259, &[7]);
    let tall = tall.with(278, &[u32::MAX]);
    assert!(decode(vec![endless]).is_ok());
    let failure = decode(vec![tall]).unwrap_err();
    assert!(
        failure.reason.contains("larger than the picture"),
        "{failure:?}"
    );
}

/// The beginning of a JPEG that claims 1600 x 60000 pixels.
fn large_jpeg() -> Vec<u8> {
    let image = RgbImage::new(1600, 8);
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let mut bytes = bytes.into_inner();
    let header = bytes
        .windows(2)
        .position(|marker| marker == [0xFF, 0xC0])
        .unwrap();
    bytes[header + 5..header + 7].copy_from_slice(&60000_u16.to_be_bytes());
    bytes
}

#[test]
fn tiles_may_reach_over_the_edge_but_not_far() {
    assert!(fits([1, 1], [256, 256]));
    assert!(fits([4032, 3024], [4032, 8]));
    assert!(fits([4032, 3024], [512, 512]));
    assert!(!fits([102_400, 1], [256, 16_384]));
    assert!(!fits([16, 16], [u32::MAX, u32::MAX]));
}

#[test]
fn of_several_pages_the_photo_is_shown() {
    let small = [4, 3];
    let large = [16, 12];
    let page = |size, red| Page::of_colour(size, [red, 50, 60], false);
    let empty = |size, red| Page::of_colour(size, [red, 50, 60], true);
    let check = |pages, size: [u32; 2], red: u8| {
        let image = decode(pages).unwrap();
        assert_eq!([image.width(), image.height()], size);
        // The last pixel is always of the page's colour.
        assert_eq!(image[(size[0] - 1, size[1] - 1)], Rgb([red, 50, 60]));
    };
    // An album.
    check(
        vec![page(large, 1), page(large, 2), page([17, 12], 3)],
        large,
        1,
    );
    // A thumbnail in front, with and without its flag; a mask; a page of lower resolution behind.
    check(vec![page(small, 1), page(large, 2)], large, 2);
    check(
        vec![page([14, 12], 1).with(254, &[1]), page(large, 2)],
        large,
        2,
    );
    check(
        vec![page(large, 1).with(255, &[2]), page(large, 2)],
        large,
        2,
    );
    check(
        vec![page(large, 1).with(254, &[4]), page(large, 2)],
        large,
        2,
    );
    check(
        vec![page(large, 1), page(small, 2).with(254, &[1])],
        large,
        1,
    );
    // Nothing but what calls itself small.
    check(vec![page(large, 1).with(254, &[1])], large, 1);
    // Empty pages in front; a page of another size does not stand for them.
    check(
        vec![empty(large, 1), empty(large, 2), page(large, 3)],
        large,
        3,
    );
    check(vec![empty(large, 1), page([15, 12], 2)], large, 1);
    check(vec![empty(large, 1), empty(large, 2)], large, 1);
}

#[test]
fn the_page_that_is_shown_is_turned_by_its_own_orientation() {
    let thumbnail = Page::of_colour([4, 3], [1, 2, 3], false);
    let photo = Page::of_colour([16, 12], [1, 2, 3], false).with(274, &[6]);
    let image = decode(vec![thumbnail, photo]).unwrap();
    assert_eq!(image.dimensions(), (12, 16));
}

#[test]
fn directories_that_lead_to_each_other_end() {
    let page = |red| Page::of_colour([16, 12], [red, 2, 3], true);
    let mut bytes = file(vec![page(1), page(2)]);
    let first: [u8; 4] = bytes[4..8].try_into().unwrap();
    let link = bytes.len() - 4;
    bytes[link..].copy_from_slice(&first);
    let limits = DecodeLimits::default();
    let file = PhotoFile::of_bytes(Path::new("a.tif"), bytes, limits).unwrap();
    assert_eq!(file.decode().unwrap().image.dimensions(), (16, 12));
}
