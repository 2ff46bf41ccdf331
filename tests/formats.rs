//! Files that this version cannot read as photos, and the messages about them.

use crate::pixseek::{Run, World, jpeg, picture};
use crate::trial;
use image::{ExtendedColorType, ImageEncoder, ImageFormat};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::io::Cursor;
use std::path::{Path, PathBuf};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("formats::unsupported_formats_are_named", unsupported),
        trial("formats::unread_metadata_is_reported", unread),
        trial("formats::status_counts_by_format", counted),
        trial("formats::failures_have_advice_by_format", advice),
    ]
}

/// The thumbnail of a raw file is not taken for the photo, and a JPEG of a rare kind is not called
/// damaged.
fn unsupported(world: &mut World) {
    let mut tiff = Cursor::new(Vec::new());
    let drawn = picture(1);
    drawn.write_to(&mut tiff, ImageFormat::Tiff).unwrap();
    let tiff = tiff.into_inner();
    world.write("DSC_0001.NEF", &tiff);
    let scan = world.write("scan.tif", &tiff[..]);
    let samples = Path::new("../pixseek-photos/src/decode/samples");
    let sample = |name: &str| std::fs::read(samples.join(name)).unwrap();
    let third = world.write("1x3.jpg", &sample("1x3.jpg"));
    world.write("3x1.jpg", &sample("3x1.jpg"));
    world.index_photos().exits(3).says("2 files failed");
    assert_eq!(world.searchable(), [third, scan]);
    world
        .run(&["failures"])
        .exits(0)
        .prints("camera raw without a preview: export it as a JPEG from a program")
        .prints("a JPEG with colours of a third of its size is not supported yet");
}

fn counted(world: &mut World) {
    for (name, seed) in [("a.png", 1), ("b.PNG", 2), ("c.png", 3)] {
        world.draw(name, seed);
    }
    world.write("a.jpg", &jpeg(4));
    world.write("b.jpeg", &jpeg(5));
    world.write("without-ending", &jpeg(6));
    world.write("damaged.heic", b"this is no picture");
    world.write("damaged.nef", b"this is no picture");
    world.write("cut.nef", b"nor is this");
    world.index_photos().exits(3);
    world
        .run(&["status"])
        .exits(0)
        .prints("formats   3 PNG, 2 JPEG, 1 other\n")
        .prints("failures  3 (2 camera raw, 1 HEIC)\n");
    let as_json = |run: Run| -> Value { serde_json::from_str(&run.exits(0).out).unwrap() };
    let status = as_json(world.run(&["status", "--json"]));
    assert_eq!(
        status["formats"],
        json!({ "PNG": 3, "JPEG": 2, "other": 1 })
    );
    assert_eq!(status["failures"], 3);
    let failed = json!({ "camera raw": 2, "HEIC": 1 });
    assert_eq!(status["failed_formats"], failed);
    // What is damaged is not counted, and the rest of the status is still true.
    std::fs::write(world.index().join("failures.jsonl"), "damaged").unwrap();
    let run = world.run(&["status", "--json"]);
    let status = as_json(run.says("formats are not counted: "));
    assert_eq!(status["failed_formats"], Value::Null);
    assert_eq!(
        (&status["photos"], &status["failures"]),
        (&json!(6), &json!(3))
    );
}

fn advice(world: &mut World) {
    world.write("scan.jp2", b"\0\0\0\x0cjP  \r\n\x87\n");
    world.write("sigma.x3f", b"FOVb of a camera that is not read");
    world.write("notes.png", b"this is no picture");
    world.index_photos().exits(3);
    world
        .run(&["failures"])
        .exits(0)
        .prints("JPEG 2000 is not supported yet: convert it to JPEG or PNG")
        .prints("camera raw is not supported yet: export it as a JPEG from a program that develops")
        .prints("not an image that pixseek can read: rename it, or leave it out with a line in")
        .prints(".pixseekignore");
    // The advice holds.
    world.write(".pixseekignore", b"notes.png");
    std::fs::remove_file(world.photos().join("scan.jp2")).unwrap();
    world.index_photos();
    let failures = world.run(&["failures"]).exits(0);
    let left = failures.out.lines().filter(|line| !line.starts_with(' '));
    let sigma = world.photos().join("sigma.x3f");
    assert_eq!(left.collect::<Vec<_>>(), [sigma.to_str().unwrap()]);
}

fn unread(world: &mut World) {
    let path = long_words(world);
    let name = path.file_name().unwrap().to_str().unwrap();
    world
        .index_photos()
        .exits(0)
        .says(&format!("{name}: its XMP has 2 MB"));
    assert_eq!(world.searchable(), [path]);
}

/// Writes a WebP whose XMP contains an edit history of 2 MB.
fn long_words(world: &World) -> PathBuf {
    let drawn = picture(1);
    let mut webp = Vec::new();
    let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut webp);
    let (width, height) = drawn.dimensions();
    encoder
        .write_image(&drawn, width, height, ExtendedColorType::Rgb8)
        .unwrap();
    let history = "<!-- edited -->".repeat(100_000);
    let packet = format!("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">{history}</x:xmpmeta>");
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
    // The file has a header that announces XMP, the picture's chunk, and the XMP packet.
    let (right, bottom) = (length(width as usize - 1), length(height as usize - 1));
    let canvas = [&[4, 0, 0, 0], &right[..3], &bottom[..3]].concat();
    let chunks = [
        b"WEBPVP8X",
        &length(canvas.len())[..],
        &canvas,
        &webp[12..],
        b"XMP ",
        &length(packet.len()),
        packet.as_bytes(),
        &b"\0"[..packet.len() % 2],
    ]
    .concat();
    world.write(
        "history.webp",
        &[b"RIFF", &length(chunks.len())[..], &chunks].concat(),
    )
}
