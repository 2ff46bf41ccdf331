//! Sets of rows: those that have a photo, those that pass a filter.
//!
//! One bit a row. `MANIFEST` keeps the rows that have a photo as text: the lengths of the runs
//! of rows outside and inside the set, in turn, beginning outside. A library without a removed
//! photo is two numbers.

use crate::RowId;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Rows that an index has at most: a graph over them, with up to 32 links a row, still counts its
/// links in 32 bits.
pub(crate) const MOST_ROWS: u32 = 1 << 27;

/// Which rows may answer a search. A row without a photo never does, whatever is asked for.
#[derive(Debug, Clone, Copy)]
pub enum RowFilter<'a> {
    /// Every row that has a photo.
    All,
    /// Those of them that are in this set.
    Among(&'a RowSet),
}

/// A set of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RowSet {
    words: Vec<u64>,
    count: usize,
}

impl RowSet {
    /// Whether a row is in it.
    #[must_use]
    #[inline]
    pub fn has(&self, row: RowId) -> bool {
        let word = self.words.get(row.0 as usize / 64);
        word.is_some_and(|word| word >> (row.0 % 64) & 1 == 1)
    }

    /// Puts a row in.
    pub fn insert(&mut self, row: RowId) {
        let at = row.0 as usize / 64;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        let bit = 1 << (row.0 % 64);
        self.count += usize::from(self.words[at] & bit == 0);
        self.words[at] |= bit;
    }

    /// All rows below `end`.
    pub(crate) fn below(end: u32) -> Self {
        let mut words = vec![u64::MAX; end as usize / 64];
        if !end.is_multiple_of(64) {
            words.push((1 << (end % 64)) - 1);
        }
        Self {
            words,
            count: end as usize,
        }
    }

    /// Keeps what `other` has too.
    pub(crate) fn intersect(&mut self, other: &Self) {
        self.words.truncate(other.words.len());
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
        self.recount();
    }

    /// Takes all of `other` in.
    pub(crate) fn unite(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
        self.recount();
    }

    /// Takes all of `other` out.
    pub(crate) fn subtract(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
        self.recount();
    }

    fn recount(&mut self) {
        // Sets of the same rows are equal, whatever made them.
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
        self.count = self
            .words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum();
    }

    /// How many rows are in one of the two sets and not in the other.
    pub(crate) fn difference(&self, other: &Self) -> u64 {
        let length = self.words.len().max(other.words.len());
        let word = |set: &Self, at: usize| set.words.get(at).copied().unwrap_or(0);
        (0..length)
            .map(|at| u64::from((word(self, at) ^ word(other, at)).count_ones()))
            .sum()
    }

    /// How many rows are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether no row is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The number behind its last row; 0 when it is empty.
    pub(crate) fn end(&self) -> u64 {
        let last = self.iter_words().filter(|(_, word)| *word != 0).last();
        last.map_or(0, |(base, word)| {
            u64::from(base) + u64::from(u64::BITS - word.leading_zeros())
        })
    }

    /// The rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = RowId> + '_ {
        self.iter_words()
            .flat_map(|(base, word)| bits(word).map(move |bit| RowId(base + bit)))
    }

    /// The rows' numbers, ascending.
    pub(crate) fn rows(&self) -> Vec<u32> {
        self.rows_in(0..u32::MAX)
    }

    /// Its rows in a range, ascending.
    pub(crate) fn rows_in(&self, range: Range<u32>) -> Vec<u32> {
        let mut rows = Vec::with_capacity(self.count_in(range.clone()));
        for (base, word) in self.words_in(range) {
            rows.extend(bits(word).map(|bit| base + bit));
        }
        rows
    }

    /// How many of the rows in a range are in it.
    pub(crate) fn count_in(&self, range: Range<u32>) -> usize {
        self.words_in(range)
            .map(|(_, word)| word.count_ones() as usize)
            .sum()
    }

    /// The words that a range touches, without the rows beside it, and the first row of each.
    fn words_in(&self, range: Range<u32>) -> impl Iterator<Item = (u32, u64)> + '_ {
        let first = range.start / 64;
        let words = self.words.get(first as usize..).unwrap_or_default();
        (first..)
            .zip(words)
            .map(|(at, word)| (at * 64, *word))
            .take_while(move |(base, _)| *base < range.end)
            .map(move |(base, word)| {
                let from = u64::MAX << range.start.saturating_sub(base);
                let beyond = u64::MAX.checked_shl(range.end - base).unwrap_or(0);
                (base, word & from & !beyond)
            })
    }

    fn iter_words(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        (0..)
            .zip(&self.words)
            .map(|(at, word): (u32, _)| (at * 64, *word))
    }

    /// Puts all rows of a range in.
    fn insert_range(&mut self, range: Range<u32>) {
        let mut at = range.start;
        while at < range.end {
            let (word, bit) = (at as usize / 64, at % 64);
            let length = (64 - bit).min(range.end - at);
            if word >= self.words.len() {
                self.words.resize(word + 1, 0);
            }
            self.words[word] |= u64::MAX >> (64 - length) << bit;
            at += length;
        }
    }

    /// The lengths of the runs of rows outside and inside the set, in turn, beginning outside.
    fn runs(&self) -> Vec<u64> {
        let mut runs = Vec::new();
        let (mut start, mut inside) = (0, false);
        let mut end = 0;
        for (base, word) in self.iter_words() {
            let base = u64::from(base);
            let mut at = 0;
            while at < 64 {
                let other = if inside { !word } else { word } >> at;
                if other == 0 {
                    break;
                }
                at += u64::from(other.trailing_zeros());
                runs.push(base + at - start);
                start = base + at;
                inside = !inside;
            }
            end = base + 64;
        }
        if inside {
            runs.push(end - start);
        }
        runs
    }

    /// A set from its runs; `None` when they are more than [`MOST_ROWS`]: a few digits must not
    /// take the memory of all row numbers.
    fn from_runs(runs: impl Iterator<Item = u32>) -> Option<Self> {
        let mut set = Self::default();
        let (mut start, mut inside) = (0_u32, false);
        for run in runs {
            let end = start.checked_add(run).filter(|end| *end <= MOST_ROWS)?;
            if inside {
                set.insert_range(start..end);
            }
            (start, inside) = (end, !inside);
        }
        set.recount();
        Some(set)
    }
}

/// The places of the bits of a word that are set.
fn bits(word: u64) -> impl Iterator<Item = u32> {
    let mut rest = word;
    std::iter::from_fn(move || {
        (rest != 0).then(|| {
            let bit = rest.trailing_zeros();
            rest &= rest - 1;
            bit
        })
    })
}

impl FromIterator<RowId> for RowSet {
    fn from_iter<I: IntoIterator<Item = RowId>>(rows: I) -> Self {
        let mut set = Self::default();
        rows.into_iter().for_each(|row| set.insert(row));
        set
    }
}

impl From<RowSet> for String {
    fn from(set: RowSet) -> Self {
        let runs: Vec<String> = set.runs().iter().map(u64::to_string).collect();
        runs.join(" ")
    }
}

impl TryFrom<String> for RowSet {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let runs: Option<Vec<u32>> = text.split(' ').map(|run| run.parse().ok()).collect();
        if text.is_empty() {
            return Ok(Self::default());
        }
        runs.and_then(|runs| Self::from_runs(runs.into_iter()))
            .ok_or("its runs of rows are no numbers")
    }
}

#[cfg(test)]
mod tests;
