//! `index/v3`: an index as this version of the format writes it. `PIXSEEK_MAKE_GOLDEN=DIR cargo
//! test golden` makes one elsewhere.

use super::damage::copy;
use super::{Numbers, extend_graph, open, photo, photos};
use crate::manifest::FORMAT;
use crate::{
    Batch, Condition, FailureRecord, Filter, FoundPhoto, IndexError, PhotoFacts, PhotoNotes, Plan,
    Reader, RootSettings, RootState, RowId, SearchMode, read_failures, verify,
};
use std::path::Path;

const PHOTOS: usize = 70;
const NOT_UTF_8: &[u8] = b"/p/caf\xe9";

/// Photos with every kind of fact, in a graph; one removed, one offline, one failure; and two
/// commits that were not published.
fn make(index: &Path) {
    let mut writer = open(index).unwrap();
    writer.set_settings(b"/p", settings()).unwrap();
    writer.set_root(b"/p", RootState::Online).unwrap();
    let mut numbers = Numbers(1);
    let mut all: Vec<FoundPhoto> = (0..PHOTOS)
        .map(|number| photo(&format!("/p/{number:02}"), Some(numbers.vector())))
        .collect();
    all[1].path = NOT_UTF_8.to_vec();
    all[2].facts = facts(FORMAT);
    writer.commit(photos(all)).unwrap();
    let failure = FailureRecord {
        stamp: photo("x", None).stamp,
        reason: "cut off".into(),
        advice: "restore it from a backup".into(),
    };
    writer
        .commit(Batch {
            removed: vec![b"/p/03".to_vec()],
            offline: vec![b"/p/04".to_vec()],
            failures: vec![
                (b"/p/broken".to_vec(), failure.clone()),
                (b"/p/private/x".to_vec(), failure),
            ],
            ..Batch::default()
        })
        .unwrap();
    writer.forget(b"/p/private").unwrap();
    writer.publish().unwrap();
    extend_graph(&mut writer);
    let late = photo("/p/late", Some(numbers.vector()));
    writer.commit(photos(vec![late])).unwrap();
    let back = photo("/q/03", None);
    writer.commit(photos(vec![back])).unwrap();
}

fn settings() -> RootSettings {
    RootSettings {
        hidden: true,
        follow_links: false,
        one_file_system: true,
        excludes: vec!["*.tmp.*".into()],
    }
}

/// All that a format knows of a photo.
fn facts(format: u32) -> PhotoFacts {
    let notes = PhotoNotes {
        title: Some("Evening on the Rialto".into()),
        caption: Some("Gondolas and lamps".into()),
        keywords: vec!["bridge".into(), "Grandma".into()],
        rating: Some(4),
    };
    PhotoFacts {
        difference_hash: None,
        width: 4000,
        height: 3000,
        taken: Some("2008-05-30T15:56:01+02:00".into()),
        taken_seconds: Some(1_212_162_961),
        camera: Some("Canon EOS 40D".into()),
        lens: Some("EF-S 17-85mm".into()),
        place: Some((45.44, 12.33)),
        notes: if format > 2 {
            notes
        } else {
            PhotoNotes::default()
        },
    }
}

#[test]
fn every_format_is_read_for_ever() {
    if let Some(folder) = std::env::var_os("PIXSEEK_MAKE_GOLDEN") {
        make(Path::new(&folder));
    }
    is_read(FORMAT);
}

fn is_read(format: u32) {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path();
    copy(Path::new(&format!("../../index/v{format}")), index);

    let reader = Reader::open(index).unwrap();
    let manifest = reader.manifest();
    let counts = (manifest.photos, manifest.offline, manifest.failures);
    assert_eq!(counts, (PHOTOS as u64 - 1, 1, 1));
    assert_eq!(manifest.roots[0].path.bytes(), b"/p");
    assert_eq!(manifest.roots[0].settings, settings());
    assert_eq!(manifest.forgotten[0].bytes(), b"/p/private");
    let mut numbers = Numbers(1);
    for number in 0..PHOTOS {
        let vector = numbers.vector();
        let path = format!("/p/{number:02}");
        let path = if number == 1 {
            NOT_UTF_8
        } else {
            path.as_bytes()
        };
        let (rows, plan) = reader.rows(&vector, 1, SearchMode::Beam(64), None);
        assert!(matches!(plan, Plan::Graph { rows: PHOTOS, .. }));
        assert_eq!(rows[0].0, RowId(u32::try_from(number).unwrap()));
        let (hits, _) = reader.search(&vector, 1, SearchMode::Planned).unwrap();
        // A row that nobody has any more.
        if number == 3 {
            assert_ne!(hits[0].path, path);
            continue;
        }
        assert_eq!(hits[0].path, path);
        assert!((hits[0].score - 1.0).abs() < 1e-3);
        assert_eq!(hits[0].record.offline, number == 4);
        if number == 2 {
            assert_eq!(hits[0].record.facts, facts(format));
        }
    }
    let failures = read_failures(index).unwrap();
    assert_eq!(failures[0].failure.reason, "cut off");
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);

    let of_canon = Filter::Is(Condition::Camera("canon".into()));
    let rated = Filter::Is(Condition::Rating(4..=5));
    if format == FORMAT {
        assert_eq!(reader.filter(&rated).unwrap().paths(), 1);
    } else {
        assert!(matches!(reader.filter(&of_canon), Err(IndexError::Old(_))));
    }
    // The next run publishes what was committed, and knows the row of the removed photo.
    let mut writer = open(index).unwrap();
    writer.publish().unwrap();
    let reader = Reader::open(index).unwrap();
    assert_eq!(reader.manifest().photos, PHOTOS as u64 + 1);
    assert_eq!(reader.filter(&of_canon).unwrap().paths(), 1);
    for path in ["/p/late", "/q/03"] {
        assert!(reader.photo_at(path.as_bytes()).unwrap().is_some());
    }
}
