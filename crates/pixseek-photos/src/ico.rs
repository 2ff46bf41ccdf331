//! Takes the largest picture out of a Windows icon, as a PNG or BMP of its own.
//!
//! `image` reads icons too, and refuses many that Windows shows: PNGs without opacity, lengths that are
//! wrong, masks that are cut off. Opacity is left out of photos, so that the mask does not matter here.

use crate::Failure;
use crate::decoder::corrupt;
use image::ImageFormat;
use std::borrow::Cow;

/// Bytes of the file's header.
const HEADER: usize = 6;
/// Bytes of an entry of its table.
const ENTRY: usize = 16;
/// Bytes in front of the header of a bitmap that is a file.
const FILE_HEADER: u32 = 14;
/// Bytes of a bitmap's header, and the least that there may be.
const INFO_HEADER: u32 = 40;
/// The compression of pixels whose channels are described by masks.
const BIT_FIELDS: u32 = 3;
/// Bytes of a picture that are looked at: sixteen times those of 512 x 512 pixels.
const LONGEST: usize = 16 << 20;

/// The picture with the most pixels, and of those the one with the most colours.
///
/// # Errors
///
/// When the table or the picture's header is damaged.
pub(crate) fn largest(bytes: &[u8]) -> Result<(ImageFormat, Cow<'_, [u8]>), Failure> {
    let count = number(bytes, 4, 2).ok_or_else(cut_off)? as usize;
    let entries = bytes.get(HEADER..).unwrap_or_default().chunks_exact(ENTRY);
    // A side of 256 is written as 0.
    let side = |side: u8| u32::from(side.wrapping_sub(1)) + 1;
    let best = entries.take(count).max_by_key(|entry| {
        let pixels = side(entry[0]) * side(entry[1]);
        (pixels, number(entry, 6, 2))
    });
    let best = best.ok_or_else(|| corrupt("no picture in it"))?;
    let place = number(best, 12, 4).ok_or_else(cut_off)?;
    // To the end of the file, because lengths are often wrong.
    let picture = usize::try_from(place).ok();
    let picture = picture.and_then(|place| bytes.get(place..));
    let picture = picture.ok_or_else(cut_off)?;
    let picture = &picture[..picture.len().min(LONGEST)];
    if picture.starts_with(b"\x89PNG") {
        return Ok((ImageFormat::Png, Cow::Borrowed(picture)));
    }
    let bitmap = bitmap(picture).ok_or_else(|| corrupt("a bitmap in it has no header"))?;
    Ok((ImageFormat::Bmp, Cow::Owned(bitmap)))
}

/// Makes a file of a bitmap without a file's header, whose height counts the mask, too.
fn bitmap(picture: &[u8]) -> Option<Vec<u8>> {
    let header = number(picture, 0, 4).filter(|length| *length >= INFO_HEADER)?;
    let height = number(picture, 8, 4)? / 2;
    let bits = number(picture, 14, 2)?;
    let colours = match number(picture, 32, 4)? {
        _ if bits > 8 => 0,
        0 => 1 << bits,
        colours => colours.min(1 << bits),
    };
    let masks = if number(picture, 16, 4)? == BIT_FIELDS && header == INFO_HEADER {
        3
    } else {
        0
    };
    let tables = (colours + masks) * 4;
    let pixels = FILE_HEADER.checked_add(header)?.checked_add(tables)?;
    let mut file = b"BM\0\0\0\0\0\0\0\0".to_vec();
    file.extend(pixels.to_le_bytes());
    let start = file.len();
    file.extend(picture);
    let written = file.get_mut(start + 8..start + 12)?;
    written.copy_from_slice(&height.to_le_bytes());
    Some(file)
}

/// A number of 2 or 4 bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let mut number = [0; 4];
    number[..length].copy_from_slice(bytes.get(at..at + length)?);
    Some(u32::from_le_bytes(number))
}

fn cut_off() -> Failure {
    corrupt("it is cut off")
}

#[cfg(test)]
mod tests {
    use crate::{DecodeLimits, Failure, PhotoFile};
    use image::{DynamicImage, ImageFormat, RgbImage};
    use std::io::Cursor;
    use std::path::Path;

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn picture(width: u32, red: u8) -> DynamicImage {
        let image = RgbImage::from_fn(width, 8, |x, _| image::Rgb([red, u8::from(x > 0), 9]));
        DynamicImage::ImageRgb8(image)
    }

    /// A bitmap as icons have it: without a file's header, and with the height of a mask that may follow.
    fn bitmap(image: &DynamicImage) -> Vec<u8> {
        let mut bytes = encoded(image, ImageFormat::Bmp).split_off(14);
        bytes[8] *= 2;
        bytes
    }

    /// An icon of these pictures, whose table has a wrong length and too many bits for each.
    fn icon(pictures: &[(u8, Vec<u8>)]) -> Vec<u8> {
        let mut file = vec![0, 0, 1, 0, u8::try_from(pictures.len()).unwrap(), 0];
        let mut place = file.len() + pictures.len() * 16;
        for (width, bytes) in pictures {
            file.extend([*width, 8, 0, 0, 1, 0, 44, 1, 7, 0, 0, 0]);
            file.extend(u32::try_from(place).unwrap().to_le_bytes());
            place += bytes.len();
        }
        file.extend(pictures.iter().flat_map(|(_, bytes)| bytes));
        file
    }

    fn decode(bytes: Vec<u8>) -> Result<RgbImage, Failure> {
        let limits = DecodeLimits::default();
        let file = PhotoFile::of_bytes(Path::new("a.ico"), bytes, limits)?;
        file.decode().map(|photo| photo.image)
    }

    #[test]
    fn the_largest_picture_is_shown_whatever_packs_it() {
        let (small, large) = (picture(8, 1), picture(16, 2));
        let png = |image| encoded(image, ImageFormat::Png);
        let check = |pictures: &[(u8, Vec<u8>)]| {
            assert_eq!(decode(icon(pictures)).unwrap(), large.to_rgb8());
        };
        check(&[(8, png(&small)), (16, png(&large))]);
        check(&[(16, bitmap(&large)), (8, bitmap(&small))]);
        // The mask is cut off.
        let mut masked = bitmap(&large);
        masked.extend([255; 3]);
        check(&[(8, png(&small)), (16, masked)]);
        let grey = DynamicImage::ImageLuma8(large.to_luma8());
        let shown = decode(icon(&[(16, png(&grey))])).unwrap();
        assert_eq!(shown, grey.to_rgb8());
    }

    #[test]
    fn a_palette_lies_between_header_and_pixels() {
        for written in [0_u8, 2] {
            let mut bytes = [40, 8, 16, 0]
                .map(|number: u32| number.to_le_bytes())
                .concat();
            bytes[12..].copy_from_slice(&[1, 0, 1, 0]);
            bytes.extend([0; 16]);
            bytes.extend([written, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend([3, 2, 1, 0, 6, 5, 4, 0]);
            bytes.extend([0x0F, 0, 0, 0].repeat(8));
            let shown = decode(icon(&[(8, bytes)])).unwrap();
            assert_eq!(shown.dimensions(), (8, 8));
            assert_eq!((shown[(0, 0)].0, shown[(7, 7)].0), ([1, 2, 3], [4, 5, 6]));
        }
    }

    #[test]
    fn damaged_icons_are_failures() {
        let whole = icon(&[(8, bitmap(&picture(8, 1)))]);
        for cut in [5, 6, 21, 22, 40, 70] {
            assert!(decode(whole[..cut].to_vec()).is_err(), "{cut}");
        }
        let mut far = whole;
        far[18..22].copy_from_slice(&[255; 4]);
        assert!(decode(far).is_err());
        let grey = DynamicImage::ImageLuma8(picture(8, 1).to_luma8());
        let mut long = bitmap(&grey);
        long[..4].copy_from_slice(&0xFFFF_FFF0_u32.to_le_bytes());
        let failure = decode(icon(&[(8, long)])).unwrap_err();
        assert_eq!(failure.reason, "a bitmap in it has no header");
    }
}
