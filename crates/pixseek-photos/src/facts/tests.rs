use super::{camera, facts_of, moment, orientation};
use exif::DateTime;

/// An EXIF block with ASCII fields in the first directory.
fn exif(fields: &[(u16, &str)]) -> exif::Exif {
    let mut block = b"II*\0\x08\0\0\0".to_vec();
    block.extend(u16::try_from(fields.len()).unwrap().to_le_bytes());
    let mut values = Vec::new();
    let values_at = 8 + 2 + 12 * fields.len() + 4;
    for (tag, text) in fields {
        let text = [text.as_bytes(), b"\0\0\0\0\0"].concat();
        block.extend(tag.to_le_bytes());
        block.extend(2_u16.to_le_bytes());
        block.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        block.extend(
            u32::try_from(values_at + values.len())
                .unwrap()
                .to_le_bytes(),
        );
        values.extend(text);
    }
    block.extend([0; 4]);
    block.extend(values);
    exif::Reader::new().read_raw(block).unwrap()
}

const MAKE: u16 = 0x10f;
const MODEL: u16 = 0x110;
const DATE_TIME: u16 = 0x132;

#[test]
fn the_maker_is_not_said_twice() {
    let check = |maker, model, expected| {
        assert_eq!(
            camera(&exif(&[(MAKE, maker), (MODEL, model)])).as_deref(),
            expected
        );
    };
    check("Canon", "Canon EOS 40D", Some("Canon EOS 40D"));
    check("NIKON CORPORATION", "NIKON D70", Some("NIKON D70"));
    check("FUJIFILM  ", "X100", Some("FUJIFILM X100"));
    check("", "X100", Some("X100"));
    check("Sony\u{7}", "", Some("Sony"));
    check("", "", None);
}

#[test]
fn moments_are_iso_with_their_offset() {
    let check = |text: &str, offset: Option<&str>, expected: Option<&str>| {
        let iso = DateTime::from_ascii(text.as_bytes())
            .ok()
            .and_then(|mut clock| {
                if let Some(offset) = offset {
                    let _ = clock.parse_offset(offset.as_bytes());
                }
                moment(&clock).map(|taken| taken.iso)
            });
        assert_eq!(iso.as_deref(), expected, "{text}");
    };
    check("2019:06:01 12:30:45", None, Some("2019-06-01T12:30:45"));
    check(
        "2019:06:01 12:30:45",
        Some("+05:30"),
        Some("2019-06-01T12:30:45+05:30"),
    );
    check(
        "2019:06:01 12:30:45",
        Some("-03:00"),
        Some("2019-06-01T12:30:45-03:00"),
    );
    check("2019:02:30 12:30:45", None, None);
    check("0000:00:00 00:00:00", None, None);
    check("    :  :     :  :  ", None, None);
}

#[test]
fn time_falls_back_to_the_last_change() {
    let exif = exif(&[(DATE_TIME, "2001:02:03 04:05:06")]);
    let facts = facts_of(&exif);
    assert_eq!(facts.taken.as_deref(), Some("2001-02-03T04:05:06"));
    assert_eq!(facts.taken_seconds, Some(981_173_106));
    assert_eq!(orientation(&exif), 1);
}

/// An EXIF block with a place, as degrees, minutes and seconds in both directions.
fn exif_at(north: [u32; 3], east: [u32; 3]) -> exif::Exif {
    const GPS: u16 = 0x8825;
    const GPS_AT: u32 = 8 + 2 + 12 + 4;
    const VALUES_AT: u32 = GPS_AT + 2 + 4 * 12 + 4;
    /// Three rationals.
    const VALUE_BYTES: u32 = 24;
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let mut entry = tag.to_le_bytes().to_vec();
        entry.extend(kind.to_le_bytes());
        entry.extend(count.to_le_bytes());
        entry.extend(value);
        entry
    };
    let (ascii, long, rational) = (2, 4, 5);
    let mut block = b"II*\0\x08\0\0\0\x01\0".to_vec();
    block.extend(entry(GPS, long, 1, GPS_AT.to_le_bytes()));
    block.extend([0; 4]);
    block.extend(4_u16.to_le_bytes());
    block.extend(entry(1, ascii, 2, *b"N\0\0\0"));
    block.extend(entry(2, rational, 3, VALUES_AT.to_le_bytes()));
    block.extend(entry(3, ascii, 2, *b"E\0\0\0"));
    block.extend(entry(
        4,
        rational,
        3,
        (VALUES_AT + VALUE_BYTES).to_le_bytes(),
    ));
    block.extend([0; 4]);
    for number in north.into_iter().chain(east) {
        block.extend(number.to_le_bytes());
        block.extend(1_u32.to_le_bytes());
    }
    exif::Reader::new().read_raw(block).unwrap()
}

#[test]
fn places_come_with_their_words() {
    let facts = facts_of(&exif_at([45, 26, 24], [12, 19, 48]));
    assert_eq!(facts.place, Some((45.44, 12.33)));
    assert_eq!(facts.place_words, "Venice Italy");
    // What cameras write that do not know.
    let facts = facts_of(&exif_at([0; 3], [0; 3]));
    assert_eq!((facts.place, facts.place_words.as_str()), (None, ""));
}

/// An EXIF block with numbers of 16 or 32 bits among the facts of the exposure.
fn exif_with(numbers: &[(u16, u16, u32)]) -> exif::Exif {
    const EXPOSURE: u16 = 0x8769;
    const EXPOSURE_AT: u32 = 8 + 2 + 12 + 4;
    let entry = |(tag, kind, value): (u16, u16, u32)| {
        let (tag, kind) = (tag.to_le_bytes(), kind.to_le_bytes());
        [&tag[..], &kind, &[1, 0, 0, 0], &value.to_le_bytes()].concat()
    };
    let mut block = b"II*\0\x08\0\0\0\x01\0".to_vec();
    block.extend(entry((EXPOSURE, LONG, EXPOSURE_AT)));
    block.extend([0; 4]);
    block.extend(u16::try_from(numbers.len()).unwrap().to_le_bytes());
    for number in numbers {
        block.extend(entry(*number));
    }
    block.extend([0; 4]);
    exif::Reader::new().read_raw(block).unwrap()
}

const SHORT: u16 = 3;
const LONG: u16 = 4;

#[test]
fn the_iso_speed_may_have_more_than_16_bits() {
    const SENSITIVITY: u16 = 0x8827;
    const RECOMMENDED: u16 = 0x8832;
    const SPEED: u16 = 0x8833;
    let check = |numbers: &[(u16, u16, u32)], expected: Option<u32>| {
        assert_eq!(facts_of(&exif_with(numbers)).iso, expected, "{numbers:?}");
    };
    check(&[(SENSITIVITY, SHORT, 400)], Some(400));
    check(&[(SENSITIVITY, SHORT, 0)], None);
    check(&[], None);
    check(&[(SENSITIVITY, SHORT, 65_535)], Some(65_535));
    for tag in [RECOMMENDED, SPEED] {
        let numbers = [(SENSITIVITY, SHORT, 65_535), (tag, LONG, 102_400)];
        check(&numbers, Some(102_400));
    }
    let both = [(SENSITIVITY, SHORT, 200), (RECOMMENDED, LONG, 100)];
    check(&both, Some(200));
}
