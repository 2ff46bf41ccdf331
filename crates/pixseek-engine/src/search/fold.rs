//! The last step: folds near-duplicates, bursts and files that belong together behind one hit.
//!
//! Vectors alone cannot separate edits of one picture from pictures that are alike: with the
//! embedded model, 63 of 100 photos of captioned1k have another photo within a cosine of 0.95,
//! while a quarter-size copy may be at 0.87 (the experiment `alike`). Difference hashes separate
//! them, and the cosine rejects hashes that agree by chance.

#[cfg(test)]
mod tests;

use super::family::{Kind, Member};
use super::find::{Folding, Hit, MatchedFile};
use super::score::Candidate;
use crate::prompts::dot;
use crate::{EngineError, PhotoEntry, rounded_score};
use pixseek_index::{Passing, PhotoFacts, PhotoRecord, Reader, RowId};
use std::collections::HashSet;

/// Near-duplicates are folded only among this many first hits.
pub(super) const FOLD_DEPTH: usize = 128;
/// Minimal cosine of two versions of one picture whose difference hashes agree.
const ALIKE: f32 = 0.80;
/// Maximal number of differing bits, of 128, between the difference hashes of one picture: sizes
/// and edits change at most 23, the closest of 62,000 pairs of different photos have 30.
const SAME_BITS: u32 = 26;
/// Minimal cosine of a photo with its crop to 90 %.
const CROPPED: f32 = 0.96;
/// Maximal number of bits by which such a crop changes the difference hash.
const CROPPED_BITS: u32 = 34;
/// Minimal cosine of two versions of one picture if a difference hash is missing.
const SAME: f32 = 0.985;
/// Photos of one camera taken within this many seconds are a burst if their cosine is at least
/// [`BURST`].
const BURST_SECONDS: i64 = 5;
const BURST: f32 = 0.88;

/// A hit before folding, with its photo's vector.
pub(super) struct Unfolded {
    pub hit: Hit,
    /// The first row of its content.
    pub row: RowId,
    /// Index of the query's alternative that it answers.
    pub alternative: usize,
    /// Its place among the files of its name.
    member: Option<Member>,
    vector: Option<Vec<f32>>,
}

/// Turns the paths of one row into hits: one hit with the copies behind it, or one hit per path.
pub(super) fn unfolded(
    candidate: &Candidate,
    mut paths: Vec<(Vec<u8>, PhotoRecord)>,
    vector: Option<&Vec<f32>>,
    folding: Folding,
) -> Vec<Unfolded> {
    // The copy in front is the one that is opened.
    paths.sort_by_key(|(_, record)| record.offline);
    let mut hits: Vec<Unfolded> = Vec::new();
    for (path, record) in paths {
        let row = record.rows.first;
        match hits.first_mut() {
            Some(Unfolded { hit: first, .. }) if folding == Folding::Near => {
                // Only the record of the copy that was decoded may have the difference hash.
                let hash = &mut first.record.facts.difference_hash;
                *hash = hash.or(record.facts.difference_hash);
                first.folded.push(path);
            }
            _ => hits.push(Unfolded {
                member: Member::of(&path, &record.facts),
                hit: Hit {
                    path,
                    frame: frame(&record, candidate),
                    record: PhotoEntry::from(record),
                    score: candidate.standing.score.map(|score| 100.0 * score),
                    cosine: candidate.cosine,
                    coverage: candidate.coverage,
                    matched: None,
                    folded: Vec::new(),
                },
                vector: vector.cloned(),
                row,
                alternative: candidate.alternative,
            }),
        }
    }
    hits
}

/// The time of the key frame that a candidate is; `None` for photos, and if nothing was described.
fn frame(record: &PhotoRecord, candidate: &Candidate) -> Option<u32> {
    candidate.cosine?;
    let film = record.facts.film.as_ref()?;
    let position = record.rows.position(candidate.row)?;
    film.time_of(position)
}

/// Puts hits that are near an earlier one behind it; then cuts the page off.
pub(super) fn fold(hits: Vec<Unfolded>, limit: usize, folding: Folding) -> Vec<Unfolded> {
    let mut shown: Vec<Unfolded> = Vec::new();
    for (position, next) in hits.into_iter().enumerate() {
        let near = if folding == Folding::Near && position < FOLD_DEPTH {
            shown.iter_mut().find(|earlier| is_near(earlier, &next))
        } else {
            None
        };
        match near {
            Some(earlier) => earlier.join(next),
            None => shown.push(next),
        }
    }
    shown.truncate(limit);
    shown
}

impl Unfolded {
    /// Puts a hit behind this one. Of files that belong together, the edited copy is shown, else the
    /// photo, else the raw file: programs for photos open them in this order.
    fn join(&mut self, mut next: Self) {
        let kinds = [&*self, &next].map(|unfolded| unfolded.member.as_ref());
        if let [Some(first), Some(second)] = kinds
            && first.belongs_to(second)
            && second.kind < first.kind
        {
            self.hit.show_instead(&mut next.hit);
            std::mem::swap(&mut self.member, &mut next.member);
            std::mem::swap(&mut self.vector, &mut next.vector);
        }
        self.hit.folded.push(next.hit.path);
        self.hit.folded.extend(next.hit.folded);
    }

    /// Puts the files of its name behind it that are not `shown`, or one of them in front of it.
    fn add_family<'a>(
        &mut self,
        family: Vec<(Vec<u8>, PhotoRecord)>,
        shown: &mut HashSet<Vec<u8>>,
        reader: &Reader,
        passing: impl Fn(usize) -> Option<&'a Passing>,
    ) -> Result<(), EngineError> {
        let (hit, Some(member)) = (&mut self.hit, &mut self.member) else {
            return Ok(());
        };
        let mut photo: Option<(Kind, Vec<u8>, PhotoRecord)> = None;
        for (path, record) in family {
            if shown.contains(&path) || hit.folded.contains(&path) {
                continue;
            }
            hit.folded.push(path.clone());
            if member.kind == Kind::Film
                && let Some(other) = Member::of(&path, &record.facts)
                && photo.as_ref().is_none_or(|(kind, ..)| other.kind < *kind)
                && passes(reader, &path, &record, passing(self.alternative))?
            {
                photo = Some((other.kind, path, record));
            }
        }
        if let Some((kind, path, record)) = photo {
            hit.folded.retain(|folded| *folded != path);
            // The same photo is not shown for a second film of its name.
            shown.insert(path.clone());
            let mut photo = Hit::undescribed(path, record);
            hit.show_instead(&mut photo);
            member.kind = kind;
            hit.folded.insert(0, photo.path);
        }
        Ok(())
    }
}

impl Hit {
    /// A hit of which only the record is known.
    fn undescribed(path: Vec<u8>, record: PhotoRecord) -> Self {
        Self {
            path,
            record: PhotoEntry::from(record),
            frame: None,
            score: None,
            cosine: None,
            coverage: None,
            matched: None,
            folded: Vec::new(),
        }
    }

    /// Shows the file of another hit, and keeps the score if that is higher, because a page by relevance
    /// is in the order of scores. Where the score is not that of the shown picture, too, the hit names
    /// the file that has it.
    fn show_instead(&mut self, other: &mut Self) {
        let scores = self.score.zip(other.score);
        let is_better = scores.is_some_and(|(score, other)| other > score);
        let tenths = |score: f32| rounded_score(score, 10).to_bits();
        let is_its_own = match (self.score, other.score) {
            (Some(score), Some(own)) => tenths(score) == tenths(own),
            _ => self.score == other.score && self.cosine == other.cosine,
        };
        if is_better || is_its_own {
            if is_better {
                self.score = other.score;
            }
            self.cosine = other.cosine;
            self.coverage = other.coverage;
            self.matched = None;
        } else if self.matched.is_none() {
            self.matched = Some(MatchedFile {
                path: self.path.clone(),
                frame: self.frame,
            });
        }
        std::mem::swap(&mut self.path, &mut other.path);
        std::mem::swap(&mut self.record, &mut other.record);
        std::mem::swap(&mut self.frame, &mut other.frame);
    }
}

/// Looks for the files that belong to the hits: notes which photos have a short film beside them, as Live
/// Photos have, and if hits are folded, adds the files that are not among them, because they do not match
/// or do not pass the filter. A film is then shown as its photo, unless the filter leaves the photo out.
/// `passing` returns the filter of an alternative of the query.
pub(super) fn add_families<'a>(
    hits: &mut [Unfolded],
    reader: &Reader,
    folding: Folding,
    passing: impl Fn(usize) -> Option<&'a Passing>,
) -> Result<(), EngineError> {
    let mut shown: HashSet<Vec<u8>> = hits.iter().map(|next| next.hit.path.clone()).collect();
    for next in hits {
        let Some(member) = &next.member else {
            continue;
        };
        let family = member.others(reader)?;
        let has_film = member.kind == Kind::Film
            || family.iter().any(|(_, other)| other.facts.is_short_film());
        if folding == Folding::Near {
            next.add_family(family, &mut shown, reader, &passing)?;
        }
        let facts = &mut next.hit.record.facts;
        facts.has_motion |= has_film && facts.film.is_none();
    }
    Ok(())
}

/// Whether a photo passes a filter.
fn passes(
    reader: &Reader,
    path: &[u8],
    record: &PhotoRecord,
    filter: Option<&Passing>,
) -> Result<bool, EngineError> {
    if filter.is_none() {
        return Ok(true);
    }
    let passing = reader.photos_of(record.rows.first, filter)?;
    Ok(passing.iter().any(|(passing, _)| passing == path))
}

/// Whether a hit is folded behind an earlier one. Vectors are unit vectors.
fn is_near(a: &Unfolded, b: &Unfolded) -> bool {
    if let (Some(a), Some(b)) = (&a.member, &b.member)
        && a.belongs_to(b)
    {
        return true;
    }
    let (Some(a_vector), Some(b_vector)) = (&a.vector, &b.vector) else {
        return false;
    };
    let cosine = dot(a_vector, b_vector);
    let (a, b) = (&a.hit.record.facts, &b.hit.record.facts);
    is_same(cosine, a, b) || (cosine >= BURST && is_burst(a, b))
}

/// Whether two photos are versions of one picture: other sizes, qualities or edits. Films never
/// are: two may begin alike.
pub(super) fn is_same(cosine: f32, a: &PhotoFacts, b: &PhotoFacts) -> bool {
    if a.film.is_some() || b.film.is_some() {
        return false;
    }
    let hashes = a.difference_hash.zip(b.difference_hash);
    let Some((a, b)) = hashes else {
        return cosine >= SAME;
    };
    let bits = (a ^ b).count_ones();
    cosine >= ALIKE && bits <= SAME_BITS || cosine >= CROPPED && bits <= CROPPED_BITS
}

fn is_burst(a: &PhotoFacts, b: &PhotoFacts) -> bool {
    let times = a.taken_seconds.zip(b.taken_seconds);
    let are_photos = a.film.is_none() && b.film.is_none();
    are_photos
        && a.camera == b.camera
        && times.is_some_and(|(a, b)| a.abs_diff(b) <= BURST_SECONDS.unsigned_abs())
}
