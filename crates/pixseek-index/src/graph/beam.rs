//! Searching a graph while it is built.

use super::links::Links;
use super::pairs::Pairs;

/// A row with its distance. The order is nearest first, and by row for equal distances, so that
/// every run returns the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate(u64);

impl Candidate {
    const EXPANDED: u64 = 1;

    /// The bits of distances, which are not negative, have the order of the distances. A row number
    /// has at most 27 bits.
    pub(super) fn new(row: u32, distance: f32) -> Self {
        Self(u64::from(distance.to_bits()) << 32 | u64::from(row) << 1)
    }

    #[expect(clippy::cast_possible_truncation, reason = "takes the lower half")]
    pub(super) fn row(self) -> u32 {
        self.0 as u32 >> 1
    }

    pub(super) fn distance(self) -> f32 {
        f32::from_bits((self.0 >> 32) as u32)
    }

    fn is_expanded(self) -> bool {
        self.0 & Self::EXPANDED != 0
    }
}

/// What a search keeps between queries, so that it does not allocate.
pub(super) struct Scratch {
    /// One bit for each row.
    visited: Vec<u64>,
    /// The rows whose bits are set.
    seen: Vec<u32>,
    fresh: Vec<u32>,
}

impl Scratch {
    pub(super) fn new(rows: u32) -> Self {
        Self {
            visited: vec![0; (rows as usize).div_ceil(64)],
            seen: Vec::new(),
            fresh: Vec::new(),
        }
    }

    /// Whether the search has not visited the row before.
    #[inline]
    fn visit(&mut self, row: u32) -> bool {
        let (word, bit) = (&mut self.visited[row as usize / 64], 1 << (row % 64));
        let is_new = *word & bit == 0;
        if is_new {
            *word |= bit;
            self.seen.push(row);
        }
        is_new
    }

    fn clear(&mut self) {
        for row in self.seen.drain(..) {
            self.visited[row as usize / 64] = 0;
        }
    }
}

/// Searches for the nearest points to a row, in a graph that may not have the row yet.
#[derive(Clone, Copy)]
pub(super) struct Beam<'a> {
    pub pairs: &'a Pairs,
    pub links: &'a Links,
    pub query: u32,
}

impl Beam<'_> {
    fn candidate(self, row: u32) -> Candidate {
        Candidate::new(row, self.pairs.distance(self.query, row))
    }

    /// The nearest point that a greedy walk from `from` finds in a layer.
    pub(super) fn descend(self, layer: usize, from: Candidate) -> Candidate {
        let mut nearest = from;
        loop {
            let before = nearest;
            for row in self.links.of(layer, before.row()) {
                self.pairs.prefetch(row);
            }
            for row in self.links.of(layer, before.row()) {
                nearest = nearest.min(self.candidate(row));
            }
            if nearest == before {
                return nearest;
            }
        }
    }

    /// Replaces `found`, from which the search starts, by the `width` nearest points that it finds
    /// in a layer, nearest first (algorithm 2 of Malkov & Yashunin). One sorted array is both of the
    /// paper's heaps, because a point that is not among the nearest `width` is never expanded.
    pub(super) fn search(
        self,
        layer: usize,
        width: usize,
        found: &mut Vec<Candidate>,
        scratch: &mut Scratch,
    ) {
        for candidate in &mut *found {
            candidate.0 &= !Candidate::EXPANDED;
            scratch.visit(candidate.row());
        }
        let mut fresh = std::mem::take(&mut scratch.fresh);
        let mut at = 0;
        while let Some(candidate) = found.get_mut(at) {
            if candidate.is_expanded() {
                at += 1;
                continue;
            }
            candidate.0 |= Candidate::EXPANDED;
            fresh.clear();
            for row in self.links.of(layer, candidate.row()) {
                if scratch.visit(row) {
                    self.pairs.prefetch(row);
                    fresh.push(row);
                }
            }
            if let Some(next) = found.get(at + 1) {
                self.links.prefetch(next.row());
            }
            for row in &fresh {
                let candidate = self.candidate(*row);
                if found.len() == width {
                    if found.last().is_some_and(|worst| candidate >= *worst) {
                        continue;
                    }
                    found.pop();
                }
                let place = found.partition_point(|other| *other < candidate);
                found.insert(place, candidate);
                at = at.min(place);
            }
        }
        scratch.fresh = fresh;
        scratch.clear();
    }
}
