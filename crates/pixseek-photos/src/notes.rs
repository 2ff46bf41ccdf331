//! The notes that people write into a photo: title, caption, keywords, rating.

mod iptc;
#[cfg(test)]
mod tests;
pub(crate) mod xmp;

pub(crate) use iptc::resource as image_resource;

use exif::{Exif, In, Tag, Value};
use pixseek_record::PhotoNotes;

/// The notes from all parts of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Collected {
    pub notes: PhotoNotes,
    /// Why a part of them was not read, as a message for people.
    pub unread: Option<String>,
    /// Whether the file is a motion photo.
    pub has_motion: bool,
}

/// The longest notes in characters; longer ones are cut.
const LONGEST_TITLE: usize = 200;
const LONGEST_CAPTION: usize = 1000;
const LONGEST_KEYWORD: usize = 100;
const MOST_KEYWORDS: usize = 100;

/// The tag of XMP in a TIFF.
const XMP_IN_TIFF: Tag = Tag(exif::Context::Tiff, 0x02bc);
/// Tags that Windows Explorer writes, as little-endian UTF-16.
const XP_TITLE: Tag = Tag(exif::Context::Tiff, 0x9c9b);
const XP_KEYWORDS: Tag = Tag(exif::Context::Tiff, 0x9c9e);
const XP_RATING: Tag = Tag(exif::Context::Tiff, 0x4746);

impl Collected {
    /// Collects title, caption and rating from the first of XMP, IPTC and EXIF that has them, and
    /// keywords from all three.
    pub(crate) fn collect(xmp: Option<&[u8]>, iptc: Option<&[u8]>, exif: Option<&Exif>) -> Self {
        let mut collected = Self::default();
        if let Some(packet) = xmp.or_else(|| bytes(exif?, XMP_IN_TIFF)) {
            xmp::read(packet, &mut collected);
        }
        if let Some(resources) = iptc {
            iptc::read(resources, &mut collected);
        }
        if let Some(exif) = exif {
            collected.add_exif(exif);
        }
        collected
    }

    fn add_exif(&mut self, exif: &Exif) {
        if let Some(title) = utf_16(exif, XP_TITLE) {
            self.add_title(&title);
        }
        for keyword in utf_16(exif, XP_KEYWORDS)
            .iter()
            .flat_map(|all| all.split(';'))
        {
            self.add_keyword(keyword);
        }
        let rating = exif.get_field(XP_RATING, In::PRIMARY);
        if let Some(rating) = rating.and_then(|field| field.value.get_uint(0)) {
            self.add_rating(f64::from(rating));
        }
    }

    fn add_title(&mut self, text: &str) {
        if self.notes.title.is_none() {
            self.notes.title = clean(text, LONGEST_TITLE);
        }
    }

    fn add_caption(&mut self, text: &str) {
        if self.notes.caption.is_none() {
            self.notes.caption = clean(text, LONGEST_CAPTION);
        }
    }

    fn add_keyword(&mut self, text: &str) {
        let Some(keyword) = clean(text, LONGEST_KEYWORD) else {
            return;
        };
        let folded = keyword.to_lowercase();
        let is_known = self
            .notes
            .keywords
            .iter()
            .any(|known| known.to_lowercase() == folded);
        if !is_known && self.notes.keywords.len() < MOST_KEYWORDS {
            self.notes.keywords.push(keyword);
        }
    }

    /// Adds a rating in stars; programs write 0 for a photo without a rating.
    fn add_rating(&mut self, stars: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "between -1 and 5")]
        let rating = (-1.0..=5.0).contains(&stars).then(|| stars.round() as i8);
        self.notes.rating = self.notes.rating.or(rating.filter(|rating| *rating != 0));
    }
}

/// Joins the words of a text into one line without control characters; `None` if it has no words.
fn clean(text: &str, longest: usize) -> Option<String> {
    let text: String = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let text: String = text.chars().take(longest).collect();
    (!text.is_empty()).then_some(text)
}

fn bytes(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Byte(bytes) | Value::Undefined(bytes, _) => Some(bytes),
        _ => None,
    }
}

fn utf_16(exif: &Exif, tag: Tag) -> Option<String> {
    let (units, _) = bytes(exif, tag)?.as_chunks();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    Some(String::from_utf16_lossy(&units))
}
