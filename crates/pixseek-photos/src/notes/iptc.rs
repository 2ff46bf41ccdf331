//! IPTC-IIM 4.2, in Photoshop's image resources.

use super::Collected;

/// The first bytes of each resource.
const SIGNATURE: &[u8] = b"8BIM";
/// The number of the resource that has IPTC.
const IPTC: u16 = 0x0404;
/// The first byte of each dataset.
const MARKER: u8 = 0x1c;
/// The number of the record with the editorial datasets.
const APPLICATION: u8 = 2;

/// Reads the notes of image resources, up to the first damaged one.
pub(super) fn read(mut resources: &[u8], notes: &mut Collected) {
    while let Some((id, data, rest)) = resource(resources) {
        if id == IPTC {
            datasets(data, notes);
        }
        resources = rest;
    }
}

/// Splits off a resource: signature, number, padded name, padded data.
pub(crate) fn resource(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let bytes = bytes.strip_prefix(SIGNATURE)?;
    let (id, bytes) = bytes.split_first_chunk()?;
    let name = 1 + usize::from(*bytes.first()?);
    let bytes = bytes.get(name.next_multiple_of(2)..)?;
    let (length, bytes) = bytes.split_first_chunk()?;
    let length = u32::from_be_bytes(*length) as usize;
    let data = bytes.get(..length)?;
    let rest = bytes.get(length.next_multiple_of(2)..).unwrap_or_default();
    Some((u16::from_be_bytes(*id), data, rest))
}

fn datasets(mut bytes: &[u8], notes: &mut Collected) {
    while let [MARKER, record, number, high, low, rest @ ..] = bytes {
        // Datasets of 32,768 bytes and more encode their length in another way; no text is that long.
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((value, rest)) = rest.split_at_checked(length) else {
            return;
        };
        if *record == APPLICATION {
            add(*number, &text(value), notes);
        }
        bytes = rest;
    }
}

fn add(number: u8, text: &str, notes: &mut Collected) {
    match number {
        // Object name, headline.
        5 | 105 => notes.add_title(text),
        120 => notes.add_caption(text),
        // Keywords, city, sub-location, state, country.
        25 | 90 | 92 | 95 | 101 => notes.add_keyword(text),
        _ => {}
    }
}

/// Decodes UTF-8, or Latin-1 if it is not valid UTF-8, because many programs do not name the encoding.
fn text(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.into(),
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    }
}
