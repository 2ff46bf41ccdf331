//! Every file, with flipped bytes and truncated. The result is an error that names the file, or a
//! search that leaves damaged rows out, but never a panic or a wrong result.

use super::{GRAPH_AT_ONCE, extend_graph, filled, model, paths};
use crate::{
    IndexError, KeepRows, Reader, RowFilter, SearchMode, Writer, read_failures, remake, verify,
};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A number of photos that fills whole blocks: the bytes of free rows are not checked.
const PHOTOS: usize = 128;

/// Makes an index with all parts and closes it. Returns a query, and all photos sorted by it.
fn whole() -> (TempDir, Vec<f32>, Vec<String>) {
    let (folder, mut writer, mut numbers) = filled(PHOTOS);
    writer.publish().unwrap();
    extend_graph(&mut writer);
    drop(writer);
    let query = numbers.vector();
    let reader = Reader::open(folder.path()).unwrap();
    let (order, _) = paths(&reader, &query, PHOTOS, SearchMode::Exact);
    (folder, query, order)
}

pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

pub(super) fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(file, target).unwrap();
    }
}

/// Calls `check` with every damaged form of every file, and restores the file afterwards.
fn damaged(folder: &Path, places: usize, mut check: impl FnMut(&Path)) {
    for path in files(folder) {
        let whole = std::fs::read(&path).unwrap();
        let step = whole.len() / places + 1;
        for position in (0..whole.len()).step_by(step) {
            let mut flipped = whole.clone();
            flipped[position] ^= 1 << (position % 8);
            std::fs::write(&path, flipped).unwrap();
            check(&path);
            std::fs::write(&path, &whole[..position]).unwrap();
            check(&path);
        }
        std::fs::write(&path, whole).unwrap();
    }
}

#[test]
fn searches_find_the_right_photos_or_say_what_is_damaged() {
    let (folder, query, order) = whole();
    let index = folder.path();
    let mut refused = 0;
    let mut answered = 0;
    damaged(index, 60, |path| {
        let answer = Reader::open(index).and_then(|reader| {
            let (rows, _) = reader.nearest(&query, 5, SearchMode::Auto, RowFilter::All)?;
            let mut hits = Vec::new();
            for (row, _) in rows {
                hits.extend(reader.photos_of(row, None)?);
            }
            Ok((hits, reader.damage()))
        });
        match answer {
            Err(IndexError::Damaged { path: named, .. }) => {
                refused += 1;
                assert!(
                    named == path || path.starts_with(&named),
                    "{named:?} {path:?}"
                );
            }
            Err(IndexError::Io { path: named, .. }) => assert_eq!(named, path),
            Err(error) => panic!("{path:?}: {error}"),
            Ok((hits, damage)) => {
                answered += 1;
                let found = hits
                    .into_iter()
                    .map(|(path, _)| String::from_utf8(path).unwrap());
                let found: Vec<String> = found.collect();
                if damage.is_empty() {
                    assert_eq!(found, order[..5], "{path:?}");
                } else {
                    // Some rows are left out, and the others are in order.
                    let mut rest = order.iter();
                    assert!(
                        found.iter().all(|hit| rest.any(|path| path == hit)),
                        "{path:?}"
                    );
                }
            }
        }
        // Searches do not read the list of failures.
        let _ = read_failures(index);
    });
    assert!(refused > 100 && answered > 100, "{refused} {answered}");
}

#[test]
fn verify_finds_every_damage() {
    let (folder, ..) = whole();
    let copied = tempfile::tempdir().unwrap();
    let index = copied.path();
    damaged(folder.path(), 5, |path| {
        // Opening changes the catalog, so each time begins with a fresh copy.
        std::fs::remove_dir_all(index).unwrap();
        copy(folder.path(), index);
        let report = verify(index).unwrap();
        let name = path.strip_prefix(folder.path()).unwrap();
        // The lock has only the number of a process.
        if name != Path::new("LOCK") {
            assert!(!report.damaged.is_empty(), "{name:?}");
        }
    });
    std::fs::remove_dir_all(index).unwrap();
    copy(folder.path(), index);
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);
}

#[test]
fn a_writer_refuses_damage_and_rebuild_mends_it() {
    let (folder, query, order) = whole();
    let copied = tempfile::tempdir().unwrap();
    let index = copied.path();
    damaged(folder.path(), 4, |path| {
        std::fs::remove_dir_all(index).unwrap();
        copy(folder.path(), index);
        let name = path.strip_prefix(folder.path()).unwrap();
        let opened = Writer::open(index, &model("a"), GRAPH_AT_ONCE);
        if name.starts_with("catalog") || name == Path::new("MANIFEST") {
            assert!(opened.is_err(), "{name:?}");
        }
        drop(opened);
        let (writer, report) = remake(index, KeepRows::Known, GRAPH_AT_ONCE).unwrap();
        drop(writer);
        let lost = usize::try_from(report.lost_photos).unwrap();
        assert!(lost == 0 || name.starts_with("vectors"), "{name:?}");
        let reader = Reader::open(index).unwrap();
        let (found, _) = paths(&reader, &query, PHOTOS, SearchMode::Exact);
        assert_eq!(found.len() + lost, PHOTOS, "{name:?}");
        let mut rest = order.iter();
        assert!(
            found.iter().all(|hit| rest.any(|path| path == hit)),
            "{name:?}"
        );
        let report = verify(index).unwrap();
        assert!(report.damaged.is_empty(), "{name:?}: {:?}", report.damaged);
    });
}

#[test]
fn missing_files_are_named_and_remade() {
    let (folder, query, order) = whole();
    let copied = tempfile::tempdir().unwrap();
    let index = copied.path();
    for path in files(folder.path()) {
        let name = path.strip_prefix(folder.path()).unwrap();
        std::fs::remove_dir_all(index).unwrap();
        copy(folder.path(), index);
        std::fs::remove_file(index.join(name)).unwrap();
        match Reader::open(index) {
            Err(IndexError::Damaged { path: named, .. }) => assert_eq!(named, index.join(name)),
            Err(error) => assert!(matches!(error, IndexError::Absent(_)), "{name:?}: {error}"),
            Ok(reader) => {
                let (found, _) = paths(&reader, &query, PHOTOS, SearchMode::Exact);
                assert_eq!(found, order, "{name:?}");
            }
        }
        let (writer, report) = remake(index, KeepRows::Known, GRAPH_AT_ONCE).unwrap();
        drop(writer);
        let reader = Reader::open(index).unwrap();
        let (found, _) = paths(&reader, &query, PHOTOS, SearchMode::Exact);
        if name.starts_with("vectors") {
            assert_eq!(report.lost_photos, PHOTOS as u64);
        } else {
            assert_eq!(found, order, "{name:?}");
        }
    }
}
