//! Which of a raw file's previews stands for the photo.

use super::source::Source;
use crate::{Failure, FailureKind};
use serde::{Deserialize, Serialize};

/// The shorter side that a preview should have: one and a half times the 512 pixels that the largest
/// models look at, which is what reduced JPEGs keep, too. It does not depend on the model in use,
/// because the preview is a part of the photo's identity.
const SHORT_SIDE: u16 = 768;

/// Previews whose headers are read at most.
const MOST_PREVIEWS: usize = 16;
/// Segments in front of a JPEG's frame to step over at most.
const MOST_SEGMENTS: usize = 64;

/// A part of the file that may be a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    pub at: u64,
    pub length: u64,
}

/// A JPEG in the file, by its frame's header.
#[derive(Debug, Clone, Copy)]
struct Preview {
    place: Place,
    width: u16,
    height: u16,
}

impl Preview {
    fn short_side(&self) -> u16 {
        self.width.min(self.height)
    }

    fn pixels(&self) -> u32 {
        u32::from(self.width) * u32::from(self.height)
    }
}

/// Chooses the smallest preview that a model can use without loss, else the largest: a thumbnail of
/// 160 x 120 pixels only if there is nothing else.
///
/// # Errors
///
/// When there is no preview, or when the file ends before its previews do.
pub(crate) fn choose(source: &Source<'_>, mut places: Vec<Place>) -> Result<Place, Failure> {
    places.sort_unstable();
    places.dedup_by_key(|place| place.at);
    let is_whole = |place: &Place| {
        let end = place.at.checked_add(place.length);
        end.is_some_and(|end| end <= source.size())
    };
    let previews = places.iter().copied().filter(is_whole);
    let previews = previews.filter_map(|place| preview(source, place));
    let previews: Vec<_> = previews.take(MOST_PREVIEWS).collect();
    let large = previews.iter().filter(|it| it.short_side() >= SHORT_SIDE);
    let chosen = large.min_by_key(|it| it.pixels());
    if let Some(chosen) = chosen.or_else(|| previews.iter().max_by_key(|it| it.pixels())) {
        return Ok(chosen.place);
    }
    if places.iter().all(is_whole) {
        let reason = "camera raw without a preview";
        return Err(Failure::new(FailureKind::Unsupported, reason));
    }
    let reason = "the file ends before its preview does";
    Err(Failure::new(FailureKind::Corrupt, reason))
}

/// Reads a JPEG's frame header. Returns `None` for what is no JPEG and for a lossless one, which is how
/// Canon and Adobe store sensor data.
fn preview(source: &Source<'_>, place: Place) -> Option<Preview> {
    let end = place.at.checked_add(place.length)?;
    if source.read(place.at, 2)? != *b"\xff\xd8" {
        return None;
    }
    let mut at = place.at + 2;
    for _ in 0..MOST_SEGMENTS {
        let segment = source.read(at, 9).filter(|_| at + 9 <= end)?;
        let number = |from: usize| u16::from_be_bytes([segment[from], segment[from + 1]]);
        if segment[0] != 0xff {
            return None;
        }
        match segment[1] {
            // Markers may have more than one 0xff in front.
            0xff => at += 1,
            // Baseline, extended and progressive frames with Huffman's code.
            0xc0..=0xc2 => {
                let (height, width) = (number(5), number(7));
                let has_pixels = width > 0 && height > 0;
                return has_pixels.then_some(Preview {
                    place,
                    width,
                    height,
                });
            }
            // Tables of codes, application segments and comments, quantisation, restart intervals.
            0xc4 | 0xdb | 0xdd | 0xe0..=0xfe => {
                at = at.checked_add(2 + u64::from(number(2)))?;
            }
            _ => return None,
        }
    }
    None
}
