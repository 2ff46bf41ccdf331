//! Measures of a model on photos that it was not trained on: recall of the photos that texts
//! describe, and accuracy of zero-shot classification.

use crate::Embedding;
use std::fmt::{Display, Formatter, Result as Written};

/// How early a search finds the photo that a text describes, among all photos.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retrieval {
    /// The number of texts.
    pub texts: usize,
    /// The number of photos.
    pub photos: usize,
    /// Share of the texts whose photo comes first, in `0..=1`.
    pub recall_at_1: f64,
    /// Share of the texts whose photo is among the first five.
    pub recall_at_5: f64,
    /// Share of the texts whose photo is among the first ten.
    pub recall_at_10: f64,
    /// Precision of the first ten photos, or of as many as are right if those are fewer: for a text
    /// with one photo, 1 if it comes first.
    pub precision_at_10: f64,
    /// The median of all ranks, which count from 1.
    pub median_rank: usize,
}

/// How often the right class is chosen among all (CLIP's zero-shot classification).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Classification {
    /// The number of photos.
    pub photos: usize,
    /// The number of classes.
    pub classes: usize,
    /// Share of the photos whose class comes first, in `0..=1`.
    pub top_1: f64,
    /// Share of the photos whose class is among the first five.
    pub top_5: f64,
}

impl Retrieval {
    /// Measures `texts`, each with the places of its photos in `photos`. The best-ranked of them
    /// counts; a text without photos counts as never answered.
    #[must_use]
    pub fn measure(photos: &[Embedding], texts: &[(Embedding, Vec<usize>)]) -> Self {
        let ranks = texts.iter().map(|(text, right)| rank(text, photos, right));
        let precisions = texts
            .iter()
            .map(|(text, right)| precision(text, photos, right));
        Self {
            precision_at_10: precisions.sum::<f64>() / part(texts.len().max(1), 1),
            ..Self::of_ranks(ranks.collect(), photos.len())
        }
    }

    /// Computes the measures from the rank of each text's photo among `photos`, counted from 1, or
    /// `usize::MAX` where it was not found. Ranks do not tell how many photos are right, so the
    /// precision assumes one for each text.
    #[must_use]
    pub fn of_ranks(mut ranks: Vec<usize>, photos: usize) -> Self {
        ranks.sort_unstable();
        let within = |k: usize| part(ranks.partition_point(|rank| *rank <= k), ranks.len());
        Self {
            texts: ranks.len(),
            photos,
            recall_at_1: within(1),
            recall_at_5: within(5),
            recall_at_10: within(10),
            precision_at_10: within(1),
            median_rank: ranks.get(ranks.len() / 2).copied().unwrap_or(0),
        }
    }
}

impl Classification {
    /// Measures photos, each given with the place of its class in `classes`.
    #[must_use]
    pub fn measure(photos: &[(Embedding, usize)], classes: &[Embedding]) -> Self {
        let within = |k: usize| {
            let right = photos
                .iter()
                .filter(|(photo, class)| rank(photo, classes, &[*class]) <= k);
            part(right.count(), photos.len())
        };
        Self {
            photos: photos.len(),
            classes: classes.len(),
            top_1: within(1),
            top_5: within(5),
        }
    }
}

impl Display for Retrieval {
    fn fmt(&self, to: &mut Formatter<'_>) -> Written {
        write!(
            to,
            "{} texts, {} photos: recall@1 {:.1} %, @5 {:.1} %, @10 {:.1} %, median rank {}, of the first ten {:.1} % right",
            self.texts,
            self.photos,
            100.0 * self.recall_at_1,
            100.0 * self.recall_at_5,
            100.0 * self.recall_at_10,
            self.median_rank,
            100.0 * self.precision_at_10
        )
    }
}

impl Display for Classification {
    fn fmt(&self, to: &mut Formatter<'_>) -> Written {
        write!(
            to,
            "{} photos, {} classes: top-1 {:.1} %, top-5 {:.1} %",
            self.photos,
            self.classes,
            100.0 * self.top_1,
            100.0 * self.top_5
        )
    }
}

/// The rank of the best-ranked right one, counted from 1. A wrong one with the same cosine counts
/// as better.
fn rank(query: &Embedding, among: &[Embedding], right: &[usize]) -> usize {
    let best = right
        .iter()
        .filter_map(|place| among.get(*place))
        .map(|other| query.cosine(other))
        .reduce(f32::max);
    let Some(best) = best else {
        return usize::MAX;
    };
    let other = among
        .iter()
        .enumerate()
        .filter(|(place, other)| !right.contains(place) && query.cosine(other) >= best);
    other.count() + 1
}

/// The precision of the first ten, or of as many as are right if those are fewer.
fn precision(query: &Embedding, among: &[Embedding], right: &[usize]) -> f64 {
    const FIRST: usize = 10;
    let mut order: Vec<(f32, usize)> = among
        .iter()
        .enumerate()
        .map(|(place, other)| (query.cosine(other), place))
        .collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    order.truncate(FIRST.min(right.len()));
    let found = order.iter().filter(|(_, place)| right.contains(place));
    part(found.count(), order.len())
}

#[expect(clippy::cast_precision_loss, reason = "counts of photos")]
fn part(count: usize, of: usize) -> f64 {
    if of == 0 {
        return 0.0;
    }
    count as f64 / of as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(degrees: f32) -> Embedding {
        let radians = degrees.to_radians();
        Embedding::normalize(vec![radians.cos(), radians.sin()]).unwrap()
    }

    #[test]
    fn ranks_become_shares() {
        let photos: Vec<Embedding> = (0..20u8).map(|n| at(4.0 * f32::from(n))).collect();
        // Ranks 1, 2 (the one between is as near as the other), 20 and never.
        let texts = [
            (at(0.0), vec![0]),
            (at(6.0), vec![2, 19]),
            (at(0.0), vec![19]),
            (at(0.0), vec![]),
        ];
        let found = Retrieval::measure(&photos, &texts);
        assert_eq!((found.texts, found.photos), (4, 20));
        assert!((found.recall_at_1 - 0.25).abs() < 1e-9, "{found:?}");
        assert!((found.recall_at_5 - 0.5).abs() < 1e-9, "{found:?}");
        assert!((found.recall_at_10 - 0.5).abs() < 1e-9, "{found:?}");
        assert_eq!(found.median_rank, 20);
        assert_eq!(Retrieval::measure(&photos, &[]).median_rank, 0);
    }

    #[test]
    fn classes_are_chosen() {
        let classes = [at(0.0), at(40.0), at(80.0)];
        let photos = [(at(1.0), 0), (at(70.0), 1), (at(79.0), 2), (at(5.0), 2)];
        let found = Classification::measure(&photos, &classes);
        assert!((found.top_1 - 0.5).abs() < 1e-9, "{found:?}");
        assert!((found.top_5 - 1.0).abs() < 1e-9, "{found:?}");
    }
}
