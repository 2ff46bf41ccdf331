//! Photos in a format that pixseek does not decode: your own decoder, its pixels to a vector, the
//! vector into an index, and a search.
//!
//! `cargo run --release --example custom_format` writes three portable pixmaps (PPM), decodes them,
//! and finds one by its description. An index run takes out only what lies in its own folders, so
//! such photos can stand in the index of `pixseek` beside others.

use pixseek_clip::{ComputeDevice, ImageEncoder, Precision, Rgb};
use pixseek_engine::{FindOptions, ModelChoice, Query, Searcher, Shown, open_model, query_context};
use pixseek_index::{Batch, NewPhoto, PhotoFacts, Stamp, Writer, WriterOptions};
use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let index = scratch.path().join("index");
    let device = ComputeDevice::cpu();

    let (model, identity) = open_model(&ModelChoice::Embedded)?;
    let images = model.image_encoder(&device)?;
    let mut writer = Writer::open(&index, &identity, WriterOptions::default())?;
    // An index keeps one precision, so that its vectors can be compared.
    writer.set_precision(Precision::F32.name())?;
    let mut photos = Vec::new();
    for path in draw(scratch.path())? {
        photos.push(encode(&images, &path)?);
    }
    writer.commit(Batch {
        photos,
        ..Batch::default()
    })?;
    // Searches see what was published, and nothing else.
    writer.publish()?;

    let searcher = Searcher::open(&index, None, device)?;
    let query = "blue sky over the sea";
    let options = FindOptions {
        limit: 3,
        // Three photos are too few to tell what matches.
        shown: Shown::All,
        ..FindOptions::default()
    };
    let answer = searcher.find(&Query::parse(query, query_context())?, &options)?;
    println!("{query}:");
    for hit in &answer.hits {
        println!("  {}", String::from_utf8_lossy(&hit.path));
    }
    match answer.hits.first() {
        Some(hit) if hit.path.ends_with(b"sea.ppm") => Ok(()),
        _ => Err("another photo is nearer".into()),
    }
}

/// What the index keeps of a photo. Its path may be any bytes, also a name that is no file's.
fn encode(images: &ImageEncoder, path: &Path) -> Result<NewPhoto, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let (width, height, rgb) = decode(&bytes).ok_or("not a PPM of 8 bits")?;
    let image = Rgb::new(width, height, rgb).ok_or("the pixels are cut off")?;
    // Resized and normalised as the model was trained: any size will do.
    let pixels = images.preprocess().pixels(image);
    let vector = images.encode(&[pixels])?.remove(0)?;
    Ok(NewPhoto {
        path: path.as_os_str().as_encoded_bytes().to_vec(),
        content: blake3::hash(&bytes).into(),
        stamp: Stamp::of(&std::fs::metadata(path)?),
        facts: PhotoFacts {
            width,
            height,
            ..PhotoFacts::default()
        },
        vectors: vec![vector.as_slice().to_vec()],
    })
}

/// Width, height and the rows of RGB of a binary PPM without comments.
fn decode(bytes: &[u8]) -> Option<(u32, u32, &[u8])> {
    let mut parts = bytes.splitn(5, u8::is_ascii_whitespace);
    let mut next = || parts.next();
    let (kind, width, height, most) = (next()?, next()?, next()?, next()?);
    let number = |part: &[u8]| std::str::from_utf8(part).ok()?.parse().ok();
    let rgb = next()?;
    (kind == b"P6" && most == b"255").then_some((number(width)?, number(height)?, rgb))
}

/// A sea below a sky, a meadow, and a sunset, as far as two colours can draw them.
fn draw(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let colours = [
        ("sea", [120, 180, 240], [20, 60, 120]),
        ("meadow", [70, 160, 50], [60, 130, 40]),
        ("sunset", [240, 120, 40], [60, 20, 30]),
    ];
    let mut paths = Vec::new();
    for (name, above, below) in colours {
        let mut ppm = b"P6\n96 96\n255\n".to_vec();
        for y in 0..96 {
            ppm.extend([if y < 50 { above } else { below }; 96].as_flattened());
        }
        let path = folder.join(format!("{name}.ppm"));
        std::fs::write(&path, ppm)?;
        paths.push(path);
    }
    Ok(paths)
}
