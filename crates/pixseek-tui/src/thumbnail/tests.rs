//! Pictures of photos that are edited, gone and back again.

use super::{Cache, Drawer, FAILURES_LAST, Made, Shared, Thumbnails, Wanted, unless_it_panics};
use image::{Rgb, RgbImage};
use pixseek_engine::{Budget, DecodeLimits, PhotoFile, bytes_of};
use ratatui::layout::Size;
use ratatui_image::picker::Picker;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

const SIZE: Size = Size {
    width: 10,
    height: 5,
};

fn paint(path: &Path, colour: [u8; 3]) {
    RgbImage::from_pixel(64, 48, Rgb(colour))
        .save(path)
        .unwrap();
}

fn hash(path: &Path) -> [u8; 32] {
    let file = PhotoFile::read(path, DecodeLimits::default());
    file.map(|file| file.hash()).unwrap()
}

fn wanted(path: &Path, content: [u8; 32]) -> Wanted {
    Wanted {
        path: bytes_of(path).into_owned(),
        content,
        size: SIZE,
    }
}

#[test]
fn an_edited_photo_is_not_kept_under_its_old_content() {
    let place = tempfile::tempdir().unwrap();
    let photo = place.path().join("photo.png");
    paint(&photo, [200, 20, 20]);
    let red = hash(&photo);
    // Edited after it was indexed, before anybody looked at it.
    paint(&photo, [20, 20, 200]);
    let drawer = Drawer {
        picker: Picker::halfblocks(),
        cache: Some(Cache {
            folder: place.path().join("cache"),
            bytes: u64::MAX,
        }),
        budget: Budget::default(),
    };
    drawer.draw(&wanted(&photo, red)).unwrap();
    let cache = drawer.cache.as_ref().unwrap();
    assert!(cache.get(&red).is_none());
    let blue = cache.get(&hash(&photo)).unwrap();
    assert!(blue.get_pixel(9, 9)[2] > 150);
}

#[test]
fn a_photo_that_comes_back_is_drawn() {
    let place = tempfile::tempdir().unwrap();
    let photo = place.path().join("photo.png");
    let (sender, ready) = sync_channel(8);
    let picker = Picker::halfblocks();
    let thumbnails = Thumbnails::start(&picker, None, move || {
        let _ = sender.send(());
    });
    let one = wanted(&photo, [1; 32]);
    thumbnails.want(vec![one.clone()]);
    ready.recv().unwrap();
    assert!(thumbnails.get(&one).unwrap().is_err());
    paint(&photo, [200, 20, 20]);
    // As long as it is on screen it is not tried at every drawing.
    thumbnails.want(vec![one.clone()]);
    assert!(thumbnails.get(&one).unwrap().is_err());
    thumbnails.want(Vec::new());
    thumbnails.want(vec![one.clone()]);
    ready.recv().unwrap();
    assert!(thumbnails.get(&one).unwrap().is_ok());
}

#[test]
fn a_failure_on_screen_is_looked_at_again_in_time() {
    let one = wanted(Path::new("photo"), [1; 32]);
    let since = Instant::now();
    let mut shared = Shared::default();
    let picture =
        unless_it_panics(|| panic!("as a protocol does on a size that it does not foresee"));
    assert!(picture.is_err());
    let made = Made {
        picture,
        seen: 0,
        since,
    };
    shared.made.insert(one.clone(), made);
    shared.want(vec![one.clone()], since + FAILURES_LAST / 2);
    assert!(shared.made.contains_key(&one));
    shared.want(vec![one.clone()], since + FAILURES_LAST);
    assert!(shared.made.is_empty());
}
