//! Rows without a photo: no search returns them, `MANIFEST` counts them, and compacting drops them.

use super::{GRAPH_AT_ONCE, Numbers, extend_graph, filled, open, paths, photo, photos};
use crate::{
    Batch, Filter, IndexError, Manifest, Penalties, Reader, RowFilter, RowId, RowQuery, RowSet,
    SearchMode, Tags, Writer, verify,
};
use pixseek_record::Condition;
use std::path::Path;
use std::sync::atomic::AtomicBool;

static NEVER: AtomicBool = AtomicBool::new(false);

fn remove(writer: &mut Writer, numbers: impl Iterator<Item = u32>) {
    let removed = numbers.map(|number| format!("/p/{number:05}").into());
    writer
        .commit(Batch {
            removed: removed.collect(),
            ..Batch::default()
        })
        .unwrap();
}

/// Checks that every way to search returns the nearest rows that have a photo, and `k` of them.
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
                for mode in [SearchMode::Exact, SearchMode::Auto, SearchMode::Beam(512)] {
                    let (found, route) = reader.nearest(&query, k, mode, filter).unwrap();
                    let found: Vec<u32> = found.iter().map(|(row, _)| row.0).collect();
                    assert_eq!(found.len(), wanted.len(), "{mode:?} {k} {route:?}");
                    let right = found.iter().filter(|row| wanted.contains(row)).count();
                    // Rounded codes may swap rows of nearly the same distance, and a graph may miss
                    // one.
                    assert!(right * 10 >= wanted.len() * 9, "{mode:?} {k} {route:?}");
                }
            }
        }
    }
}

#[test]
fn removed_photos_leave_no_gaps_in_results() {
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
    let sample = Reader::open(folder.path()).unwrap().sample(1000).unwrap();
    assert_eq!(sample.len(), 3);
    // A photo that comes back has its old row.
    writer
        .commit(photos(vec![photo("/p/00500", None)]))
        .unwrap();
    writer.publish().unwrap();
    check_searches(folder.path(), &vectors, |row| {
        (1..4).contains(&row) || row == 500
    });
    assert!(verify(folder.path()).unwrap().damaged.is_empty());
}

/// A photo manager that writes metadata changes the bytes of a file, but not its picture.
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
    let (mut found, _) = paths(&reader, &vectors[0], 200, SearchMode::Auto);
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 200);
}

#[test]
fn changes_of_rows_are_counted() {
    let (_folder, mut writer, mut numbers) = filled(280);
    let check = |writer: &mut Writer, live, changes, is_sparse| {
        writer.publish().unwrap();
        let manifest = writer.manifest();
        assert_eq!((manifest.live.len(), manifest.row_changes), (live, changes));
        assert_eq!(manifest.is_sparse(), is_sparse);
    };
    check(&mut writer, 280, 280, false);
    check(&mut writer, 280, 280, false);
    remove(&mut writer, 0..70);
    check(&mut writer, 210, 350, false);
    remove(&mut writer, 70..71);
    check(&mut writer, 209, 351, true);
    // Two paths of one row, and one of them gone: the row still counts.
    let copies = ["/a/00075", "/b/00075"].map(|path| photo(path, None));
    writer.commit(photos(copies.to_vec())).unwrap();
    remove(&mut writer, 75..76);
    check(&mut writer, 209, 351, true);
    let new = photo("/new", Some(numbers.vector()));
    writer.commit(photos(vec![new])).unwrap();
    check(&mut writer, 210, 352, true);
    // Compacting renumbers rows, but does not change the library.
    writer.compact(&NEVER).unwrap().unwrap();
    check(&mut writer, 210, 352, false);
    remove(&mut writer, 80..82);
    check(&mut writer, 208, 354, false);
}

/// In a small library, a photo that is removed and comes back has its old row.
#[test]
fn an_index_with_few_dead_rows_is_not_sparse() {
    let (_folder, mut writer, _) = filled(32);
    remove(&mut writer, 0..31);
    writer.publish().unwrap();
    assert!(!writer.manifest().is_sparse());
    remove(&mut writer, 31..32);
    writer.publish().unwrap();
    assert!(writer.manifest().is_sparse());
}

/// The order of rows depends on which threads finish first.
#[test]
fn a_sample_does_not_depend_on_rows() {
    let mut numbers = Numbers(4);
    let mut all: Vec<_> = (0..100_u16)
        .map(|number| {
            let mut photo = photo(&format!("/p/{number}"), Some(numbers.vector()));
            // In another order than the names.
            photo.content = [u8::try_from(number * 37 % 101).unwrap(); 32];
            photo
        })
        .collect();
    let mut samples = Vec::new();
    for _ in 0..2 {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = open(folder.path()).unwrap();
        // In one batch, because the offset of the codes is the mean of the first.
        writer.commit(photos(all.clone())).unwrap();
        writer.publish().unwrap();
        let reader = Reader::open(folder.path()).unwrap();
        let sample = |count| reader.sample(count).unwrap();
        assert_eq!(sample(10), sample(30)[..10]);
        assert_eq!(sample(1000).len(), 100);
        samples.push(sample(30));
        all.reverse();
    }
    for (a, b) in samples[0].iter().flatten().zip(samples[1].iter().flatten()) {
        assert!((a - b).abs() < super::CODED, "{a} {b}");
    }
}

/// Rows with penalties come later, and a larger `k` begins with the same rows.
#[test]
fn penalties_count_in_every_mode() {
    let (folder, mut writer, _) = filled(1000);
    writer.publish().unwrap();
    extend_graph(&mut writer);
    let reader = Reader::open(folder.path()).unwrap();
    let mut numbers = Numbers(8);
    let by_row: Vec<f32> = (0..900).map(|_| numbers.next() * 0.2).collect();
    let penalties = Penalties {
        rows: &by_row,
        others: 0.1,
        weight: 0.5,
    };
    let vector = numbers.vector();
    let best = |penalties, k, mode| {
        let asked = RowQuery {
            vector: &vector,
            penalties,
            mode,
        };
        reader.best_rows(&asked, k, RowFilter::All).unwrap().0
    };
    let mut expected = best(None, 1000, SearchMode::Exact);
    for (row, cosine) in &mut expected {
        let penalty = by_row.get(row.0 as usize).copied().unwrap_or(0.1);
        *cosine -= 0.5 * penalty;
    }
    expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    assert_ne!(expected[0], best(None, 1, SearchMode::Exact)[0]);
    for mode in [SearchMode::Exact, SearchMode::Auto] {
        for k in [1, 10, 62, 500, 1000] {
            assert_eq!(
                best(Some(penalties), k, mode),
                expected[..k],
                "{mode:?} {k}"
            );
        }
    }
}

#[test]
fn a_writer_compacts_and_writes_on() {
    let (folder, mut writer, mut numbers) = filled(300);
    let index = folder.path();
    remove(&mut writer, (0..300).filter(|number| number % 3 > 0));
    writer.publish().unwrap();
    extend_graph(&mut writer);
    let epoch = writer.manifest().epoch;
    let mut tags = Tags::new(epoch, vec!["even".into(), "odd".into()], 1);
    for row in 0..300 {
        tags.push(&[(row % 2, 0.9)]);
    }
    tags.write(index).unwrap();
    let before = Reader::open(index).unwrap();
    let query = numbers.vector();
    let (expected, _) = paths(&before, &query, 100, SearchMode::Exact);
    // Committed but not published.
    let late = photo("/late", Some(numbers.vector()));
    writer.commit(photos(vec![late])).unwrap();

    let report = writer.compact(&NEVER).unwrap().unwrap();
    assert_eq!((report.photos, report.dropped_rows), (101, 200));
    let manifest = Manifest::read(index).unwrap();
    assert_eq!((manifest.rows, manifest.live.len()), (101, 101));
    assert_eq!(&manifest, writer.manifest());
    // The same writer can commit, publish and build graphs.
    let new = photo("/new", Some(numbers.vector()));
    writer.commit(photos(vec![new])).unwrap();
    writer.publish().unwrap();
    extend_graph(&mut writer);
    drop(writer);
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);
    for left in ["catalog", "vectors", "keywords", "tags"] {
        let names = std::fs::read_dir(index.join(left)).unwrap();
        let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let is_new = |name: String| name.starts_with(&manifest.epoch.to_string());
        assert!(names.all(is_new), "{left}");
    }

    let after = Reader::open(index).unwrap();
    let is_old = |path: &String| path.starts_with("/p/");
    let (found, _) = paths(&after, &query, 102, SearchMode::Exact);
    let found: Vec<String> = found.into_iter().filter(is_old).collect();
    assert_eq!(found, expected);
    let (found, _) = paths(&before, &query, 100, SearchMode::Exact);
    assert_eq!(found, expected, "the reader from before");
    // The old reader cannot use labels of the new epoch, because rows have other numbers there.
    let asked = before.filter(&Filter::Is(Condition::Tag("even".into())));
    assert!(matches!(asked, Err(IndexError::Compacted(_))));
    // Every photo still has its vector and its labels.
    let tags = Tags::read(index, manifest.epoch).unwrap().unwrap();
    let mut again = Numbers(1);
    for number in 0..300_usize {
        let vector = again.vector();
        let path = format!("/p/{number:05}");
        let Some((found, record)) = after.photo_at(path.as_bytes()).unwrap() else {
            assert_ne!(number % 3, 0);
            continue;
        };
        let cosine: f32 = found.iter().zip(&vector).map(|(a, b)| a * b).sum();
        assert!((cosine - 1.0).abs() < super::CODED, "{path}: {cosine}");
        let label = tags.of(record.rows.first).next().unwrap().0;
        assert_eq!(label, ["even", "odd"][number % 2], "{path}");
    }
}

#[test]
fn tags_of_another_epoch_are_refused() {
    let (folder, mut writer, _) = filled(10);
    writer.publish().unwrap();
    let tags = Tags::new(writer.manifest().epoch, vec!["dog".into()], 1);
    writer.compact(&NEVER).unwrap().unwrap();
    let refused = tags.write(folder.path());
    assert!(matches!(refused, Err(IndexError::Compacted(_))));
}

#[test]
fn a_stopped_compaction_changes_nothing() {
    let (folder, mut writer, mut numbers) = filled(5000);
    let index = folder.path();
    remove(&mut writer, 0..10);
    writer.publish().unwrap();
    let before = Manifest::read(index).unwrap();
    let stop = AtomicBool::new(true);
    assert_eq!(writer.compact(&stop).unwrap(), None);
    assert_eq!(Manifest::read(index).unwrap(), before);
    for (part, expected) in [("catalog", 1), ("vectors", 1), ("keywords", 1)] {
        let left = std::fs::read_dir(index.join(part)).unwrap().count();
        assert_eq!(left, expected, "{part}");
    }
    let new = photo("/new", Some(numbers.vector()));
    writer.commit(photos(vec![new])).unwrap();
    writer.publish().unwrap();
    drop(writer);
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);
    drop(Writer::open(index, &super::model("a"), GRAPH_AT_ONCE).unwrap());
    assert_eq!(open(index).unwrap().manifest().photos, 4991);
}

/// A run that prunes may be killed after any batch, so the batch itself must owe the erasure.
#[test]
fn removing_for_good_owes_the_erasure_in_the_same_commit() {
    let (folder, mut writer, _) = filled(3);
    for (number, erases) in [(0, false), (1, true)] {
        let removed = vec![format!("/p/{number:05}").into_bytes()];
        let batch = Batch {
            removed,
            erases,
            ..Batch::default()
        };
        writer.commit(batch).unwrap();
        writer.publish().unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap().owes_erasure, erases);
    }
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
