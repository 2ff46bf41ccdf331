//! Near-duplicates and bursts stand behind one hit.
//!
//! Vectors alone do not tell edits of one picture from pictures that are alike: with the embedded
//! model, 63 of 100 photos of captioned1k have another photo within a cosine of 0.95, while a
//! quarter-size copy may be at 0.87 (`examples/alike.rs`). Difference hashes tell them apart, and
//! vectors keep chance hits of hashes out.

#[cfg(test)]
mod tests;

use crate::prompts::dot;
use pixseek_index::PhotoRecord;

/// Cosine of pictures that may be one.
const ALIKE: f32 = 0.80;
/// Bits of 128 in which their difference hashes may differ: sizes and edits change at most 23, the
/// nearest of 62,000 pairs of different photos have 30.
const SAME_BITS: u32 = 26;
/// A crop to 90 % keeps the vector within this cosine and changes up to so many bits.
const CROPPED: (f32, u32) = (0.96, 34);
/// Cosine of pictures that are one, where a difference hash is not known.
const SAME: f32 = 0.985;
/// Pictures of one camera within this many seconds are one when they are this near.
const BURST_SECONDS: i64 = 5;
const BURST: f32 = 0.88;

/// Whether a hit is to stand behind an earlier one. Vectors are unit vectors.
pub(super) fn is_near(a: (&[f32], &PhotoRecord), b: (&[f32], &PhotoRecord)) -> bool {
    let cosine = dot(a.0, b.0);
    is_same(cosine, a.1, b.1) || (cosine >= BURST && is_burst(a.1, b.1))
}

/// Whether two photos are one picture: sizes, qualities and edits of it.
pub(super) fn is_same(cosine: f32, a: &PhotoRecord, b: &PhotoRecord) -> bool {
    let hashes = a.facts.difference_hash.zip(b.facts.difference_hash);
    let Some((a, b)) = hashes else {
        return cosine >= SAME;
    };
    let bits = (a ^ b).count_ones();
    let (cropped, cropped_bits) = CROPPED;
    cosine >= ALIKE && bits <= SAME_BITS || cosine >= cropped && bits <= cropped_bits
}

fn is_burst(a: &PhotoRecord, b: &PhotoRecord) -> bool {
    let times = a.facts.taken_seconds.zip(b.facts.taken_seconds);
    a.facts.camera == b.facts.camera
        && times.is_some_and(|(a, b)| a.abs_diff(b) <= BURST_SECONDS.unsigned_abs())
}
