mod pages;

use super::{FindOptions, Likeness, QueryVector, Searcher, Shown};
use crate::made_library::MadeLibrary;
use crate::prompts::normalized;
use crate::{Index, ModelChoice, Photos, TagOptions, open_model};
use pixseek_clip::{ComputeDevice, Embedding};
use std::path::Path;

/// An interactive search asks for `like:FILE` again at every key typed behind it.
#[test]
fn the_image_tower_is_loaded_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let original = Path::new("../../tests/parity/vit-quickgelu");
    std::fs::create_dir(path("model")).unwrap();
    let weights = "open_clip_model.safetensors";
    for name in ["open_clip_config.json", "tokenizer.json", weights] {
        std::fs::copy(original.join(name), path("model").join(name)).unwrap();
    }
    for (name, colour) in [("red.png", [200, 0, 0]), ("blue.png", [0, 0, 200])] {
        let picture = image::RgbImage::from_pixel(40, 40, image::Rgb(colour));
        picture.save(path(name)).unwrap();
    }
    let (_, identity) = open_model(&ModelChoice::Folder(path("model"))).unwrap();
    drop(Index::open(&path("index"), &identity).unwrap());
    let searcher = Searcher::open(&path("index"), None, ComputeDevice::cpu()).unwrap();

    let red = searcher.encode_picture(&path("red.png")).unwrap();
    // Empty the weight file: the loaded tower must not need it any more.
    std::fs::File::create(path("model").join(weights)).unwrap();
    assert!(!searcher.encoders.loads_images(), "it comes from the file");
    let blue = searcher.encode_picture(&path("blue.png")).unwrap();
    assert_ne!(red, blue);
    assert_eq!(searcher.encode_picture(&path("red.png")).unwrap(), red);
    // A file that has changed must be encoded again.
    std::fs::copy(path("blue.png"), path("red.png")).unwrap();
    assert_eq!(searcher.encode_picture(&path("red.png")).unwrap(), blue);
}

/// A session that opens a library before its first calibration must not stay without scores.
#[test]
fn a_later_calibration_is_noticed() {
    let mut library = MadeLibrary::new();
    for number in 0..10 {
        let vector = library.vector();
        library.add(&format!("/p/{number}"), vector);
    }
    library.writer.publish().unwrap();
    let index = library.folder.path().to_path_buf();
    let open = || Searcher::open(&index, None, ComputeDevice::cpu()).unwrap();
    let early = open();
    assert!(early.calibration.is_none() && !early.has_changed());
    library.measure();
    assert!(early.has_changed());
    let late = open();
    assert!(late.calibration.is_some() && !late.has_changed());
}

/// A library with dead rows: some photos were rewritten many times, others were removed.
fn with_dead_rows() -> (MadeLibrary, Vec<f32>) {
    let mut library = MadeLibrary::new();
    let picture = library.vector();
    let other = library.vector();
    // The cosine with the picture is 0.99, above the limit of `fold.rs` for photos without
    // difference hashes.
    let near = picture.iter().zip(&other).map(|(a, b)| a + 0.1 * b);
    let near = normalized(near.collect());
    library.add("/near", near);
    for _ in 0..300 {
        library.add("/rewritten", picture.clone());
    }
    for number in 0..100 {
        let vector = library.vector();
        library.add(&format!("/far/{number}"), vector);
    }
    for number in 0..50 {
        library.remove(&format!("/far/{number}"));
    }
    library.writer.publish().unwrap();
    (library, picture)
}

fn open(library: &MadeLibrary) -> Searcher {
    Searcher::open(library.folder.path(), None, ComputeDevice::cpu()).unwrap()
}

#[test]
fn live_photos_are_found_and_removed_ones_are_not() {
    let (library, picture) = with_dead_rows();
    let searcher = open(&library);
    let query = QueryVector(Embedding::normalize(picture).unwrap());
    let options = FindOptions {
        limit: 52,
        shown: Shown::All,
        folding: super::Folding::None,
        ..FindOptions::default()
    };
    let answer = searcher.find_like(&query, &options).unwrap();
    let paths: Vec<_> = answer.hits.into_iter().map(|hit| hit.path).collect();
    assert_eq!(paths.len(), 52);
    assert_eq!(paths[..2], [b"/rewritten".to_vec(), b"/near".to_vec()]);
}

#[test]
fn near_duplicates_are_found_behind_dead_rows() {
    let (library, _) = with_dead_rows();
    let groups = open(&library)
        .duplicates(Likeness::Near, &mut |_| ())
        .unwrap();
    let paths = groups[0].photos.iter().map(|(path, _)| path.as_slice());
    assert_eq!(paths.collect::<Vec<_>>(), [&b"/near"[..], b"/rewritten"]);
    assert_eq!(groups.len(), 1);
}

#[test]
fn dead_rows_get_no_labels() {
    let (library, _) = with_dead_rows();
    let searcher = open(&library);
    let labels = vec!["a dog".to_owned(), "a cat".to_owned()];
    let labels = searcher.tag(&TagOptions { labels, top: 1 }).unwrap();
    for row in 0..searcher.reader.manifest().rows {
        let row = pixseek_index::RowId(row);
        let is_live = searcher.reader.live().has(row);
        assert_eq!(labels.tags.of(row).count(), usize::from(is_live), "{row:?}");
    }
}

#[test]
fn stored_labels_are_read_without_a_model() {
    let (library, _) = with_dead_rows();
    let searcher = open(&library);
    let photos = Photos::open(library.folder.path()).unwrap();
    assert!(photos.labels().unwrap().is_none());
    let labels = vec!["a dog".to_owned(), "a cat".to_owned()];
    let labels = searcher.tag(&TagOptions { labels, top: 1 }).unwrap();
    labels.store().unwrap();
    let stored = photos.labels().unwrap().unwrap();
    assert_eq!(stored.names(), ["a dog", "a cat"]);
    assert_eq!(stored.of(b"/near").unwrap().len(), 1);
    assert_eq!(stored.of(b"/far/0").unwrap(), [], "it was removed");
    assert_eq!(stored.photos().count(), 52);
}
