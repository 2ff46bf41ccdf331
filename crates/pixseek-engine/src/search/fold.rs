//! Near-duplicates and bursts stand behind one hit.

use crate::prompts::dot;
use pixseek_index::PhotoRecord;

/// Cosine of two pictures that are one: sizes, qualities and slight edits of it. With the
/// embedded model over 60 of 2,202 photos, a half-size JPEG of quality 60 is above it in 80 %,
/// a crop to 90 % in 58 %, and no other photo: the nearest of those has 0.90.
pub(crate) const SAME: f32 = 0.95;
/// Pictures of one camera within this many seconds are one when they are this near.
const BURST_SECONDS: i64 = 5;
const BURST: f32 = 0.88;

/// Whether a hit is to stand behind an earlier one. Vectors are unit vectors.
pub(super) fn is_near(a: (&[f32], &PhotoRecord), b: (&[f32], &PhotoRecord)) -> bool {
    let cosine = dot(a.0, b.0);
    cosine >= SAME || (cosine >= BURST && is_burst(a.1, b.1))
}

fn is_burst(a: &PhotoRecord, b: &PhotoRecord) -> bool {
    let times = a.facts.taken_seconds.zip(b.facts.taken_seconds);
    a.facts.camera == b.facts.camera
        && times.is_some_and(|(a, b)| a.abs_diff(b) <= BURST_SECONDS.unsigned_abs())
}
