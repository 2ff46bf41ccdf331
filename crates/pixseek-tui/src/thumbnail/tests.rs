//! Draws photos that are edited, removed and restored.

use super::{
    Cache, Made, Painter, PictureError, PictureMethod, PictureRequest, RETRY_AFTER, Shared,
    Thumbnails, catch_panic,
};
use crate::message::Message;
use crossbeam_channel::unbounded;
use image::{Rgb, RgbImage};
use pixseek_blocks::{Look, Palette, Symbols};
use pixseek_engine::{Pictures, bytes_of};
use ratatui::layout::Size;
use std::path::Path;
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

fn blocks() -> PictureMethod {
    PictureMethod::blocks(Look {
        symbols: Symbols::Blocks,
        palette: Palette::Rgb24,
    })
}

fn hash(path: &Path) -> [u8; 32] {
    Pictures::default().read(path, 1).unwrap().content
}

fn request(path: &Path, content: [u8; 32]) -> PictureRequest {
    PictureRequest {
        frame: None,
        path: bytes_of(path).into_owned(),
        content,
        size: SIZE,
    }
}

#[test]
fn an_edited_photo_is_not_cached_under_its_old_content() {
    let place = tempfile::tempdir().unwrap();
    let photo = place.path().join("photo.png");
    paint(&photo, [200, 20, 20]);
    let red = hash(&photo);
    // Edit the photo after indexing and before drawing.
    paint(&photo, [20, 20, 200]);
    let painter = Painter {
        method: blocks(),
        cache: Some(Cache {
            folder: place.path().join("cache"),
            bytes: u64::MAX,
        }),
        pictures: Pictures::default(),
    };
    painter.paint(&request(&photo, red)).unwrap();
    let cache = painter.cache.as_ref().unwrap();
    assert!(cache.get(&red).is_none());
    let blue = cache.get(&hash(&photo)).unwrap();
    assert!(blue.get_pixel(9, 9)[2] > 150);
}

#[test]
fn a_photo_that_comes_back_is_drawn() {
    let place = tempfile::tempdir().unwrap();
    let photo = place.path().join("photo.png");
    let (sender, messages) = unbounded();
    let thumbnails = Thumbnails::start(blocks(), None, Pictures::default(), &sender);
    let wait = || assert!(matches!(messages.recv().unwrap(), Message::PictureReady));
    let one = request(&photo, [1; 32]);
    thumbnails.request(vec![one.clone()]);
    wait();
    assert!(thumbnails.get(&one).unwrap().is_err());
    paint(&photo, [200, 20, 20]);
    // This frame does not retry the photo, because the failure is still on screen.
    thumbnails.request(vec![one.clone()]);
    assert!(thumbnails.get(&one).unwrap().is_err());
    thumbnails.request(Vec::new());
    thumbnails.request(vec![one.clone()]);
    wait();
    assert!(thumbnails.get(&one).unwrap().is_ok());
}

#[test]
fn a_failure_on_screen_is_tried_again_after_a_while() {
    let one = request(Path::new("photo"), [1; 32]);
    let time = Instant::now();
    let mut shared = Shared::default();
    let picture = catch_panic(|| panic!("as a protocol may on a size that it does not expect"));
    assert!(matches!(picture, Err(PictureError::Panicked)));
    let made = Made {
        picture,
        last_frame: 0,
        time,
    };
    shared.made.insert(one.clone(), made);
    shared.request(vec![one.clone()], time + RETRY_AFTER / 2);
    assert!(shared.made.contains_key(&one));
    shared.request(vec![one.clone()], time + RETRY_AFTER);
    assert!(shared.made.is_empty());
}
