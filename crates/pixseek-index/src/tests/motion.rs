//! `has:motion`: photos with a short film in their file or beside it.

use super::{Numbers, open, photo, photos};
use crate::{Batch, Filter, KeepRows, NewPhoto, Reader, Writer, WriterOptions, remake, verify};
use pixseek_record::{Condition, FilmFacts};
use std::path::Path;

fn film(path: &str, milliseconds: u64, numbers: &mut Numbers) -> NewPhoto {
    let mut film = photo(path, Some(numbers.vector()));
    film.facts.film = Some(FilmFacts {
        milliseconds,
        frames: vec![0],
    });
    film
}

/// The names of the published photos with a short film.
fn with_motion(index: &Path) -> Vec<String> {
    let reader = Reader::open(index).unwrap();
    let passing = reader.filter(&Filter::Is(Condition::Motion)).unwrap();
    let mut names = Vec::new();
    for photo in reader.photos() {
        let (path, record) = photo.unwrap();
        let found = reader.photos_of(record.rows.first, Some(&passing)).unwrap();
        if found.iter().any(|(found, _)| *found == path) {
            names.push(String::from_utf8(path).unwrap());
        }
    }
    names.sort();
    names
}

fn commit(writer: &mut Writer, new: Vec<NewPhoto>) {
    writer.commit(photos(new)).unwrap();
    writer.publish().unwrap();
}

fn remove(writer: &mut Writer, path: &str) {
    let removed = vec![path.into()];
    let batch = Batch {
        removed,
        ..Batch::default()
    };
    writer.commit(batch).unwrap();
    writer.publish().unwrap();
}

#[test]
fn photos_have_motion_while_a_short_film_lies_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path();
    let mut writer = open(index).unwrap();
    let mut numbers = Numbers(3);
    let mut stills: Vec<NewPhoto> = ["/p/IMG_1.HEIC", "/p/IMG_12.HEIC", "/p/IMG_E1.HEIC"]
        .map(|path| photo(path, Some(numbers.vector())))
        .into();
    let mut inside = photo("/p/inside.jpg", Some(numbers.vector()));
    inside.facts.has_motion = true;
    stills.push(inside);
    commit(&mut writer, stills);
    assert_eq!(with_motion(index), ["/p/inside.jpg"]);

    // The film comes in a later run, and belongs to the edited copy, too.
    commit(&mut writer, vec![film("/p/IMG_1.MOV", 2500, &mut numbers)]);
    let live = ["/p/IMG_1.HEIC", "/p/IMG_E1.HEIC", "/p/inside.jpg"];
    assert_eq!(with_motion(index), live);

    // One of more than ten seconds is a film of its own.
    commit(
        &mut writer,
        vec![film("/p/IMG_1.MOV", 10_001, &mut numbers)],
    );
    assert_eq!(with_motion(index), ["/p/inside.jpg"]);
    commit(
        &mut writer,
        vec![film("/p/IMG_1.MOV", 10_000, &mut numbers)],
    );
    assert_eq!(with_motion(index), live);

    // The pair moves to another folder, and the film leaves it there.
    commit(
        &mut writer,
        vec![photo("/q/IMG_1.HEIC", None), {
            let mut moved = photo("/q/IMG_1.MOV", None);
            moved.facts = film("/q/IMG_1.MOV", 2500, &mut numbers).facts;
            moved
        }],
    );
    remove(&mut writer, "/p/IMG_1.MOV");
    assert_eq!(with_motion(index), ["/p/inside.jpg", "/q/IMG_1.HEIC"]);
    writer.forget(b"/q/IMG_1.MOV").unwrap();
    writer.publish().unwrap();
    assert_eq!(with_motion(index), ["/p/inside.jpg"]);

    // Many names that begin alike; and a film's path that becomes a photo's.
    let begin_alike =
        (0..40).map(|number| photo(&format!("/r/a.{number}.jpg"), Some(numbers.vector())));
    let mut crowd: Vec<NewPhoto> = begin_alike.collect();
    crowd.push(photo("/r/a.jpg", Some(numbers.vector())));
    commit(&mut writer, crowd);
    commit(&mut writer, vec![film("/r/a.mov", 2500, &mut numbers)]);
    assert_eq!(with_motion(index), ["/p/inside.jpg", "/r/a.jpg"]);
    commit(&mut writer, vec![photo("/r/a.mov", Some(numbers.vector()))]);
    assert_eq!(with_motion(index), ["/p/inside.jpg"]);

    // What is committed and not published yet counts when a run is killed between the two.
    let back = film("/p/IMG_12.MOV", 2500, &mut numbers);
    writer.commit(photos(vec![back])).unwrap();
    drop(writer);
    open(index).unwrap().publish().unwrap();
    let expected = ["/p/IMG_12.HEIC", "/p/inside.jpg"];
    assert_eq!(with_motion(index), expected);
    drop(remake(index, KeepRows::Live, WriterOptions::default()).unwrap());
    assert_eq!(with_motion(index), expected);
    let report = verify(index).unwrap();
    assert!(report.damaged.is_empty(), "{:?}", report.damaged);
}
