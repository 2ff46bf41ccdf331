//! Forgotten photos are erased from every file.

use super::damage::files;
use super::failing::{add, lose_catalog};
use super::{CODED, GRAPH_AT_ONCE, Numbers, extend_graph, filled, open, photo, photos};
use crate::codec::FITTED_ROWS;
use crate::matrix::Matrix;
use crate::vectors::vectors_path;
use crate::{
    Batch, FailureKind, FailureRecord, KeepRows, Manifest, NewPhoto, Reader, RootState, RowFilter,
    RowId, SearchMode, Writer, remake, verify,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const NAME: &[u8] = b"zyxwvu-name";
const CAPTION: &[u8] = b"quokkaquokka";
const FAILURE: &[u8] = b"zyxwvu-broken";
const CONTENT: [u8; 32] = *b"the hash of a photo's content...";

/// More rows than the offset of the codec is the mean of.
const KEPT: usize = FITTED_ROWS + 36;

/// Photos to keep, and then a folder to forget: a photo, a copy of a photo that is kept, and a
/// failure.
fn with_secrets() -> (tempfile::TempDir, Writer, Numbers) {
    let (folder, mut writer, mut numbers) = filled(KEPT);
    writer.set_root(b"/p", RootState::Online).unwrap();
    writer.set_root(b"/s", RootState::Online).unwrap();
    let mut secret = photo("/s/zyxwvu-name", Some(numbers.vector()));
    secret.content = CONTENT;
    secret.facts.notes.caption = Some(String::from_utf8_lossy(CAPTION).into());
    let copy = NewPhoto {
        path: b"/s/zyxwvu-copy".to_vec(),
        ..photo("/p/00005", None)
    };
    let failure = FailureRecord {
        stamp: copy.stamp,
        kind: FailureKind::Corrupt,
        reason: "cut off".into(),
    };
    writer
        .commit(Batch {
            failures: vec![(b"/s/zyxwvu-broken".to_vec(), failure)],
            ..photos(vec![secret, copy])
        })
        .unwrap();
    writer.publish().unwrap();
    extend_graph(&mut writer);
    (folder, writer, numbers)
}

/// The coarse codes of a row.
fn code(index: &Path, row: usize) -> Vec<u8> {
    let manifest = Manifest::read(index).unwrap();
    let (epoch, rows) = (manifest.epoch, manifest.rows);
    let matrix = Matrix::open(index, epoch, manifest.model.dimension, rows).unwrap();
    let row = RowId(u32::try_from(row).unwrap());
    let mut code = matrix.code(row).unwrap().coarse;
    // The bytes behind these are the same in all rows.
    code.truncate(manifest.model.dimension);
    code
}

/// The files of an index that contain these bytes.
fn found(index: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let has = |path: &PathBuf| {
        let content = std::fs::read(path).unwrap();
        content.windows(bytes.len()).any(|part| part == bytes)
    };
    files(index).into_iter().filter(has).collect()
}

#[test]
fn a_forgotten_photo_leaves_no_bytes() {
    let (folder, mut writer, _) = with_secrets();
    let index = folder.path();
    let kept = code(index, 5);
    let secrets = [
        NAME.to_vec(),
        CAPTION.to_vec(),
        FAILURE.to_vec(),
        CONTENT.to_vec(),
        b"zyxwvu-copy".to_vec(),
        code(index, KEPT),
    ];
    for secret in &secrets {
        assert!(!found(index, secret).is_empty(), "{secret:?}");
    }
    assert!(!writer.manifest().owes_erasure);
    writer.forget(b"/s").unwrap();
    writer.publish().unwrap();
    assert!(writer.manifest().owes_erasure);
    for secret in [&secrets[0], &secrets[5]] {
        assert!(
            !found(index, secret).is_empty(),
            "publishing erases {secret:?}"
        );
    }
    let stop = AtomicBool::new(false);
    let report = writer.compact(&stop).unwrap().unwrap();
    assert_eq!((report.photos, report.dropped_rows), (KEPT as u64, 1));
    assert!(!writer.manifest().owes_erasure);
    for secret in &secrets {
        let left = found(index, secret);
        assert!(left.is_empty(), "{secret:?} in {left:?}");
    }
    // The codes of all others are unchanged, also of the photo that had a copy there.
    assert_eq!(code(index, 5), kept);
    drop(writer);
    for secret in &secrets {
        assert!(found(index, secret).is_empty());
    }
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);
}

/// The offset of the codec is the mean of the first vectors.
#[test]
fn the_offset_does_not_include_a_forgotten_photo() {
    for was_removed in [false, true] {
        let (folder, mut writer, _) = filled(0);
        let index = folder.path();
        let mut numbers = Numbers(7);
        let secret = numbers.vector();
        let first = photos(vec![photo("/s/first", Some(secret.clone()))]);
        writer.commit(first).unwrap();
        let vectors: Vec<Vec<f32>> = (0..100).map(|_| numbers.vector()).collect();
        let all = vectors.iter().zip(0..);
        let all =
            all.map(|(vector, number)| photo(&format!("/p/{number:03}"), Some(vector.clone())));
        writer.commit(photos(all.collect())).unwrap();
        add(&mut writer, "/s/last", &mut numbers);
        writer.publish().unwrap();
        if was_removed {
            // Its row is removed. Only the codec still depends on it.
            writer
                .commit(Batch {
                    removed: vec![b"/s/first".to_vec()],
                    ..Batch::default()
                })
                .unwrap();
            writer.publish().unwrap();
            writer.compact(&AtomicBool::new(false)).unwrap();
        }
        let bytes: Vec<u8> = secret.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert!(
            found(index, &bytes).len() > 1,
            "the vectors and the catalog"
        );
        forget(&mut writer, b"/s");
        assert_eq!(found(index, &bytes), Vec::<PathBuf>::new());
        let reader = Reader::open(index).unwrap();
        for vector in &vectors {
            let found = reader.nearest(vector, 1, SearchMode::Exact, RowFilter::All);
            let (found, _) = found.unwrap();
            // It was encoded twice.
            assert!((found[0].1 - 1.0).abs() < 2.0 * CODED, "{found:?}");
        }
        // The same if no vector is left.
        let path = vectors_path(index, writer.manifest().epoch);
        let offset = std::fs::read(path).unwrap()[24..24 + bytes.len()].to_vec();
        assert_eq!(
            found(index, &offset).len(),
            2,
            "the vectors and the catalog"
        );
        forget(&mut writer, b"/p");
        assert_eq!(found(index, &offset), Vec::<PathBuf>::new());
        add(&mut writer, "/q/new", &mut numbers);
        writer.publish().unwrap();
        assert_eq!(Reader::open(index).unwrap().live().len(), 1);
    }
}

/// Forgets and erases.
fn forget(writer: &mut Writer, path: &[u8]) {
    writer.forget(path).unwrap();
    writer.publish().unwrap();
    writer.compact(&AtomicBool::new(false)).unwrap();
}

#[test]
fn an_erasure_is_owed_until_it_is_done() {
    let owes = |index: &Path| {
        let mut writer = open(index).unwrap();
        if !writer.is_published().unwrap() {
            writer.publish().unwrap();
        }
        writer.manifest().owes_erasure
    };
    for is_published in [false, true] {
        let (folder, mut writer, mut numbers) = with_secrets();
        let index = folder.path();
        writer.forget(b"/s").unwrap();
        if is_published {
            writer.publish().unwrap();
        }
        // A kill after which sled cannot read the catalog.
        drop(writer);
        lose_catalog(index, 1);
        assert!(owes(index));
        // Other commits do not change that.
        let mut writer = open(index).unwrap();
        add(&mut writer, "/p/new", &mut numbers);
        writer.publish().unwrap();
        assert!(writer.manifest().owes_erasure);
        drop(writer);
        // `rebuild` keeps rows without a photo, but not if the index owes an erasure.
        let (writer, _) = remake(index, KeepRows::Known, GRAPH_AT_ONCE).unwrap();
        assert!(!writer.manifest().owes_erasure);
        drop(writer);
        assert_eq!(found(index, NAME), Vec::<PathBuf>::new());
        assert!(!owes(index));
    }
}

/// Removed photos are only forgotten if the batch says so.
#[test]
fn pruning_owes_an_erasure_and_removing_does_not() {
    let (folder, mut writer, _) = filled(5);
    writer
        .commit(Batch {
            removed: vec![b"/p/00001".to_vec()],
            ..Batch::default()
        })
        .unwrap();
    writer.publish().unwrap();
    assert!(!writer.manifest().owes_erasure);
    assert_eq!(writer.forget_contents().unwrap(), 1);
    assert!(!writer.is_published().unwrap());
    writer.publish().unwrap();
    assert!(Manifest::read(folder.path()).unwrap().owes_erasure);
}
