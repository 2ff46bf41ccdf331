use super::{KeywordWriter, Keywords};
use crate::manifest::KeywordsEntry;
use crate::{ModelIdentity, PhotoFacts, PhotoRecord, RowId, Rows, Stamp};
use std::path::Path;

const EPOCH: u64 = 1;

fn record(row: u32) -> PhotoRecord {
    PhotoRecord {
        rows: Rows::one(RowId(row)),
        content: [0; 32],
        stamp: Stamp {
            size: 1,
            modified: 0,
            changed: 0,
            identity: 0,
        },
        facts: PhotoFacts::default(),
        offline: false,
    }
}

/// Adds photos, deletes others and commits.
fn commit(
    index: &Path,
    before: Option<&KeywordsEntry>,
    put: &[&str],
    taken: &[&str],
) -> KeywordsEntry {
    let writer = KeywordWriter::open(index, EPOCH, before).unwrap();
    for (path, row) in put.iter().zip(0..) {
        writer
            .replace(path.as_bytes(), &record(row), false)
            .unwrap();
    }
    for path in taken {
        writer.delete(path.as_bytes());
    }
    writer.commit().unwrap()
}

#[test]
fn deleted_documents_stay_deleted_during_a_merge() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path();
    let first = commit(index, None, &["a", "b", "c"], &[]);
    let second = commit(index, Some(&first), &["d"], &["b"]);

    let mut writer = KeywordWriter::open(index, EPOCH, Some(&second)).unwrap();
    writer.delete(b"a");
    // tantivy merges by itself, at no fixed time, once there are some segments.
    let mut segments = writer.writer.index().searchable_segment_metas().unwrap();
    segments.sort_by_key(tantivy::SegmentMeta::max_doc);
    let ids: Vec<_> = segments.iter().map(tantivy::SegmentMeta::id).collect();
    writer.writer.merge(&ids).wait().unwrap();
    let third = writer.commit().unwrap();

    let mut manifest = crate::Manifest::empty(
        ModelIdentity {
            name: "none".into(),
            fingerprint: String::new(),
            dimension: 1,
            folder: None,
        },
        EPOCH,
    );
    manifest.keywords = Some(third);
    let keywords = Keywords::open(index, &manifest).unwrap();
    let mut paths: Vec<Vec<u8>> = keywords.photos().map(|photo| photo.unwrap().0).collect();
    paths.sort();
    assert_eq!(paths, [b"c", b"d"]);
}
