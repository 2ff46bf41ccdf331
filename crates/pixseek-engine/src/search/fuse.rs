//! Several rankings into one.
//!
//! Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): a hit counts with the sum
//! of 1 / (60 + rank) over the rankings that have it. 60 is theirs. A ranking by words counts
//! for each hit as far as the hit has the words: `WORDS` times the square of its coverage,
//! because a photo that has a name in full is what was asked for, and one that shares a word in
//! four is not. Both were chosen with `examples/fusion.rs`.

use pixseek_index::{RowId, WordMatch};
use std::collections::HashMap;

const K: f32 = 60.0;
/// A hit with all words and no other merit stands before the nearest photo without any.
const WORDS: f32 = 3.0;

/// Nearest photos whose rank is added to that of words, whatever is shown: so the first five
/// of fifteen are the first five of five.
pub(super) const DEPTH: usize = 256;

/// A row, and where the rankings have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fused {
    pub row: RowId,
    pub value: f32,
    /// From 1, and the cosine.
    pub vector: Option<(usize, f32)>,
    /// From 1, and the words' match.
    pub words: Option<(usize, WordMatch)>,
}

impl Fused {
    /// A row of no ranking.
    pub(super) fn unranked(row: RowId) -> Self {
        Self {
            row,
            value: 0.0,
            vector: None,
            words: None,
        }
    }
}

/// Best first; equal ones by row, so that an answer is the same every time.
pub(super) fn fuse(vectors: &[(RowId, f32)], words: &[WordMatch]) -> Vec<Fused> {
    let mut fused: HashMap<RowId, Fused> = HashMap::new();
    for (rank, (row, cosine)) in (1..).zip(vectors) {
        let entry = fused.entry(*row).or_insert_with(|| Fused::unranked(*row));
        if rank <= DEPTH {
            entry.value += reciprocal(rank);
        }
        entry.vector = Some((rank, *cosine));
    }
    // Equally good matches share a rank; the vectors decide between them.
    let mut rank = 0;
    let mut before = None;
    for (position, found) in (1..).zip(words) {
        let quality = (found.coverage, found.bm25);
        if before != Some(quality) {
            (rank, before) = (position, Some(quality));
        }
        let entry = fused
            .entry(found.row)
            .or_insert_with(|| Fused::unranked(found.row));
        entry.value += WORDS * found.coverage.powi(2) * reciprocal(rank);
        entry.words = Some((rank, *found));
    }
    // Behind that depth a photo counts with the one rank it has.
    for entry in fused.values_mut().filter(|entry| entry.words.is_none()) {
        if let Some((rank, _)) = entry.vector {
            entry.value = reciprocal(rank);
        }
    }
    let mut fused: Vec<Fused> = fused.into_values().collect();
    fused.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.row.cmp(&b.row)));
    fused
}

#[expect(clippy::cast_precision_loss, reason = "ranks are small")]
fn reciprocal(rank: usize) -> f32 {
    1.0 / (K + rank as f32)
}

#[cfg(test)]
mod tests {
    use super::fuse;
    use pixseek_index::{RowId, WordMatch};

    fn word(row: u32, coverage: f32, bm25: f32) -> WordMatch {
        WordMatch {
            row: RowId(row),
            bm25,
            coverage,
        }
    }

    fn check(vectors: &[u32], words: &[WordMatch], expected: &[u32]) {
        let vectors: Vec<_> = vectors.iter().map(|row| (RowId(*row), 0.5)).collect();
        let rows: Vec<u32> = fuse(&vectors, words).iter().map(|hit| hit.row.0).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn rankings_add_up() {
        check(&[3, 1, 2], &[], &[3, 1, 2]);
        // A full name goes first, a fourth of the words only helps.
        check(&[3, 1, 2], &[word(9, 1.0, 2.0)], &[9, 3, 1, 2]);
        check(&[3, 1, 2], &[word(2, 0.25, 2.0)], &[2, 3, 1]);
        check(&[3, 1], &[word(9, 0.25, 2.0)], &[3, 1, 9]);
        // Equal names are ordered by the vectors.
        check(
            &[3, 1, 2],
            &[word(1, 1.0, 2.0), word(3, 1.0, 2.0)],
            &[3, 1, 2],
        );
        check(&[], &[], &[]);
    }
}
