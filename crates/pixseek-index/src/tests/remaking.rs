//! Compacting and rebuilding beside open readers.

use super::{GRAPH_AT_ONCE, Numbers, extend_graph, filled, model, open, paths, photo, photos};
use crate::{
    Batch, FailureKind, FailureRecord, IndexError, KeepRows, Manifest, Reader, RootState,
    SearchMode, Writer, catalog, remake, verify,
};
use std::sync::atomic::AtomicBool;

#[test]
fn compacting_drops_dead_rows_and_nothing_else() {
    let (folder, mut writer, mut numbers) = filled(200);
    let index = folder.path();
    let removed = (0..200).filter(|number| number % 3 == 0);
    writer
        .commit(Batch {
            removed: removed
                .map(|number| format!("/p/{number:05}").into())
                .collect(),
            failures: vec![(
                b"/broken".to_vec(),
                FailureRecord {
                    stamp: photo("x", None).stamp,
                    kind: FailureKind::Corrupt,
                    reason: "cut off".into(),
                },
            )],
            ..Batch::default()
        })
        .unwrap();
    writer.set_root(b"/p", RootState::Offline).unwrap();
    writer.publish().unwrap();
    extend_graph(&mut writer);
    drop(writer);
    let query = numbers.vector();
    let before = Reader::open(index).unwrap();
    let (expected, _) = paths(&before, &query, 200, SearchMode::Exact);
    let manifest = Manifest::read(index).unwrap();

    // A content that rebuild keeps can come back without a vector.
    drop(remake(index, KeepRows::Known, GRAPH_AT_ONCE).unwrap());
    let mut writer = open(index).unwrap();
    assert_eq!(writer.manifest().rows, 200);
    let back = photos(vec![photo("/p/00003", None)]);
    writer.commit(back).unwrap();
    writer
        .commit(Batch {
            removed: vec![b"/p/00003".to_vec()],
            ..Batch::default()
        })
        .unwrap();
    writer.publish().unwrap();
    drop(writer);

    let (writer, report) = remake(index, KeepRows::Live, GRAPH_AT_ONCE).unwrap();
    drop(writer);
    assert_eq!((report.photos, report.dropped_rows), (133, 67));
    let after = Manifest::read(index).unwrap();
    assert_eq!(after.rows, 133);
    assert_eq!(after.roots, manifest.roots);
    assert_eq!((after.photos, after.failures), (manifest.photos, 1));
    // The old reader still works.
    for reader in [&before, &Reader::open(index).unwrap()] {
        let (found, _) = paths(reader, &query, 200, SearchMode::Exact);
        assert_eq!(found, expected);
    }
    assert!(!index.join("catalog/1").exists());
}

/// A remade index or catalog has the old precision.
#[test]
fn the_precision_stays() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path();
    let precision = || Manifest::read(index).unwrap().precision;
    let mut writer = Writer::open(index, &model("a"), GRAPH_AT_ONCE).unwrap();
    assert_eq!(precision(), None);
    writer.set_precision("bf16").unwrap();
    // It is in `MANIFEST` at once: after a kill there must be no rows of an unknown precision.
    assert_eq!(precision().as_deref(), Some("bf16"));
    writer.set_precision("bf16").unwrap();
    let other = writer.set_precision("f32");
    assert!(matches!(other, Err(IndexError::OtherPrecision { .. })));
    let mut numbers = Numbers(1);
    let photo = photo("/p/1", Some(numbers.vector()));
    writer.commit(photos(vec![photo])).unwrap();
    writer.publish().unwrap();
    writer.compact(&AtomicBool::new(false)).unwrap();
    assert_eq!(precision().as_deref(), Some("bf16"));
    drop(writer);
    // The catalog is remade from the publication, and `MANIFEST` from the catalog.
    let manifest = Manifest::read(index).unwrap();
    catalog::remove(index, manifest.epoch).unwrap();
    drop(Writer::open(index, &model("a"), GRAPH_AT_ONCE).unwrap());
    std::fs::remove_file(index.join("MANIFEST")).unwrap();
    drop(remake(index, KeepRows::Known, GRAPH_AT_ONCE).unwrap());
    assert_eq!(precision().as_deref(), Some("bf16"));
    assert!(verify(index).unwrap().damaged.is_empty());
}

/// A copy of `MANIFEST` from before the precision was chosen.
#[test]
fn vectors_of_an_unknown_precision_are_damage() {
    let (folder, writer, _) = filled(3);
    drop(writer);
    let unknown = Manifest {
        precision: None,
        ..Manifest::read(folder.path()).unwrap()
    };
    unknown.write(folder.path()).unwrap();
    assert_eq!(verify(folder.path()).unwrap().damaged.len(), 1);
}

#[test]
fn forgotten_contents_need_a_vector_again() {
    let (_folder, mut writer, mut numbers) = filled(3);
    writer
        .commit(Batch {
            removed: vec![b"/p/00001".to_vec()],
            ..Batch::default()
        })
        .unwrap();
    assert_eq!(writer.forget_contents().unwrap(), 1);
    assert!(
        writer
            .commit(photos(vec![photo("/p/00001", None)]))
            .is_err()
    );
    let again = photo("/p/00001", Some(numbers.vector()));
    writer.commit(photos(vec![again])).unwrap();
}

/// After a kill, sled cannot read the catalog. It is remade from the publication and the journal,
/// including photos whose rows only the lost catalog knew.
#[test]
fn a_remade_catalog_has_every_commit() {
    let (folder, mut writer, mut numbers) = filled(10);
    let index = folder.path();
    writer
        .commit(Batch {
            removed: vec![b"/p/00004".to_vec()],
            ..Batch::default()
        })
        .unwrap();
    writer.set_root(b"/p", RootState::Online).unwrap();
    writer.publish().unwrap();
    let back = photo("/q/00004", None);
    writer.commit(photos(vec![back])).unwrap();
    let new = photo("/q/new", Some(numbers.vector()));
    writer.commit(photos(vec![new])).unwrap();
    let offline = vec![b"/p/00001".to_vec()];
    writer
        .commit(Batch {
            offline,
            ..Batch::default()
        })
        .unwrap();
    drop(writer);
    std::fs::remove_file(index.join("catalog/1.sealed")).unwrap();
    std::fs::write(index.join("catalog/1/db"), b"nothing").unwrap();

    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);
    let mut writer = open(index).unwrap();
    writer.publish().unwrap();
    let manifest = writer.manifest();
    assert_eq!((manifest.photos, manifest.offline), (11, 1));
    assert_eq!(manifest.roots.len(), 1);
    let reader = Reader::open(index).unwrap();
    for path in ["/q/00004", "/q/new"] {
        assert!(reader.photo_at(path.as_bytes()).unwrap().is_some());
    }
}

#[test]
fn readers_can_open_while_a_writer_publishes() {
    let (folder, mut writer, mut numbers) = filled(20);
    let index = folder.path().to_path_buf();
    writer.publish().unwrap();
    let query = numbers.vector();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let searching = scope.spawn(|| {
            let mut searches = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) || searches == 0 {
                let reader = Reader::open(&index).unwrap();
                let (found, _) = paths(&reader, &query, 1000, SearchMode::Auto);
                assert_eq!(found.len() as u64, reader.manifest().photos);
                searches += 1;
            }
        });
        for round in 0..30 {
            let new = photo(&format!("/new/{round}"), Some(numbers.vector()));
            writer.commit(photos(vec![new])).unwrap();
            writer.publish().unwrap();
        }
        drop(writer);
        for keep in [KeepRows::Known, KeepRows::Live] {
            drop(remake(&index, keep, GRAPH_AT_ONCE).unwrap());
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        searching.join().unwrap();
    });
}
