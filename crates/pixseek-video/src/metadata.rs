//! What a film's container says about its making: the time, the place, the camera, the title.
//!
//! `QuickTime` keeps it in `meta` with named keys, as Apple's and Android's cameras do, and older
//! files in `udta` with boxes of their own.

mod time;

use crate::boxes::{Boxes, Fields, child, descendant};
use crate::track::known;
use pixseek_record::{PhotoFacts, PhotoNotes, camera_name, place_words};

/// Characters of a camera's name.
const LONGEST_NAME: usize = 100;
const LONGEST_TITLE: usize = 200;
const LONGEST_CAPTION: usize = 1000;

/// The names and values of `meta`.
struct Tags<'a> {
    named: Vec<(&'a [u8], &'a [u8])>,
    udta: &'a [u8],
}

/// The clock of a movie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MovieClock {
    /// Units in a second; not 0.
    pub timescale: u32,
    /// The length in these units; 0 if it is not known.
    pub duration: u64,
    /// The time of its making in seconds since 1904, by UTC if the camera follows the standard.
    created: u64,
}

impl MovieClock {
    pub(crate) fn read(moov: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(child(moov, *b"mvhd")?);
        let (version, _) = fields.version()?;
        let created = fields.versioned(version)?;
        fields.versioned(version)?;
        let timescale = fields.u32().filter(|units| *units > 0)?;
        Some(Self {
            timescale,
            duration: known(version, fields.versioned(version)?),
            created,
        })
    }
}

/// Reads the facts of a film but for its size.
pub(crate) fn facts(moov: &[u8], clock: Option<&MovieClock>) -> PhotoFacts {
    let tags = Tags::read(moov);
    let taken = tags
        .text(&["com.apple.quicktime.creationdate"], &[b"\xa9day"])
        .and_then(|text| time::parse(&text))
        .or_else(|| time::since_1904(clock?.created));
    let place = tags
        .text(&["com.apple.quicktime.location.ISO6709"], &[b"\xa9xyz"])
        .and_then(|text| iso_6709(&text))
        .or_else(|| location(child(tags.udta, *b"loci")?))
        .filter(|(north, east)| *north != 0.0 || *east != 0.0);
    let name = |names: &[&str], boxes: &[&[u8; 4]]| {
        let text = tags.text(names, boxes)?;
        cleaned(&text, LONGEST_NAME)
    };
    let camera = camera_name(
        name(
            &["com.apple.quicktime.make", "com.android.manufacturer"],
            &[b"\xa9mak"],
        ),
        name(
            &["com.apple.quicktime.model", "com.android.model"],
            &[b"\xa9mod"],
        ),
    );
    let title = tags.text(&["com.apple.quicktime.title"], &[b"\xa9nam"]);
    let caption = tags.text(&["com.apple.quicktime.description"], &[b"\xa9des", b"desc"]);
    PhotoFacts {
        taken_seconds: taken.as_ref().map(|taken| taken.seconds),
        taken: taken.map(|taken| taken.iso),
        camera,
        place,
        place_words: place.map_or_else(String::new, |(north, east)| place_words(north, east)),
        notes: PhotoNotes {
            title: title.and_then(|text| cleaned(&text, LONGEST_TITLE)),
            caption: caption.and_then(|text| cleaned(&text, LONGEST_CAPTION)),
            ..PhotoNotes::default()
        },
        ..PhotoFacts::default()
    }
}

impl<'a> Tags<'a> {
    fn read(moov: &'a [u8]) -> Self {
        let udta = child(moov, *b"udta").unwrap_or_default();
        let metas = [child(moov, *b"meta"), child(udta, *b"meta")];
        let named = metas.into_iter().flatten().map(plain_meta);
        Self {
            named: named
                .flat_map(|meta| named_values(meta).collect::<Vec<_>>())
                .collect(),
            udta,
        }
    }

    /// Returns the first text that is not empty, by the names of `meta` and by the boxes of `udta`.
    fn text(&self, names: &[&str], boxes: &[&[u8; 4]]) -> Option<String> {
        let of_names = names.iter().map(|name| name.as_bytes());
        let of_boxes = boxes.iter().map(|kind| kind.as_slice());
        let new = of_names.chain(of_boxes).filter_map(|name| {
            let (_, value) = self.named.iter().find(|(known, _)| *known == name)?;
            Some(*value)
        });
        let old = boxes.iter().filter_map(|kind| {
            // The length of the text and the language come before it.
            let mut fields = Fields::new(child(self.udta, **kind)?);
            let length = usize::from(fields.u16()?);
            fields.skip(2)?;
            fields.bytes(length)
        });
        let mut texts = new.chain(old).map(String::from_utf8_lossy);
        texts
            .find(|text| !text.trim().is_empty())
            .map(std::borrow::Cow::into_owned)
    }
}

/// Skips the version that `meta` has in ISO files and not in `QuickTime` files.
fn plain_meta(meta: &[u8]) -> &[u8] {
    if meta.get(4..8) == Some(b"hdlr") {
        meta
    } else {
        meta.get(4..).unwrap_or_default()
    }
}

/// The values of a list by their names: the keys of `keys`, or the kinds of the boxes themselves.
fn named_values(meta: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let keys: Vec<&[u8]> = child(meta, *b"keys").map_or_else(Vec::new, |keys| {
        // A version, a count, and then boxes whose kind is a namespace.
        let boxes = Boxes::of(keys.get(8..).unwrap_or_default());
        boxes.map(|(_, name)| name).collect()
    });
    let list = child(meta, *b"ilst").unwrap_or_default();
    let content_at = move |at: usize| list.get(at..at + 4);
    let mut at = 0;
    Boxes::of(list).filter_map(move |(kind, item)| {
        let kind_at = at + 4;
        at += 8 + item.len();
        let number = u32::from_be_bytes(kind) as usize;
        let name = match number.checked_sub(1).and_then(|index| keys.get(index)) {
            Some(name) => name,
            None => content_at(kind_at)?,
        };
        // A type and a locale come before the value.
        let value = descendant(item, &[*b"data"])?.get(8..)?;
        Some((name, value))
    })
}

/// Reads `+48.1374+011.5755+519.000/`: degrees, or degrees and minutes, or seconds, too.
fn iso_6709(text: &str) -> Option<(f64, f64)> {
    let is_sign = |c: char| c == '+' || c == '-';
    let text = text.trim();
    let second = 1 + text.get(1..)?.find(is_sign)?;
    let (north, rest) = text.split_at(second);
    let end = rest.get(1..)?.find(|c: char| is_sign(c) || c == '/');
    let east = end.map_or(rest, |end| &rest[..=end]);
    on_earth(angle(north, 2)?, angle(east, 3)?)
}

/// Reads an angle whose degrees have some digits.
fn angle(text: &str, digits: usize) -> Option<f64> {
    let negative = match text.as_bytes().first()? {
        b'+' => false,
        b'-' => true,
        _ => return None,
    };
    let text = text.get(1..)?;
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        return None;
    }
    let whole = text.find('.').unwrap_or(text.len());
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<f64>().ok();
    let end = text.len();
    let degrees = if whole >= digits + 4 {
        part(0, digits)? + part(digits, digits + 2)? / 60.0 + part(digits + 2, end)? / 3600.0
    } else if whole >= digits + 2 {
        part(0, digits)? + part(digits, end)? / 60.0
    } else {
        part(0, end)?
    };
    Some(if negative { -degrees } else { degrees })
}

/// Reads the place of 3GPP files (TS 26.244): fixed-point degrees east before degrees north.
fn location(loci: &[u8]) -> Option<(f64, f64)> {
    let mut fields = Fields::new(loci);
    fields.skip(6)?;
    let name = fields.rest().iter().position(|byte| *byte == 0)?;
    // The name and its end, and the role of the place.
    fields.skip(name + 2)?;
    let degrees = |value: i32| f64::from(value) / 65_536.0;
    let east = degrees(fields.i32()?);
    on_earth(degrees(fields.i32()?), east)
}

fn on_earth(north: f64, east: f64) -> Option<(f64, f64)> {
    (north.abs() <= 90.0 && east.abs() <= 180.0).then_some((north, east))
}

/// Joins the words of a text into one line without control characters.
fn cleaned(text: &str, longest: usize) -> Option<String> {
    let is_gap = |c: char| c.is_whitespace() || c.is_control();
    let words: Vec<&str> = text.split(is_gap).filter(|word| !word.is_empty()).collect();
    let text: String = words.join(" ").chars().take(longest).collect();
    (!text.is_empty()).then_some(text)
}
