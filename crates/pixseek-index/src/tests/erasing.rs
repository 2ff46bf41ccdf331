//! What was forgotten is in no file any more.

use super::damage::files;
use super::failing::{add, lose_catalog};
use super::{CODED, GRAPH_AT_ONCE, Numbers, extend_graph, filled, open, photo, photos};
use crate::codec::FITTED_ROWS;
use crate::matrix::Matrix;
use crate::vectors::vectors_path;
use crate::{
    Batch, FailureKind, FailureRecord, FoundPhoto, KeepRows, Manifest, Reader, RootState,
    RowFilter, RowId, SearchMode, Writer, remake, verify,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const NAME: &[u8] = b"zyxwvu-name";
const CAPTION: &[u8] = b"quokkaquokka";
const FAILURE: &[u8] = b"zyxwvu-broken";
const CONTENT: [u8; 32] = *b"the hash of a photo's content...";

/// More rows than the codec is around.
const KEPT: usize = FITTED_ROWS + 36;

/// Photos that are kept, and behind them a folder that is to be forgotten: a photo, a copy of a
/// kept one, and a failure.
fn with_secrets() -> (tempfile::TempDir, Writer, Numbers) {
    let (folder, mut writer, mut numbers) = filled(KEPT);
    writer.set_root(b"/p", RootState::Online).unwrap();
    writer.set_root(b"/s", RootState::Online).unwrap();
    let mut secret = photo("/s/zyxwvu-name", Some(numbers.vector()));
    secret.content = CONTENT;
    secret.facts.notes.caption = Some(String::from_utf8_lossy(CAPTION).into());
    let copy = FoundPhoto {
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
    // Behind them all rows have the same.
    code.truncate(manifest.model.dimension);
    code
}

/// The files of an index that have these bytes.
fn found(index: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let has = |path: &PathBuf| {
        let content = std::fs::read(path).unwrap();
        content.windows(bytes.len()).any(|part| part == bytes)
    };
    files(index).into_iter().filter(has).collect()
}

#[test]
fn nothing_of_a_forgotten_photo_is_left() {
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
    // The codes of all others are those that they were, also of what had a copy there.
    assert_eq!(code(index, 5), kept);
    drop(writer);
    for secret in &secrets {
        assert!(found(index, secret).is_empty());
    }
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);
}

/// The vectors that came first are what all others are coded around.
#[test]
fn the_codec_tells_nothing_of_a_forgotten_photo() {
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
            // Its row goes, and nothing tells any more that it was there, but the codec.
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
            // Coded twice.
            assert!((found[0].1 - 1.0).abs() < 2.0 * CODED, "{found:?}");
        }
        // Nor when nothing is left to be coded around.
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
        // A kill that sled does not survive.
        drop(writer);
        lose_catalog(index, 1);
        assert!(owes(index));
        // What comes in between changes nothing.
        let mut writer = open(index).unwrap();
        add(&mut writer, "/p/new", &mut numbers);
        writer.publish().unwrap();
        assert!(writer.manifest().owes_erasure);
        drop(writer);
        // `rebuild` keeps what no photo has, but not here.
        let (writer, _) = remake(index, KeepRows::Known, GRAPH_AT_ONCE).unwrap();
        assert!(!writer.manifest().owes_erasure);
        drop(writer);
        assert_eq!(found(index, NAME), Vec::<PathBuf>::new());
        assert!(!owes(index));
    }
}

/// Photos that are only gone are not forgotten, until a run is told to.
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
