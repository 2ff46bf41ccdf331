//! Sets of rows, for example those that have a photo or that pass a filter.
//!
//! A set has one bit for each row. `MANIFEST` stores the set of rows that have a photo as text: run
//! lengths of rows outside and inside the set, alternating, beginning outside. For a library
//! without removed photos these are two numbers.

use crate::RowId;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The largest number of rows. A graph over them has up to 32 links a row and counts links in 32
/// bits.
pub(crate) const MOST_ROWS: u32 = 1 << 27;

/// The rows that a search may return. It never returns a row without a photo.
#[derive(Debug, Clone, Copy)]
pub enum RowFilter<'a> {
    /// Every row that has a photo.
    All,
    /// The rows in this set that have a photo.
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
    /// Whether the set has a row.
    #[must_use]
    #[inline]
    pub fn has(&self, row: RowId) -> bool {
        let word = self.words.get(row.0 as usize / 64);
        word.is_some_and(|word| word >> (row.0 % 64) & 1 == 1)
    }

    /// Adds a row.
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

    /// Keeps the rows that `other` has, too.
    pub(crate) fn intersect(&mut self, other: &Self) {
        self.words.truncate(other.words.len());
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
        self.recount();
    }

    /// Adds all rows of `other`.
    pub(crate) fn unite(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
        self.recount();
    }

    /// Removes all rows of `other`.
    pub(crate) fn subtract(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
        self.recount();
    }

    fn recount(&mut self) {
        // Without zeros at the end, sets of the same rows compare equal.
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
        self.count = self
            .words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum();
    }

    /// The number of rows that exactly one of the two sets has.
    pub(crate) fn difference(&self, other: &Self) -> u64 {
        let length = self.words.len().max(other.words.len());
        let word = |set: &Self, at: usize| set.words.get(at).copied().unwrap_or(0);
        (0..length)
            .map(|at| u64::from((word(self, at) ^ word(other, at)).count_ones()))
            .sum()
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether the set has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The last row plus one; 0 for an empty set.
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

    /// The numbers of the rows, ascending.
    pub(crate) fn rows(&self) -> Vec<u32> {
        self.rows_in(0..u32::MAX)
    }

    /// The numbers of the rows in a range, ascending.
    pub(crate) fn rows_in(&self, range: Range<u32>) -> Vec<u32> {
        let mut rows = Vec::with_capacity(self.count_in(range.clone()));
        for (base, word) in self.words_in(range) {
            rows.extend(bits(word).map(|bit| base + bit));
        }
        rows
    }

    /// The number of rows in a range.
    pub(crate) fn count_in(&self, range: Range<u32>) -> usize {
        self.words_in(range)
            .map(|(_, word)| word.count_ones() as usize)
            .sum()
    }

    /// The words that a range touches, each with its first row. Bits outside the range are 0.
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

    /// Adds all rows of a range. The caller counts them.
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

    /// Run lengths of rows outside and inside the set, alternating, beginning outside.
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

    /// Makes a set from its run lengths. `None` if they are more than [`MOST_ROWS`] rows: a few
    /// digits in a damaged file must not allocate memory for all row numbers.
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

/// The positions of the set bits of a word.
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
        set.extend(rows);
        set
    }
}

impl Extend<RowId> for RowSet {
    fn extend<I: IntoIterator<Item = RowId>>(&mut self, rows: I) {
        rows.into_iter().for_each(|row| self.insert(row));
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
            .ok_or("its run lengths of rows are not numbers")
    }
}

#[cfg(test)]
mod tests;
