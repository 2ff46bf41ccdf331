//! Groups of photos that show one picture.

use super::fold::is_same;
use crate::{EngineError, PhotoEntry};
use pixseek_index::{Reader, RowFilter, RowId, SearchMode};
use std::collections::BTreeMap;

/// Number of nearest neighbours of a photo that are compared with it.
const NEIGHBOURS: usize = 32;

/// Which photos belong to one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// Files that are equal, byte for byte.
    Exact,
    /// Pictures that are nearly the same: other sizes, qualities, slight edits, bursts.
    Near,
}

/// Two or more photos that belong together, sorted by path.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The weakest likeness between its members.
    pub likeness: Likeness,
    /// The bytes of the photos' paths, and what the index knows of the photos.
    pub photos: Vec<(Vec<u8>, PhotoEntry)>,
}

/// The photos of each row. A film has the row of its first key frame.
type Photos = BTreeMap<RowId, Vec<(Vec<u8>, PhotoEntry)>>;

/// Groups the photos that are alike, the largest group first.
pub(super) fn duplicates(
    reader: &Reader,
    likeness: Likeness,
    on_photo: &mut dyn FnMut(u64),
) -> Result<Vec<Group>, EngineError> {
    let mut rows = Photos::new();
    for photo in reader.photos() {
        let (path, record) = photo?;
        rows.entry(record.rows.first)
            .or_default()
            .push((path, record.into()));
    }
    let mut leaders: BTreeMap<RowId, RowId> = rows.keys().map(|row| (*row, *row)).collect();
    if likeness == Likeness::Near {
        for (number, row) in (1..).zip(rows.keys()) {
            on_photo(number);
            join_near(reader, *row, &rows, &mut leaders)?;
        }
    }
    let mut joined: BTreeMap<RowId, Vec<RowId>> = BTreeMap::new();
    for row in rows.keys() {
        joined.entry(leader(&leaders, *row)).or_default().push(*row);
    }
    let mut groups = Vec::new();
    for members in joined.into_values() {
        let is_one = members.len() == 1;
        let mut photos: Vec<_> = members
            .iter()
            .filter_map(|row| rows.remove(row))
            .flatten()
            .collect();
        if photos.len() > 1 {
            photos.sort_by(|a, b| a.0.cmp(&b.0));
            let likeness = if is_one {
                Likeness::Exact
            } else {
                Likeness::Near
            };
            groups.push(Group { likeness, photos });
        }
    }
    groups.sort_by_key(|group| {
        let bytes: u64 = group.photos.iter().map(|(_, photo)| photo.bytes).sum();
        std::cmp::Reverse(bytes)
    });
    Ok(groups)
}

fn join_near(
    reader: &Reader,
    row: RowId,
    rows: &Photos,
    leaders: &mut BTreeMap<RowId, RowId>,
) -> Result<(), EngineError> {
    // Only the entry of the copy that was decoded may have the difference hash.
    let facts = |row: &RowId| {
        let facts = rows.get(row)?.iter().map(|(_, photo)| &photo.facts);
        facts.max_by_key(|facts| facts.difference_hash.is_some())
    };
    let (Some(vector), Some(photo)) = (reader.vector(row), facts(&row)) else {
        return Ok(());
    };
    let (near, _) = reader.nearest(&vector, NEIGHBOURS, SearchMode::Auto, RowFilter::All)?;
    for (other, cosine) in near {
        if !facts(&other).is_some_and(|other| is_same(cosine, photo, other)) {
            continue;
        }
        let (a, b) = (leader(leaders, row), leader(leaders, other));
        leaders.insert(a.max(b), a.min(b));
    }
    Ok(())
}

/// The row that represents the group of `row` (union-find): its smallest member.
fn leader(leaders: &BTreeMap<RowId, RowId>, mut row: RowId) -> RowId {
    while let Some(next) = leaders.get(&row).filter(|next| **next != row) {
        row = *next;
    }
    row
}
