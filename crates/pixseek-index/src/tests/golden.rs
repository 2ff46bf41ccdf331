//! `index/golden`: an index in the present format, made once and committed. If a change of the code
//! reads it differently, this test fails.
//!
//! A change of the format needs another number in `manifest.rs` and a new golden index:
//! `rm -r index/golden; PIXSEEK_MAKE_GOLDEN=$PWD/index/golden cargo test --release -p
//! pixseek-index golden` makes it, and then tests it.

use super::damage::copy;
use super::{CODED, Numbers, extend_graph, open, photo, photos};
use crate::{
    Batch, FailureKind, FailureRecord, Filter, GivenLabels, NewPhoto, PhotoFacts, PhotoNotes,
    Reader, RootSettings, RootState, Route, RowFilter, RowId, SearchMode, read_failures, verify,
};
use pixseek_record::{Condition, Exposure, FilmFacts};
use std::path::Path;

const PHOTOS: usize = 70;
const NOT_UTF_8: &[u8] = b"/p/caf\xe9";

/// Makes an index with a graph, every kind of fact, a removed and an offline photo, a failure, and
/// two commits that are not published.
fn make(index: &Path) {
    let mut writer = open(index).unwrap();
    writer.set_settings(b"/p", settings()).unwrap();
    writer.set_root(b"/p", RootState::Online).unwrap();
    let mut numbers = Numbers(1);
    let mut all: Vec<NewPhoto> = (0..PHOTOS)
        .map(|number| photo(&format!("/p/{number:02}"), Some(numbers.vector())))
        .collect();
    all[1].path = NOT_UTF_8.to_vec();
    all[2].facts = facts();
    let last = all.last_mut().unwrap();
    last.vectors.extend(Numbers(2).frames());
    last.facts.film = Some(film());
    last.facts.has_motion = true;
    writer.commit(photos(all)).unwrap();
    let failure = FailureRecord {
        stamp: photo("x", None).stamp,
        kind: FailureKind::Corrupt,
        reason: "cut off".into(),
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
    drop(writer);
    GivenLabels::update(index, |labels| {
        labels.give("Sea", [photo("02", None).content])
    })
    .unwrap();
    std::fs::remove_file(index.join("given.lock")).unwrap();
    // It has the number of this process.
    std::fs::remove_file(index.join("LOCK")).unwrap();
}

fn settings() -> RootSettings {
    RootSettings {
        hidden: true,
        follow_links: false,
        one_file_system: true,
        excludes: vec!["*.tmp.*".into()],
    }
}

fn film() -> FilmFacts {
    FilmFacts {
        milliseconds: 41_500,
        frames: vec![500, 20_250, 41_000],
    }
}

/// A photo with every fact.
fn facts() -> PhotoFacts {
    PhotoFacts {
        width: 4000,
        height: 3000,
        taken: Some("2008-05-30T15:56:01+02:00".into()),
        taken_seconds: Some(1_212_162_961),
        camera: Some("Canon EOS 40D".into()),
        lens: Some("EF-S 17-85mm".into()),
        iso: Some(400),
        exposure: Exposure {
            seconds: Some(0.004),
            f_number: Some(2.8),
            focal_length: Some(35.0),
        },
        place: Some((45.44, 12.33)),
        place_words: "Venice Italy".into(),
        notes: PhotoNotes {
            title: Some("Evening on the Rialto".into()),
            caption: Some("Gondolas and lamps".into()),
            keywords: vec!["bridge".into(), "Grandma".into()],
            rating: Some(4),
        },
        difference_hash: Some(0x0123_4567_89ab_cdef_0011_2233_4455_6677),
        has_motion: false,
        film: None,
    }
}

#[test]
fn the_golden_index_is_read_and_written_on() {
    if let Some(folder) = std::env::var_os("PIXSEEK_MAKE_GOLDEN") {
        make(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path();
    copy(Path::new("../../index/golden"), index);

    let reader = Reader::open(index).unwrap();
    let manifest = reader.manifest();
    let counts = (manifest.photos, manifest.offline, manifest.failures);
    assert_eq!(counts, (PHOTOS as u64 - 1, 1, 1));
    assert_eq!(manifest.precision.as_deref(), Some("f32"));
    assert!(manifest.owes_erasure);
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
        let (rows, route) = reader
            .nearest(&vector, 1, SearchMode::Beam(64), RowFilter::All)
            .unwrap();
        let is_walked = matches!(route, Route::Graph { rows, .. } if rows == PHOTOS + 1);
        assert!(is_walked, "{route:?}");
        let (row, cosine) = rows[0];
        // The row of the removed photo.
        if number == 3 {
            assert_ne!(row, RowId(3));
            continue;
        }
        assert_eq!(row, RowId(u32::try_from(number).unwrap()));
        assert!((cosine - 1.0).abs() < CODED);
        let (found, record) = reader.photos_of(row, None).unwrap().remove(0);
        assert_eq!(found, path);
        assert_eq!(record.offline, number == 4);
        if number == 2 {
            assert_eq!(record.facts, facts());
        }
    }
    let failures = read_failures(index).unwrap();
    assert_eq!(failures[0].failure.reason, "cut off");
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);

    for filter in [
        Filter::Is(Condition::Camera("canon".into())),
        Filter::Is(Condition::Iso(400..=400)),
        Filter::Is(Condition::Rating(4..=5)),
        Filter::Is(Condition::Tag("sea".into())),
        Filter::Is(Condition::Duration(41_500..=41_500)),
        Filter::Is(Condition::Motion),
    ] {
        assert_eq!(reader.filter(&filter).unwrap().paths(), 1);
    }
    for (position, frame) in (1..).zip(Numbers(2).frames()) {
        let mode = SearchMode::Exact;
        let (rows, _) = reader.nearest(&frame, 1, mode, RowFilter::All).unwrap();
        let (_, record) = reader.photos_of(rows[0].0, None).unwrap().remove(0);
        assert_eq!(record.rows.position(rows[0].0), Some(position));
        assert_eq!(record.facts.film, Some(film()));
    }
    // The next run publishes what was committed, and knows the row of the removed photo.
    let mut writer = open(index).unwrap();
    writer.publish().unwrap();
    let reader = Reader::open(index).unwrap();
    assert_eq!(reader.manifest().photos, PHOTOS as u64 + 1);
    assert_eq!(reader.live().len(), PHOTOS + 3);
    for path in ["/p/late", "/q/03"] {
        assert!(reader.photo_at(path.as_bytes()).unwrap().is_some());
    }
}
