//! The last step: near-duplicates and bursts stand behind one hit.
//!
//! Vectors alone do not tell edits of one picture from pictures that are alike: with the embedded
//! model, 63 of 100 photos of captioned1k have another photo within a cosine of 0.95, while a
//! quarter-size copy may be at 0.87 (the experiment `alike`). Difference hashes tell them apart, and
//! vectors keep chance hits of hashes out.

#[cfg(test)]
mod tests;

use super::find::{Folding, Found};
use super::score::Candidate;
use crate::prompts::dot;
use pixseek_index::PhotoRecord;

/// Near-duplicates are looked for among so many hits.
pub(super) const FOLD_DEPTH: usize = 128;
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

/// A hit on its way to a page, and its photo's vector.
pub(super) struct Unfolded {
    pub hit: Found,
    vector: Option<Vec<f32>>,
}

/// A row's paths as hits: one with its copies behind it, or each.
pub(super) fn unfolded(
    candidate: &Candidate,
    paths: Vec<(Vec<u8>, PhotoRecord)>,
    vector: Option<&Vec<f32>>,
    folding: Folding,
) -> Vec<Unfolded> {
    let mut hits: Vec<Unfolded> = Vec::new();
    for (path, record) in paths {
        match hits.first_mut() {
            Some(Unfolded { hit: first, .. }) if folding == Folding::Near => {
                // A copy's facts may lack what was seen when the first one was decoded.
                let hash = &mut first.record.facts.difference_hash;
                *hash = hash.or(record.facts.difference_hash);
                first.folded.push(path);
            }
            _ => hits.push(Unfolded {
                hit: Found {
                    path,
                    record,
                    score: candidate.standing.score.map(|score| 100.0 * score),
                    cosine: candidate.cosine,
                    coverage: candidate.coverage,
                    folded: Vec::new(),
                },
                vector: vector.cloned(),
            }),
        }
    }
    hits
}

/// Hits that are near to an earlier one go behind it; then the page is cut off.
pub(super) fn fold(hits: Vec<Unfolded>, limit: usize, folding: Folding) -> Vec<Found> {
    let mut kept: Vec<Unfolded> = Vec::new();
    for (position, next) in hits.into_iter().enumerate() {
        let near = if folding == Folding::Near && position < FOLD_DEPTH {
            kept.iter_mut().find(|earlier| is_near(earlier, &next))
        } else {
            None
        };
        match near {
            Some(earlier) => {
                earlier.hit.folded.push(next.hit.path);
                earlier.hit.folded.extend(next.hit.folded);
            }
            None => kept.push(next),
        }
    }
    kept.truncate(limit);
    kept.into_iter().map(|kept| kept.hit).collect()
}

/// Whether a hit is to stand behind an earlier one. Vectors are unit vectors.
fn is_near(a: &Unfolded, b: &Unfolded) -> bool {
    let (Some(a_vector), Some(b_vector)) = (&a.vector, &b.vector) else {
        return false;
    };
    let cosine = dot(a_vector, b_vector);
    let (a, b) = (&a.hit.record, &b.hit.record);
    is_same(cosine, a, b) || (cosine >= BURST && is_burst(a, b))
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
