//! Rows without a photo: no search sees them, `MANIFEST` counts them, compacting drops them.

use super::{Numbers, extend_graph, filled, paths, photo, photos};
use crate::{
    Batch, IndexError, Manifest, Reader, RowFilter, RowId, RowSet, SearchMode, Writer, verify,
};
use std::path::Path;

fn remove(writer: &mut Writer, numbers: impl Iterator<Item = u32>) {
    let removed = numbers.map(|number| format!("/p/{number:05}").into());
    writer
        .commit(Batch {
            removed: removed.collect(),
            ..Batch::default()
        })
        .unwrap();
}

/// Every way to search returns the nearest rows that have a photo, as many as are asked for.
fn check_searches(index: &Path, vectors: &[Vec<f32>], is_live: impl Fn(u32) -> bool) {
    let reader = Reader::open(index).unwrap();
    let odd: RowSet = (1..1000).step_by(2).map(RowId).collect();
    let mut numbers = Numbers(77);
    for query in (0..20).map(|_| numbers.vector()) {
        for filter in [RowFilter::All, RowFilter::Among(&odd)] {
            let passes = |row: u32| matches!(filter, RowFilter::All) || row % 2 == 1;
            let mut expected: Vec<(f32, u32)> = (0..)
                .zip(vectors)
                .filter(|(row, _)| is_live(*row) && passes(*row))
                .map(|(row, vector)| (vector.iter().zip(&query).map(|(a, b)| a * b).sum(), row))
                .collect();
            expected.sort_by(|a, b| b.0.total_cmp(&a.0));
            for k in [1, 10, expected.len(), expected.len() + 10] {
                let wanted = expected.iter().take(k).map(|(_, row)| *row);
                let wanted: Vec<u32> = wanted.collect();
                for mode in [
                    SearchMode::Exact,
                    SearchMode::Planned,
                    SearchMode::Beam(512),
                ] {
                    let (found, plan) = reader.nearest(&query, k, mode, filter).unwrap();
                    let found: Vec<u32> = found.iter().map(|(row, _)| row.0).collect();
                    assert_eq!(found.len(), wanted.len(), "{mode:?} {k} {plan:?}");
                    let right = found.iter().filter(|row| wanted.contains(row)).count();
                    // Codes turn about neighbours that are as near; the graph may pass one by.
                    assert!(right * 10 >= wanted.len() * 9, "{mode:?} {k} {plan:?}");
                }
            }
        }
    }
}

#[test]
fn searches_are_full_whatever_was_removed() {
    let (folder, mut writer, _) = filled(1000);
    let mut again = Numbers(1);
    let vectors: Vec<Vec<f32>> = (0..1000).map(|_| again.vector()).collect();
    writer.publish().unwrap();
    extend_graph(&mut writer);
    check_searches(folder.path(), &vectors, |_| true);
    // Some, most, and all but three.
    remove(&mut writer, (0..1000).filter(|number| number % 7 == 0));
    writer.publish().unwrap();
    check_searches(folder.path(), &vectors, |row| row % 7 != 0);
    remove(&mut writer, 180..1000);
    writer.publish().unwrap();
    check_searches(folder.path(), &vectors, |row| row % 7 != 0 && row < 180);
    remove(&mut writer, 4..1000);
    writer.publish().unwrap();
    check_searches(folder.path(), &vectors, |row| (1..4).contains(&row));
    let sample = Reader::open(folder.path()).unwrap().sample(1000);
    assert_eq!(sample.len(), 3);
    // One that comes back has its old row again.
    writer
        .commit(photos(vec![photo("/p/00500", None)]))
        .unwrap();
    writer.publish().unwrap();
    check_searches(folder.path(), &vectors, |row| {
        (1..4).contains(&row) || row == 500
    });
    assert!(verify(folder.path()).unwrap().damaged.is_empty());
}

/// What a photo manager does that writes metadata: the same picture in other bytes.
#[test]
fn photos_that_were_rewritten_four_times_are_all_found() {
    let (folder, mut writer, _) = filled(200);
    let mut again = Numbers(1);
    let vectors: Vec<Vec<f32>> = (0..200).map(|_| again.vector()).collect();
    for round in 0..4_u8 {
        let rewritten = (0..200).zip(&vectors).map(|(number, vector)| {
            let mut photo = photo(&format!("/p/{number:05}"), Some(vector.clone()));
            photo.content[31] = round + 1;
            photo
        });
        writer.commit(photos(rewritten.collect())).unwrap();
        writer.publish().unwrap();
    }
    let manifest = writer.manifest();
    assert_eq!((manifest.rows, manifest.live.len()), (1000, 200));
    let reader = Reader::open(folder.path()).unwrap();
    let (mut found, _) = paths(&reader, &vectors[0], 200, SearchMode::Planned);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 200);
}

#[test]
fn changes_of_rows_are_counted() {
    let (_folder, mut writer, mut numbers) = filled(10);
    let check = |writer: &mut Writer, live, changes, is_sparse| {
        writer.publish().unwrap();
        let manifest = writer.manifest();
        assert_eq!((manifest.live.len(), manifest.row_changes), (live, changes));
        assert_eq!(manifest.is_sparse(), is_sparse);
    };
    check(&mut writer, 10, 10, false);
    check(&mut writer, 10, 10, false);
    remove(&mut writer, 0..2);
    check(&mut writer, 8, 12, false);
    remove(&mut writer, 2..3);
    check(&mut writer, 7, 13, true);
    // Two paths of one row, and one of them gone: the row still counts.
    let copies = ["/a/00005", "/b/00005"].map(|path| photo(path, None));
    writer.commit(photos(copies.to_vec())).unwrap();
    remove(&mut writer, 5..6);
    check(&mut writer, 7, 13, true);
    let new = photo("/new", Some(numbers.vector()));
    writer.commit(photos(vec![new])).unwrap();
    check(&mut writer, 8, 14, true);
}

#[test]
fn a_manifest_that_names_other_rows_is_damaged() {
    let (folder, mut writer, _) = filled(10);
    writer.publish().unwrap();
    drop(writer);
    let whole = Manifest::read(folder.path()).unwrap();
    let fewer: RowSet = (0..9).map(RowId).collect();
    let more: RowSet = (0..11).map(RowId).collect();
    let with = |live: RowSet| Manifest {
        live,
        ..whole.clone()
    };
    with(fewer).write(folder.path()).unwrap();
    assert!(!verify(folder.path()).unwrap().damaged.is_empty());
    with(more).write(folder.path()).unwrap();
    assert!(matches!(
        Reader::open(folder.path()),
        Err(IndexError::Damaged { .. })
    ));
}
