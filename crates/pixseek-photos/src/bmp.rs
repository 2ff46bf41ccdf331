//! Repairs headers of BMPs that every viewer reads and `image` refuses.

use std::borrow::Cow;

/// Places in the file of fields of the header (`BITMAPINFOHEADER`).
const HEIGHT: usize = 22;
const PLANES: usize = 26;
const BITS: usize = 28;
const COMPRESSION: usize = 30;
const COLOURS: usize = 46;

/// Bytes of the largest file whose header is repaired, in a copy.
const LARGEST: usize = 128 << 20;

/// A BMP that can be decoded.
pub(crate) struct Repaired<'a> {
    pub bytes: Cow<'a, [u8]>,
    /// Whether its first row is the highest and `image` believes the contrary.
    pub is_upside_down: bool,
}

/// Puts right what does not matter: the number of planes is always 1, a palette of more colours than
/// there are numbers for has as many as there are numbers, and masks with one for opacity are masks.
/// Packed rows may begin at the top, too.
pub(crate) fn repaired(bytes: &[u8]) -> Repaired<'_> {
    let mut repaired = Repaired {
        bytes: Cow::Borrowed(bytes),
        is_upside_down: false,
    };
    let number = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let short = |at: usize| Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let (Some(height), Some(planes), Some(bits), Some(compression), Some(colours)) = (
        number(HEIGHT),
        short(PLANES),
        short(BITS),
        number(COMPRESSION),
        number(COLOURS),
    ) else {
        return repaired;
    };
    // The header of 12 bytes has other places. A larger file is not copied.
    if number(14).is_none_or(|header| header < 40) || bytes.len() > LARGEST {
        return repaired;
    }
    let mut put = |at: usize, value: &[u8]| {
        repaired.bytes.to_mut()[at..at + value.len()].copy_from_slice(value);
    };
    if planes != 1 {
        put(PLANES, &[1, 0]);
    }
    if bits <= 8 && colours > 1 << bits {
        put(COLOURS, &[0; 4]);
    }
    if compression == 6 {
        put(COMPRESSION, &[3, 0, 0, 0]);
    }
    let height = height.cast_signed();
    if matches!(compression, 1 | 2) && height < 0 {
        put(HEIGHT, &height.unsigned_abs().to_le_bytes());
        repaired.is_upside_down = true;
    }
    repaired
}

#[cfg(test)]
mod tests {
    use super::repaired;
    use crate::{DecodeLimits, PhotoFile};
    use image::{ImageFormat, Rgb, RgbImage};
    use std::io::Cursor;
    use std::path::Path;

    fn decoded(bytes: &[u8]) -> RgbImage {
        let limits = DecodeLimits::default();
        let file = PhotoFile::of_bytes(Path::new("a.bmp"), bytes.to_vec(), limits).unwrap();
        file.decode().unwrap().image
    }

    /// A file of three rows of eight bits, each of one colour, packed or not.
    fn three_rows(compression: u8, height: i32) -> Vec<u8> {
        let pixels: &[u8] = if compression == 1 {
            &[4, 0, 0, 0, 4, 1, 0, 0, 4, 2, 0, 1]
        } else {
            &[0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
        };
        let mut file = b"BM\0\0\0\0\0\0\0\0".to_vec();
        file.extend(1078_u32.to_le_bytes());
        file.extend([40, 0, 0, 0, 4, 0, 0, 0]);
        file.extend(height.to_le_bytes());
        file.extend([1, 0, 8, 0, compression, 0, 0, 0]);
        file.extend([0; 20]);
        file.extend((0..=255).flat_map(|grey: u8| [grey.wrapping_mul(9), 0, 0, 0]));
        file.extend(pixels);
        file
    }

    #[test]
    fn headers_with_mistakes_that_do_not_matter_are_repaired() {
        let sound = three_rows(0, 3);
        assert!(matches!(
            repaired(&sound).bytes,
            std::borrow::Cow::Borrowed(_)
        ));
        let whole = decoded(&sound);
        let with = |at: usize, value: &[u8]| {
            let mut bytes = sound.clone();
            bytes[at..at + value.len()].copy_from_slice(value);
            decoded(&bytes)
        };
        assert_eq!(with(26, &[0, 0]), whole);
        assert_eq!(with(26, &[30, 75]), whole);
        assert_eq!(with(46, &[44, 1, 0, 0]), whole);
    }

    #[test]
    fn packed_rows_may_begin_at_the_top() {
        let rows = |bytes: &[u8]| {
            let image = decoded(bytes);
            [0, 1, 2].map(|y| image.get_pixel(0, y)[2])
        };
        assert_eq!(rows(&three_rows(1, 3)), [18, 9, 0]);
        assert_eq!(rows(&three_rows(1, -3)), [0, 9, 18]);
        assert_eq!(rows(&three_rows(0, -3)), [0, 9, 18]);
    }

    /// Masks for four channels, as Windows CE writes them.
    #[test]
    fn masks_with_opacity_are_masks() {
        let image = RgbImage::from_pixel(2, 1, Rgb([1, 2, 3]));
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Bmp).unwrap();
        let mut file = bytes.into_inner()[..54].to_vec();
        file[10..14].copy_from_slice(&70_u32.to_le_bytes());
        file[28..30].copy_from_slice(&[32, 0]);
        file[30..34].copy_from_slice(&[6, 0, 0, 0]);
        for mask in [0xFF, 0xFF00, 0x00FF_0000, 0xFF00_0000_u32] {
            file.extend(mask.to_le_bytes());
        }
        file.extend([1, 2, 3, 255].repeat(2));
        assert_eq!(decoded(&file).as_raw(), &[1, 2, 3, 1, 2, 3]);
    }
}
