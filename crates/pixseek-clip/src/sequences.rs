//! Rows of token ids, cut to what a text tower has to compute. Towers on a GPU, on kernels and in
//! training all take their texts from here.

#[cfg(test)]
mod tests;

use crate::{TextArchitecture, TextConfig, TextPooling};
use std::collections::BTreeMap;

/// Texts of one length.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sequences {
    /// The places of the texts in the batch that they come from.
    pub places: Vec<usize>,
    /// `[B, T]`, row-major.
    pub ids: Vec<u32>,
    /// The token of each text that is pooled, `[B]`.
    pub ends: Vec<usize>,
}

impl Sequences {
    /// `[B, T]`.
    pub(crate) fn shape(&self) -> [usize; 2] {
        let texts = self.places.len();
        [texts, self.ids.len() / texts.max(1)]
    }
}

impl TextConfig {
    /// Groups padded rows of token ids into sequences of one length.
    ///
    /// In a causal tower nothing after the pooled token reaches it, so rows are cut after the last
    /// pooled token of the batch: a query is computed at its own length. XLM-RoBERTa does not see
    /// padding at all, so its texts are grouped by their lengths.
    pub(crate) fn sequences(&self, rows: &[Vec<u32>]) -> Vec<Sequences> {
        match self.architecture {
            TextArchitecture::Clip => {
                let ends: Vec<usize> = rows.iter().map(|row| self.pooling.end(row)).collect();
                let length = match ends.iter().max() {
                    Some(last) if self.blocks.is_causal => last + 1,
                    _ => rows.iter().map(Vec::len).max().unwrap_or(0),
                };
                vec![Sequences {
                    places: (0..rows.len()).collect(),
                    ids: cut(rows, length).collect(),
                    ends,
                }]
            }
            TextArchitecture::Roberta(roberta) => {
                let mut by_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
                for (place, row) in rows.iter().enumerate() {
                    let tokens = row.iter().filter(|id| **id != roberta.padding).count();
                    by_length.entry(tokens.max(1)).or_default().push(place);
                }
                let groups = by_length.into_iter().map(|(length, places)| Sequences {
                    ids: cut(places.iter().map(|place| &rows[*place]), length).collect(),
                    // The mean of all tokens is pooled.
                    ends: vec![length - 1; places.len()],
                    places,
                });
                groups.collect()
            }
        }
    }
}

/// The first `length` ids of each row.
fn cut<'a>(
    rows: impl IntoIterator<Item = &'a Vec<u32>>,
    length: usize,
) -> impl Iterator<Item = u32> {
    rows.into_iter()
        .flat_map(move |row| row[..length].iter().copied())
}

impl TextPooling {
    /// The pooled position of a row of ids.
    fn end(self, row: &[u32]) -> usize {
        match self {
            // Only XLM-RoBERTa takes the mean, and it pools all tokens.
            Self::Mean => None,
            Self::First => Some(0),
            Self::Last => row.len().checked_sub(1),
            Self::EndOfText(id) => row.iter().position(|other| *other == id),
            Self::HighestId => row
                .iter()
                .max()
                .and_then(|highest| row.iter().position(|id| id == highest)),
        }
        .unwrap_or(0)
    }
}
