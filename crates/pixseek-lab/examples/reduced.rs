//! How does decoding photos at a reduced size change their vectors, and how much time does it save?
//!
//! `cargo run --release --example reduced -- DIR [MODEL]` decodes every photo below DIR at full
//! size and as an index run does. It encodes both with the model in the folder MODEL or with the
//! embedded one, and prints the cosines between the vectors, and the times.

#![allow(
    clippy::cast_precision_loss,
    reason = "shares and means of small counts"
)]

use pixseek_clip::{ComputeDevice, Embedding, ImageEncoder, Model, Rgb};
use pixseek_photos::{DecodeLimits, Failure, Photo, PhotoFile, Walk, WalkItem, WalkOptions};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A photo that an index run decodes at a reduced size.
struct Compared {
    path: PathBuf,
    pixels: u64,
    cosine: f32,
    whole: Duration,
    reduced: Duration,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let Some(folder) = arguments.next() else {
        println!("usage: reduced DIR [MODEL]");
        return Ok(());
    };
    let model = match arguments.next() {
        Some(folder) => Model::open(Path::new(&folder))?,
        None => Model::embedded()?,
    };
    let encoder = model.image_encoder(&ComputeDevice::cpu())?;
    let mut compared = Vec::new();
    let mut whole_only = 0;
    for found in Walk::new(&Path::new(&folder).canonicalize()?, &WalkOptions::default())? {
        let WalkItem::File(seen) = found else {
            continue;
        };
        match compare(&seen.path, &encoder) {
            Ok(Some(one)) => compared.push(one),
            Ok(None) => whole_only += 1,
            // Skip files that are not photos.
            Err(_) => {}
        }
    }
    compared.sort_by(|a, b| a.cosine.total_cmp(&b.cosine));
    println!("{} photos reduced, {whole_only} whole", compared.len());
    let Some(middle) = compared.get(compared.len() / 2) else {
        return Ok(());
    };
    let below = compared.partition_point(|one| one.cosine < 0.995);
    println!(
        "cosine: median {:.5}, one in a hundred below {:.5}, {below} below 0.995; the least:",
        middle.cosine,
        compared[compared.len() / 100].cosine
    );
    for one in compared.iter().take(5) {
        println!("  {:.5}  {}", one.cosine, one.path.display());
    }
    let large: Vec<&Compared> = compared
        .iter()
        .filter(|one| one.pixels > 10_000_000)
        .collect();
    time("all", &compared.iter().collect::<Vec<_>>());
    time("10 megapixels and more", &large);
    Ok(())
}

fn time(name: &str, all: &[&Compared]) {
    let mean = |duration: fn(&Compared) -> Duration| {
        let sum: Duration = all.iter().map(|one| duration(one)).sum();
        sum.as_secs_f64() * 1000.0 / all.len().max(1) as f64
    };
    let (whole, reduced) = (mean(|one| one.whole), mean(|one| one.reduced));
    println!(
        "{name}: {} photos, decoded whole {whole:.1} ms, reduced {reduced:.1} ms: {:.1}x",
        all.len(),
        whole / reduced
    );
}

/// Returns `None` if an index run decodes the photo at full size, too.
fn compare(path: &Path, encoder: &ImageEncoder) -> Result<Option<Compared>, Box<dyn Error>> {
    let file = PhotoFile::read(path, DecodeLimits::default()).map_err(reason)?;
    let side = u32::try_from(encoder.preprocess().size)?;
    let timed = |side: u32| -> Result<(Photo, Duration), String> {
        let start = Instant::now();
        let photo = file.decode_at_least(side).map_err(reason)?;
        Ok((photo, start.elapsed()))
    };
    let ((whole, whole_time), (reduced, reduced_time)) = (timed(u32::MAX)?, timed(side)?);
    if whole.image.dimensions() == reduced.image.dimensions() {
        return Ok(None);
    }
    let vector = |photo: &Photo| -> Result<Embedding, Box<dyn Error>> {
        let (width, height) = photo.image.dimensions();
        let image = Rgb::new(width, height, photo.image.as_raw()).ok_or("it has no pixels")?;
        let [whole_width, whole_height] = photo.size;
        let image = image.reduced_from(whole_width, whole_height, photo.scale);
        let pixels = encoder.preprocess().pixels(image);
        Ok(encoder.encode(&[pixels])?.remove(0)?)
    };
    Ok(Some(Compared {
        path: path.into(),
        pixels: u64::from(whole.facts.width) * u64::from(whole.facts.height),
        cosine: vector(&whole)?.cosine(&vector(&reduced)?),
        whole: whole_time,
        reduced: reduced_time,
    }))
}

fn reason(failure: Failure) -> String {
    failure.reason
}
