//! Filters and words, compared with a plain evaluation of every record.

use super::{Numbers, open, photo, photos};
use crate::{
    Batch, Filter, NewPhoto, PhotoFacts, PhotoNotes, Phrase, Reader, RowFilter, RowId, RowSet,
    TextColumn, search_terms, words,
};
use pixseek_record::{Condition, Exposure, Fact, FilmFacts, Folder};
use std::cmp::Reverse;
use std::collections::BTreeSet;

const PHOTOS: u32 = 400;

fn piece(names: &str) -> Filter {
    Filter::In(Folder::Piece(names.into()))
}

/// A photo with random facts, some of them unknown.
fn some_photo(number: u32, numbers: &mut Numbers) -> NewPhoto {
    let mut below = |end: u32| {
        let part = f32::midpoint(numbers.next(), 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below end"
        )]
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let value = (part * end as f32) as u32;
        value.min(end - 1)
    };
    let folder = ["italy/2019", "italy", "france", "FRANCE/x"][below(4) as usize];
    let extension = ["jpg", "JPG", "png"][below(3) as usize];
    let (day, month, hour) = (1 + below(28), 1 + below(12), below(24));
    let seconds = i64::from(month) * 30 * 86_400 + i64::from(hour) * 3600;
    let has_date = below(4) > 0;
    // Films of up to three rows are among the photos.
    let film = (below(8) == 0).then(|| FilmFacts {
        milliseconds: u64::from(below(60_000)),
        frames: (0..=below(3)).collect(),
    });
    // The size of a film may be unknown.
    let width = (film.is_none() || below(3) > 0).then(|| 100 + below(4000));
    let rows = film.as_ref().map_or(1, |film| film.frames.len());
    let facts = PhotoFacts {
        difference_hash: None,
        exposure: Exposure::default(),
        has_motion: below(5) == 0,
        film,
        width: width.unwrap_or(0),
        height: width.map_or(0, |_| 100 + below(4000)),
        taken: has_date.then(|| format!("2019-{month:02}-{day:02}T{hour:02}:00:00")),
        taken_seconds: has_date.then_some(seconds),
        camera: (below(3) > 0)
            .then(|| ["Canon EOS 40D", "X100V", "iPhone 13"][below(3) as usize].into()),
        lens: (below(3) == 0).then(|| "EF 50mm".into()),
        iso: (below(2) == 0).then(|| 100 << below(6)),
        place: (below(2) == 0)
            .then(|| (f64::from(below(180)) - 90.0, f64::from(below(360)) - 180.0)),
        place_words: String::new(),
        notes: PhotoNotes {
            rating: (below(2) == 0).then(|| i8::try_from(below(5)).unwrap() + 1),
            ..PhotoNotes::default()
        },
    };
    let mut found = photo(&format!("/p/{folder}/{number:03}.{extension}"), None);
    found.stamp.size = u64::from(below(1000));
    found.vectors = (0..rows).map(|_| numbers.vector()).collect();
    found.facts = facts;
    found
}

/// Evaluates a filter on one photo.
fn passes(filter: &Filter, photo: &NewPhoto) -> bool {
    let path = String::from_utf8_lossy(&photo.path).to_lowercase();
    let facts = &photo.facts;
    let has = |text: &Option<String>, piece: &str| {
        text.as_ref()
            .is_some_and(|text| text.to_lowercase().contains(piece))
    };
    match filter {
        Filter::All(filters) => filters.iter().all(|filter| passes(filter, photo)),
        Filter::Any(filters) => filters.iter().any(|filter| passes(filter, photo)),
        Filter::Not(filter) => !passes(filter, photo),
        Filter::In(folder) => {
            let below = &path[..=path.rfind('/').unwrap()];
            match folder {
                Folder::Piece(names) => below.contains(&format!("/{names}/")),
                Folder::Path(path) => below.starts_with(&format!("{}/", path.display())),
            }
        }
        Filter::Is(condition) => match condition {
            Condition::Taken(range) => facts.taken_seconds.is_some_and(|at| range.contains(&at)),
            Condition::Month(range) => facts
                .taken
                .as_ref()
                .is_some_and(|iso| range.contains(&iso[5..7].parse().unwrap())),
            Condition::Minute(range) => facts
                .taken
                .as_ref()
                .is_some_and(|iso| range.contains(&(60 * iso[11..13].parse::<u64>().unwrap()))),
            Condition::Camera(piece) => has(&facts.camera, piece),
            Condition::Lens(piece) => has(&facts.lens, piece),
            Condition::Iso(range) => facts.iso.is_some_and(|iso| range.contains(&u64::from(iso))),
            Condition::Extension(end) => path.rsplit('.').next() == Some(end),
            Condition::Size(range) => range.contains(&photo.stamp.size),
            // A size of 0 is unknown.
            Condition::Width(range) => facts.width > 0 && range.contains(&u64::from(facts.width)),
            Condition::Height(range) => {
                facts.height > 0 && range.contains(&u64::from(facts.height))
            }
            Condition::Aspect(range) => {
                let aspect = (u64::from(facts.width) * 1000).checked_div(facts.height.into());
                aspect.is_some_and(|aspect| range.contains(&aspect))
            }
            Condition::Near {
                latitude,
                longitude,
                kilometres,
            } => facts.place.is_some_and(|place| {
                // The index uses another formula than this one, the spherical law of cosines.
                let (a, b) = (place.0.to_radians(), latitude.to_radians());
                let turn = (place.1 - longitude).to_radians().cos();
                let cosine = a.sin() * b.sin() + a.cos() * b.cos() * turn;
                cosine.clamp(-1.0, 1.0).acos() * 6371.0 <= *kilometres
            }),
            Condition::Rating(range) => facts
                .notes
                .rating
                .is_some_and(|stars| range.contains(&i64::from(stars))),
            Condition::Known(Fact::Rating) => facts.notes.rating.is_some(),
            Condition::Known(Fact::Date) => facts.taken.is_some(),
            Condition::Known(Fact::Place) => facts.place.is_some(),
            Condition::Known(Fact::Camera) => facts.camera.is_some(),
            Condition::Known(Fact::Lens) => facts.lens.is_some(),
            Condition::Tag(_) => false,
            Condition::Film => facts.film.is_some(),
            Condition::Duration(range) => {
                let film = facts.film.as_ref();
                film.and_then(FilmFacts::duration)
                    .is_some_and(|duration| range.contains(&duration))
            }
            Condition::Motion => facts.has_motion,
        },
    }
}

#[test]
fn filters_pass_the_same_photos_as_their_records() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path()).unwrap();
    let mut numbers = Numbers(7);
    let mut all: Vec<NewPhoto> = (0..PHOTOS)
        .map(|number| some_photo(number, &mut numbers))
        .collect();
    // Several segments with deleted documents.
    for part in all.chunks(150) {
        writer.commit(photos(part.to_vec())).unwrap();
        writer.publish().unwrap();
    }
    let gone = all.split_off(PHOTOS as usize - 50);
    writer
        .commit(Batch {
            removed: gone.into_iter().map(|photo| photo.path).collect(),
            ..Batch::default()
        })
        .unwrap();
    writer.publish().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    let cameras = reader.texts(TextColumn::Camera).unwrap();
    assert_eq!(cameras, ["canon eos 40d", "iphone 13", "x100v"]);
    let folders = reader.texts(TextColumn::Folder).unwrap();
    assert!(
        folders.contains(&"/p/italy/2019/".to_owned()),
        "{folders:?}"
    );

    let is = Filter::Is;
    let canon = is(Condition::Camera("canon".into()));
    let italy = piece("italy");
    let not = |filter: &Filter| Filter::Not(Box::new(filter.clone()));
    let near = is(Condition::Near {
        latitude: 40.0,
        longitude: 170.0,
        kilometres: 4000.0,
    });
    let filters = [
        is(Condition::Taken(5_000_000..=20_000_000)),
        is(Condition::Month(6..=8)),
        is(Condition::Minute(600..=900)),
        canon.clone(),
        is(Condition::Lens("50mm".into())),
        is(Condition::Iso(200..=800)),
        not(&is(Condition::Iso(0..=400))),
        is(Condition::Rating(4..=5)),
        not(&is(Condition::Known(Fact::Rating))),
        italy.clone(),
        piece("france"),
        piece("italy/2019"),
        Filter::In(Folder::Path("/p/italy".into())),
        // A whole path is not a piece of another one.
        Filter::In(Folder::Path("/italy".into())),
        is(Condition::Extension("jpg".into())),
        is(Condition::Size(100..=500)),
        is(Condition::Width(0..=1000)),
        is(Condition::Height(2000..=u64::MAX)),
        is(Condition::Aspect(950..=1050)),
        near.clone(),
        is(Condition::Known(Fact::Date)),
        is(Condition::Known(Fact::Place)),
        is(Condition::Known(Fact::Lens)),
        is(Condition::Film),
        not(&is(Condition::Film)),
        is(Condition::Duration(10_000..=u64::MAX)),
        is(Condition::Motion),
        // Below and above all values.
        is(Condition::Iso(1..=50)),
        is(Condition::Width(0..=50)),
        is(Condition::Height(5_000..=u64::MAX)),
        is(Condition::Size(5_000..=6_000)),
        is(Condition::Aspect(0..=1)),
        is(Condition::Taken(-9..=-1)),
        is(Condition::Rating(-1..=0)),
        Filter::All(vec![canon.clone(), italy.clone()]),
        Filter::Any(vec![canon.clone(), near.clone()]),
        not(&canon),
        Filter::All(vec![not(&italy), not(&near)]),
        not(&Filter::Any(vec![canon, italy, near])),
        Filter::All(Vec::new()),
        Filter::Any(Vec::new()),
    ];
    for filter in filters {
        let expected: BTreeSet<&[u8]> = all
            .iter()
            .filter(|photo| passes(&filter, photo))
            .map(|photo| &photo.path[..])
            .collect();
        let passing = reader.filter(&filter).unwrap();
        let mut found = BTreeSet::new();
        for row in passing.rows.iter() {
            for (path, _) in reader.photos_of(row, Some(&passing)).unwrap() {
                found.insert(path);
            }
        }
        let found: BTreeSet<&[u8]> = found.iter().map(|path| &path[..]).collect();
        assert_eq!(found, expected, "{filter:?}");
        assert_eq!(passing.paths(), expected.len());
    }
}

#[test]
fn words_rank_by_how_many_and_how_rare() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path()).unwrap();
    let mut numbers = Numbers(3);
    let names = [
        "italy/venice boat",
        "italy/rome",
        "italy/boat",
        "spain/boats",
        "spain/sea",
    ];
    let mut found: Vec<NewPhoto> = names
        .iter()
        .map(|name| photo(&format!("/p/{name}.jpg"), Some(numbers.vector())))
        .collect();
    found[4].facts.place_words = "Málaga Spain".into();
    writer.commit(photos(found)).unwrap();
    writer.publish().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    let rank = |text: &str, filter: Option<&Filter>| {
        let phrases: Vec<Phrase> = words(text).split(' ').map(Into::into).collect();
        let passing = filter.map(|filter| reader.filter(filter).unwrap());
        let found = reader.rank_words(&phrases, passing.as_ref()).unwrap();
        let rows = found.iter().map(|found| found.row.0).collect::<Vec<_>>();
        (rows, found.first().map_or(0.0, |found| found.coverage))
    };
    assert_eq!(rank("Venice", None), (vec![0], 1.0));
    assert_eq!(rank("malaga", None), (vec![4], 1.0));
    assert_eq!(rank("boats in Rome", None).0[0], 1);
    assert_eq!(rank("italy boat", None).0[..2], [2, 0]);
    assert!(rank("venice gondola", None).1 < 0.7);
    assert_eq!(rank("gondola", None).0, Vec::<u32>::new());
    let spain = piece("spain");
    assert_eq!(rank("boat", Some(&spain)).0, [3]);
    let phrase = reader.rank_words(&["venice boat".into()], None).unwrap();
    assert_eq!(phrase.len(), 1);
}

#[test]
fn the_newest_photos_are_ordered_by_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path()).unwrap();
    let mut numbers = Numbers(9);
    let all: Vec<NewPhoto> = (0..PHOTOS)
        .map(|number| some_photo(number, &mut numbers))
        .collect();
    for part in all.chunks(150) {
        writer.commit(photos(part.to_vec())).unwrap();
        writer.publish().unwrap();
    }
    let reader = Reader::open(folder.path()).unwrap();
    let filter = Filter::Is(Condition::Camera("canon".into()));
    for filter in [None, Some(filter)] {
        let mut end = 0;
        let mut expected: Vec<(Reverse<Option<i64>>, Vec<RowId>)> = Vec::new();
        for photo in &all {
            let rows = end..end + u32::try_from(photo.vectors.len()).unwrap();
            end = rows.end;
            if filter.as_ref().is_none_or(|filter| passes(filter, photo)) {
                let taken = Reverse(photo.facts.taken_seconds);
                expected.push((taken, rows.map(RowId).collect()));
            }
        }
        expected.sort();
        let passing = filter.map(|filter| reader.filter(&filter).unwrap());
        for k in [0, 1, 20, 1000] {
            let newest = |rows| reader.newest(k, rows, passing.as_ref()).unwrap();
            let rows = expected.iter().map(|(_, rows)| rows);
            let first: Vec<RowId> = rows.clone().take(k).flatten().copied().collect();
            assert_eq!(newest(RowFilter::All), first, "{k}");
            let is_odd = |row: &RowId| row.0 % 2 == 1;
            let set: RowSet = (0..end).map(RowId).filter(is_odd).collect();
            let odd = rows.map(|rows| rows.iter().copied().filter(is_odd).collect::<Vec<_>>());
            let first: Vec<RowId> = odd
                .filter(|rows| !rows.is_empty())
                .take(k)
                .flatten()
                .collect();
            assert_eq!(newest(RowFilter::Among(&set)), first, "{k} odd");
        }
    }
}

/// The same names as Linux (composed), macOS (decomposed) and people without accents write them.
#[test]
fn names_are_compared_without_accents() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path()).unwrap();
    let mut numbers = Numbers(5);
    let names = [
        "M\u{fc}nchen/1",
        "Mu\u{308}nchen/2",
        "MUNCHEN/3",
        "\u{141}\u{f3}d\u{17a}/4",
        "\u{130}zmir/5",
        "東京旅行/6",
    ];
    let found = names.iter().map(|name| {
        let mut photo = photo(&format!("/p/{name}.jpg"), Some(numbers.vector()));
        photo.facts.camera = Some("Ko\u{301}dak".into());
        photo
    });
    writer.commit(photos(found.collect())).unwrap();
    writer.publish().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    let passing = |filter: Filter| -> Vec<u32> {
        let passing = reader.filter(&filter).unwrap();
        passing.rows.iter().map(|row| row.0).collect()
    };
    let camera = |piece: &str| Filter::Is(Condition::Camera(piece.into()));
    for spelling in ["m\u{fc}nchen", "mu\u{308}nchen", "munchen"] {
        assert_eq!(passing(piece(spelling)), [0, 1, 2]);
    }
    assert_eq!(passing(piece("lodz")), [3]);
    let at = |path: &str| Filter::In(Folder::Path(path.into()));
    assert_eq!(passing(at("/")).len(), 6);
    assert_eq!(passing(at("/P/Łódź/")), [3]);
    assert!(passing(at("/Łódź")).is_empty(), "a piece is no path");
    assert_eq!(passing(piece("izmir")), [4]);
    assert_eq!(passing(piece("東京旅行")), [5]);
    assert_eq!(passing(camera("k\u{f3}dak")).len(), 6);
    assert_eq!(passing(camera("kodak")).len(), 6);

    let ranked = |text: &str| -> BTreeSet<u32> {
        let terms: Vec<Phrase> = search_terms(text).into_iter().map(Into::into).collect();
        let found = reader.rank_words(&terms, None).unwrap();
        found.iter().map(|found| found.row.0).collect()
    };
    assert_eq!(ranked("m\u{fc}nchen"), [0, 1, 2].into());
    assert_eq!(ranked("Lodz"), [3].into());
    assert_eq!(ranked("IZMIR"), [4].into());
    for part in ["東京", "京旅", "旅行", "東", "東京旅行"] {
        assert_eq!(ranked(part), [5].into(), "{part}");
    }
    assert_eq!(ranked("京東"), [].into());
}
