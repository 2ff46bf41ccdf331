//! Failing writes, damaged journals and catalogs, planted links, and files that are replaced while
//! a reader opens.

use super::damage::{copy, files};
use super::{GRAPH_AT_ONCE, Numbers, extend_graph, filled, open, photo, photos};
use crate::catalog::{Catalog, KeywordState, Transaction};
use crate::{
    IndexError, KeepRows, Manifest, Reader, RootState, RowId, Rows, Writer, journal, remake, verify,
};
use std::path::Path;

pub(super) fn add(writer: &mut Writer, path: &str, numbers: &mut Numbers) {
    let new = photo(path, Some(numbers.vector()));
    writer.commit(photos(vec![new])).unwrap();
}

/// Makes the catalog as a kill may leave it: without a seal, and unreadable for sled.
pub(super) fn lose_catalog(index: &Path, epoch: u64) {
    std::fs::remove_file(index.join(format!("catalog/{epoch}.sealed"))).unwrap();
    std::fs::write(index.join(format!("catalog/{epoch}/db")), b"nothing").unwrap();
}

/// The journal of the published generation.
fn journal_file(index: &Path) -> std::path::PathBuf {
    let generation = Manifest::read(index).unwrap().generation;
    index.join(format!("journal/{generation}.log"))
}

#[test]
fn a_commit_after_a_failed_publication_is_kept() {
    let (folder, mut writer, mut numbers) = filled(5);
    let index = folder.path();
    writer.publish().unwrap();
    add(&mut writer, "/before", &mut numbers);
    // The next journal cannot be opened.
    let next = writer.manifest().generation + 1;
    let obstacle = index.join(format!("journal/{next}.log"));
    std::fs::create_dir(&obstacle).unwrap();
    assert!(writer.publish().is_err());
    assert_eq!(Manifest::read(index).unwrap().generation + 1, next);
    std::fs::remove_dir(&obstacle).unwrap();
    add(&mut writer, "/after", &mut numbers);
    drop(writer);
    lose_catalog(index, 1);
    let mut writer = open(index).unwrap();
    writer.publish().unwrap();
    let reader = Reader::open(index).unwrap();
    for path in ["/before", "/after"] {
        assert!(
            reader.photo_at(path.as_bytes()).unwrap().is_some(),
            "{path}"
        );
    }
}

/// A run that notices the loss may be killed before it has remade the catalog. The next one must
/// notice it, too.
#[test]
fn a_catalog_that_has_lost_data_is_never_sealed() {
    let (folder, mut writer, mut numbers) = filled(5);
    let index = folder.path();
    writer.publish().unwrap();
    drop(writer);
    let old = tempfile::tempdir().unwrap();
    super::damage::copy(&index.join("catalog/1"), old.path());
    let mut writer = open(index).unwrap();
    add(&mut writer, "/late", &mut numbers);
    writer.publish().unwrap();
    drop(writer);
    // After the kill sled opens the catalog in an earlier state.
    std::fs::remove_file(index.join("catalog/1.sealed")).unwrap();
    std::fs::remove_dir_all(index.join("catalog/1")).unwrap();
    super::damage::copy(old.path(), &index.join("catalog/1"));
    // The keywords, from which it is remade, cannot be read.
    std::fs::rename(index.join("keywords"), index.join("kept")).unwrap();
    assert!(open(index).is_err());
    std::fs::rename(index.join("kept"), index.join("keywords")).unwrap();
    let writer = open(index).unwrap();
    assert_eq!(writer.manifest().photos, 6);
    assert!(writer.view().photo(b"/late").unwrap().is_some());
}

#[test]
fn a_writer_whose_manifest_could_not_be_written_writes_nothing_more() {
    let (folder, mut writer, mut numbers) = filled(5);
    let index = folder.path();
    writer.publish().unwrap();
    add(&mut writer, "/before", &mut numbers);
    // A file cannot be renamed over a folder.
    let (place, kept) = (index.join("MANIFEST"), index.join("kept"));
    std::fs::rename(&place, &kept).unwrap();
    std::fs::create_dir(&place).unwrap();
    assert!(writer.publish().is_err());
    let refused = [
        writer.commit(photos(vec![photo("/x", Some(numbers.vector()))])),
        writer.set_root(b"/p", RootState::Online),
        writer.publish(),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(IndexError::Uncertain(_))));
    }
    drop(writer);
    std::fs::remove_dir(&place).unwrap();
    std::fs::rename(&kept, &place).unwrap();
    let mut writer = open(index).unwrap();
    writer.publish().unwrap();
    assert_eq!(writer.manifest().photos, 6);
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);
}

/// Three commits since the publication, each in its own record.
fn journaled() -> (tempfile::TempDir, Vec<u64>) {
    let (folder, mut writer, mut numbers) = filled(5);
    let index = folder.path();
    writer.publish().unwrap();
    let length = || std::fs::metadata(journal_file(index)).unwrap().len();
    let mut ends = vec![length()];
    for path in ["/1", "/2", "/3"] {
        add(&mut writer, path, &mut numbers);
        ends.push(length());
    }
    (folder, ends)
}

#[test]
fn a_changed_record_is_damage_and_an_unfinished_one_is_not() {
    let (folder, ends) = journaled();
    let index = folder.path();
    let path = journal_file(index);
    let generation = Manifest::read(index).unwrap().generation;
    let whole = std::fs::read(&path).unwrap();
    // Any part of the last record may be missing after a kill.
    for end in ends[2]..ends[3] {
        std::fs::write(&path, &whole[..usize::try_from(end).unwrap()]).unwrap();
        let records = journal::read(index, generation).unwrap();
        assert_eq!((records.transactions.len(), records.end), (2, ends[2]));
    }
    // Any changed byte of the records before it is damage, also in lengths and checksums.
    for at in ends[0]..ends[2] {
        let mut changed = whole.clone();
        changed[usize::try_from(at).unwrap()] ^= 0x10;
        std::fs::write(&path, changed).unwrap();
        let refused = journal::read(index, generation);
        assert!(matches!(refused, Err(IndexError::Damaged { .. })), "{at}");
        let records = journal::salvage(index, generation).unwrap();
        assert_eq!(
            (records.transactions.len(), records.end),
            (2, ends[3]),
            "{at}"
        );
    }
}

#[test]
fn a_writer_refuses_a_damaged_journal_and_rebuild_keeps_whole_records() {
    for is_catalog_lost in [false, true] {
        let (folder, ends) = journaled();
        let index = folder.path();
        let path = journal_file(index);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[usize::try_from(ends[1]).unwrap() + 20] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        if is_catalog_lost {
            lose_catalog(index, 1);
        }
        assert!(matches!(open(index), Err(IndexError::Damaged { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "nothing is cut off");
        assert!(!verify(index).unwrap().damaged.is_empty());

        drop(remake(index, KeepRows::Known, GRAPH_AT_ONCE).unwrap());
        let reader = Reader::open(index).unwrap();
        let has = |path: &str| reader.photo_at(path.as_bytes()).unwrap().is_some();
        assert!(has("/1") && has("/3"));
        // The commit is in the catalog. Without the catalog it was only in the damaged record.
        assert_eq!(has("/2"), !is_catalog_lost);
        let report = verify(index).unwrap();
        assert!(report.damaged.is_empty(), "{:?}", report.damaged);
    }
}

/// The next writer recovers after a kill, not `verify`.
#[test]
fn verify_changes_nothing() {
    let state = |index: &Path| -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let files = files(index).into_iter();
        let files = files.filter(|path| !path.ends_with("LOCK"));
        files
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect()
    };
    let (folder, _) = journaled();
    for is_killed in [false, true] {
        let index = folder.path();
        if is_killed {
            lose_catalog(index, 1);
            let vectors = index.join("vectors/1.bin");
            let mut longer = std::fs::read(&vectors).unwrap();
            longer.extend([7; 777]);
            std::fs::write(vectors, longer).unwrap();
        }
        let before = state(index);
        let report = verify(index).unwrap();
        assert!(report.damaged.is_empty(), "{:?}", report.damaged);
        assert!(report.unchecked.is_none());
        assert_eq!(state(index), before);
    }
}

/// A catalog that sled opens, but whose trees contradict each other.
#[test]
fn rebuild_mends_a_catalog_that_contradicts_itself() {
    let (folder, mut writer, _) = filled(10);
    let index = folder.path();
    writer.publish().unwrap();
    drop(writer);
    let catalog = Catalog::open(index, 1).unwrap();
    let transaction = Transaction {
        commit: catalog.commit().unwrap(),
        contents: vec![([9; 32], Rows::one(RowId(77)))],
        rows: 10,
        ..Transaction::default()
    };
    catalog.apply(&transaction, KeywordState::Pending).unwrap();
    catalog.close().unwrap();
    let (writer, report) = remake(index, KeepRows::Known, GRAPH_AT_ONCE).unwrap();
    assert!(report.from_keywords);
    assert_eq!(writer.manifest().photos, 10);
    drop(writer);
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);
}

/// A reader has read `MANIFEST`, and a writer replaces the graph that it names.
#[test]
fn a_graph_that_was_replaced_is_no_damage() {
    let (folder, mut writer, mut numbers) = filled(50);
    let index = folder.path();
    writer.publish().unwrap();
    extend_graph(&mut writer);
    let read = Manifest::read(index).unwrap();
    for number in 0..60 {
        add(&mut writer, &format!("/new/{number}"), &mut numbers);
    }
    writer.publish().unwrap();
    extend_graph(&mut writer);
    let reader = Reader::open_from(index, read.clone()).unwrap();
    assert_eq!(reader.damage(), Vec::<String>::new());
    assert_eq!(reader.manifest().photos, 110);
    // A graph that is missing for another reason is damage. Searches work without it.
    let other = tempfile::tempdir().unwrap();
    copy(index, other.path());
    std::fs::remove_dir_all(other.path().join("graph")).unwrap();
    let reader = Reader::open(other.path()).unwrap();
    assert_eq!(reader.damage().len(), 1);
}

/// Opening a pipe waits for its other end, and a search would hang.
#[cfg(unix)]
#[test]
fn pipes_in_an_index_are_refused_and_not_waited_for() {
    let (folder, writer, _) = filled(3);
    drop(writer);
    let manifest = folder.path().join("MANIFEST");
    std::fs::remove_file(&manifest).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&manifest).status();
    assert!(made.unwrap().success());
    let error = Reader::open(folder.path()).map(drop).unwrap_err();
    assert!(
        matches!(&error, IndexError::Io { path, .. } if *path == manifest),
        "{error}"
    );
    let refused = open(folder.path()).map(drop);
    assert!(matches!(refused, Err(IndexError::Special(found)) if found == manifest));
}

/// A writer removes the files in its folders that it does not need.
#[cfg(unix)]
#[test]
fn planted_links_stop_a_writer_before_it_changes_anything() {
    let (folder, writer, _) = filled(3);
    drop(writer);
    let index = folder.path();
    let elsewhere = tempfile::tempdir().unwrap();
    let valuable = elsewhere.path().join("valuable");
    for planted in ["graph", "journal/99.log", "keywords/1/link", "saved.lock"] {
        std::fs::write(&valuable, "kept").unwrap();
        let link = index.join(planted);
        std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
        let refused = [
            open(index).map(drop),
            remake(index, KeepRows::Known, GRAPH_AT_ONCE).map(drop),
        ];
        for refused in refused {
            assert!(matches!(refused, Err(IndexError::Special(found)) if found == link));
        }
        assert_eq!(std::fs::read(&valuable).unwrap(), b"kept");
        std::fs::remove_file(&link).unwrap();
    }
    open(index).unwrap();
}
