//! Contents of several rows: the key frames of films.

use super::{Numbers, filled, open, photo, photos};
use crate::{
    Batch, Filter, GivenLabels, NewPhoto, PhotoRecord, Reader, RowFilter, RowId, SearchMode, verify,
};
use pixseek_record::{Condition, FilmFacts};
use std::path::Path;
use std::sync::atomic::AtomicBool;

const FRAMES: u8 = 4;

/// A film of four key frames at the seconds 0 to 3.
fn film(name: &str, numbers: &mut Numbers) -> NewPhoto {
    let mut film = photo(name, None);
    film.vectors = (0..FRAMES).map(|_| numbers.vector()).collect();
    film.facts.film = Some(FilmFacts {
        milliseconds: 4000,
        frames: (0..u32::from(FRAMES)).map(|second| 1000 * second).collect(),
    });
    film
}

/// The photo that is nearest to a vector, and which of its rows that is.
fn nearest(reader: &Reader, vector: &[f32]) -> (PhotoRecord, usize) {
    let found = reader.nearest(vector, 1, SearchMode::Exact, RowFilter::All);
    let row = found.unwrap().0[0].0;
    let (_, record) = reader.photos_of(row, None).unwrap().remove(0);
    let position = record.rows.position(row).unwrap();
    (record, position)
}

fn assert_sound(index: &Path) {
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);
}

#[test]
fn every_frame_finds_its_film() {
    let (folder, mut writer, mut numbers) = filled(5);
    let index = folder.path();
    let new = film("/p/film", &mut numbers);
    let frames = new.vectors.clone();
    writer.commit(photos(vec![new])).unwrap();
    // A copy needs no vectors.
    writer.commit(photos(vec![photo("/q/film", None)])).unwrap();
    writer.publish().unwrap();
    let reader = Reader::open(index).unwrap();
    assert_eq!(reader.live().len(), 5 + usize::from(FRAMES));
    for (position, frame) in frames.iter().enumerate() {
        let (record, found) = nearest(&reader, frame);
        assert_eq!(found, position);
        assert_eq!(record.rows.count, FRAMES);
        let paths = reader.photos_of(RowId(5), None).unwrap();
        assert_eq!(paths.len(), 2, "the film and its copy");
    }
    let words = reader.rank_words(&["film".into()], None).unwrap();
    assert_eq!(words.len(), usize::from(FRAMES), "each frame has its words");
    let newest = reader.newest(100, RowFilter::All, None).unwrap();
    assert_eq!(newest.len(), 5 + usize::from(FRAMES));
    let newest = reader.newest(2, RowFilter::All, None).unwrap();
    assert_eq!(newest, [RowId(0), RowId(1)], "two photos");
    assert_sound(index);
}

#[test]
fn a_film_that_comes_back_has_its_old_rows() {
    let (folder, mut writer, mut numbers) = filled(3);
    let index = folder.path();
    let new = film("/p/film", &mut numbers);
    let frame = new.vectors[2].clone();
    writer.commit(photos(vec![new.clone()])).unwrap();
    let removed = Batch {
        removed: vec![new.path.clone()],
        ..Batch::default()
    };
    writer.commit(removed).unwrap();
    writer.publish().unwrap();
    assert_eq!(Reader::open(index).unwrap().live().len(), 3);
    let mut back = new;
    back.vectors.clear();
    // A later version of the program chooses other frames, whose times are not those of the rows.
    back.facts.film.as_mut().unwrap().frames.pop();
    writer.commit(photos(vec![back])).unwrap();
    writer.publish().unwrap();
    let reader = Reader::open(index).unwrap();
    let (record, position) = nearest(&reader, &frame);
    assert_eq!((record.rows.first, position), (RowId(3), 2));
    assert!(record.facts.film.unwrap().frames.is_empty());
    assert_sound(index);
}

#[test]
fn compacting_moves_all_rows_of_a_film() {
    let (folder, mut writer, mut numbers) = filled(40);
    let index = folder.path();
    let new = film("/p/film", &mut numbers);
    let frames = new.vectors.clone();
    let content = new.content;
    writer.commit(photos(vec![new])).unwrap();
    let gone = (0..20).map(|number| format!("/p/{number:05}").into_bytes());
    let removed = Batch {
        removed: gone.collect(),
        erases: true,
        ..Batch::default()
    };
    writer.commit(removed).unwrap();
    writer.publish().unwrap();
    let labelled = [content, photo("/p/00003", None).content];
    GivenLabels::update(index, |labels| labels.give("trip", labelled)).unwrap();
    writer.compact(&AtomicBool::new(false)).unwrap().unwrap();
    drop(writer);
    let reader = Reader::open(index).unwrap();
    assert_eq!(reader.live().len(), 20 + usize::from(FRAMES));
    for (position, frame) in frames.iter().enumerate() {
        let (record, found) = nearest(&reader, frame);
        assert_eq!((record.rows.first, found), (RowId(20), position));
    }
    // The label of an erased photo is erased, too.
    let given = GivenLabels::read(index).unwrap();
    assert_eq!(given.iter().collect::<Vec<_>>(), [("trip", 1)]);
    let tagged = Filter::Is(Condition::Tag("Trip".into()));
    assert_eq!(
        reader.filter(&tagged).unwrap().rows.len(),
        usize::from(FRAMES)
    );
    assert_sound(index);
    // The next run goes on behind the film.
    let mut writer = open(index).unwrap();
    let late = photo("/p/late", Some(numbers.vector()));
    writer.commit(photos(vec![late])).unwrap();
    writer.publish().unwrap();
    assert_sound(index);
}

#[test]
fn paths_are_found_by_how_they_begin() {
    let (folder, mut writer, mut numbers) = filled(3);
    let names = ["/p/IMG_1.jpg", "/p/IMG_1.cr2", "/p/IMG_10.jpg", "/p/IMG_1"];
    for name in names {
        let new = photo(name, Some(numbers.vector()));
        writer.commit(photos(vec![new])).unwrap();
        writer.publish().unwrap();
    }
    let removed = Batch {
        removed: vec![b"/p/IMG_1.cr2".to_vec()],
        ..Batch::default()
    };
    let reader = Reader::open(folder.path()).unwrap();
    let paths = |reader: &Reader, start: &str| -> Vec<String> {
        let found = reader.photos_beginning(start.as_bytes(), 10).unwrap();
        let paths = found.into_iter().map(|(path, _)| String::from_utf8(path));
        paths.map(Result::unwrap).collect()
    };
    assert_eq!(
        paths(&reader, "/p/IMG_1."),
        ["/p/IMG_1.cr2", "/p/IMG_1.jpg"]
    );
    assert_eq!(paths(&reader, "/p/IMG_1").len(), 4);
    assert_eq!(paths(&reader, "/p/IMG_2"), Vec::<String>::new());
    assert_eq!(reader.photos_beginning(b"/p/", 2).unwrap().len(), 2);
    writer.commit(removed).unwrap();
    writer.publish().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    assert_eq!(paths(&reader, "/p/IMG_1."), ["/p/IMG_1.jpg"]);
}

#[test]
fn a_film_without_frames_is_refused() {
    let (_folder, mut writer, mut numbers) = filled(3);
    let mut empty = film("/p/empty", &mut numbers);
    empty.vectors.clear();
    assert!(writer.commit(photos(vec![empty])).is_err());
    let mut long = film("/p/long", &mut numbers);
    long.vectors = vec![numbers.vector(); 256];
    assert!(writer.commit(photos(vec![long])).is_err());
}
