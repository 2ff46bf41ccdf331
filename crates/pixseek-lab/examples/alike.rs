//! How near are the vectors of two versions of one picture, and of two different pictures?
//!
//! `cargo run --release --example alike -- DIR...` takes photos below each DIR and makes half-size
//! JPEGs, crops, edits and rotations of them. It prints the cosines between each photo and its
//! versions, and between each photo and the nearest other photo of its DIR. It also prints in how
//! many of 128 bits their difference hashes differ; for different photos, the minimum over all
//! pairs with a cosine of 0.85 or more. The thresholds of
//! `crates/pixseek-engine/src/search/fold.rs` are chosen from this table.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares, places in sorted lists and sides of pictures"
)]

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, crop_imm, resize, rotate90};
use image::{Pixel, RgbImage};
use pixseek_clip::{ComputeDevice, Embedding, ImageEncoder, Model, Pixels, Rgb};
use pixseek_photos::{DecodeLimits, PhotoFile, Walk, WalkItem, WalkOptions, difference_hash};
use rayon::prelude::*;
use std::error::Error;
use std::path::{Path, PathBuf};

/// At most this many photos of a folder are measured, evenly spread.
const PHOTOS: usize = 300;

/// The example prints the share of cosines above each of these thresholds.
const THRESHOLDS: [f32; 6] = [0.80, 0.85, 0.88, 0.90, 0.93, 0.95];

type Version = fn(&RgbImage) -> RgbImage;

const VERSIONS: [(&str, Version); 9] = [
    ("half size, JPEG at 60", |photo| {
        jpeg(&scaled(photo, 0.5), 60)
    }),
    ("quarter size, JPEG at 80", |photo| {
        jpeg(&scaled(photo, 0.25), 80)
    }),
    ("cropped to 90 %", |photo| cropped(photo, 0.9)),
    ("cropped to 75 %", |photo| cropped(photo, 0.75)),
    ("brighter by a fifth", |photo| mapped(photo, |v| v * 1.2)),
    ("more contrast", |photo| {
        mapped(photo, |v| (v - 128.0) * 1.3 + 128.0)
    }),
    ("warmer", warmer),
    ("black and white", |photo| {
        image::DynamicImage::ImageRgb8(photo.clone())
            .grayscale()
            .into_rgb8()
    }),
    ("turned by 90 degrees", rotate90),
];

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if folders.is_empty() {
        println!("usage: alike DIR...");
    }
    let encoder = Model::embedded()?.image_encoder(&ComputeDevice::cpu())?;
    for folder in folders {
        measure(&folder, &encoder)?;
    }
    Ok(())
}

fn measure(folder: &Path, encoder: &ImageEncoder) -> Result<(), Box<dyn Error>> {
    let mut photos = Vec::new();
    for found in Walk::new(&folder.canonicalize()?, &WalkOptions::default())? {
        let WalkItem::File(seen) = found else {
            continue;
        };
        let file = PhotoFile::read(&seen.path, DecodeLimits::default());
        // Skip files that are not photos.
        if let Ok(photo) = file.and_then(|file| file.decode()) {
            photos.push((seen.path, photo.image));
        }
    }
    println!("{}: {} photos", folder.display(), photos.len());
    let all = encode(encoder, photos.iter().map(|(_, photo)| photo).collect())?;
    header();
    let step = photos.len().div_ceil(PHOTOS).max(1);
    let chosen: Vec<usize> = (0..photos.len()).step_by(step).collect();
    for (name, version) in VERSIONS {
        let versions: Vec<RgbImage> = chosen
            .par_iter()
            .map(|place| version(&photos[*place].1))
            .collect();
        let vectors = encode(encoder, versions.iter().collect())?;
        let cosines = chosen.iter().zip(&vectors);
        row(name, cosines.map(|(at, v)| all[*at].cosine(v)).collect());
        let hashes = versions.iter().map(difference_hash);
        let bits = chosen.iter().zip(hashes);
        let bits = bits.map(|(at, hash)| (hash ^ difference_hash(&photos[*at].1)).count_ones());
        let mut bits: Vec<u32> = bits.collect();
        bits.sort_unstable();
        println!(
            "    bits: median {}, 19 in 20 {}, most {}",
            bits[bits.len() / 2],
            bits[bits.len() * 19 / 20],
            bits[bits.len() - 1]
        );
    }
    let mut nearest: Vec<(f32, usize, usize)> = (0..all.len())
        .into_par_iter()
        .filter_map(|a| {
            let others = (0..all.len()).filter(|b| *b != a);
            let with = others.map(|b| (all[a].cosine(&all[b]), a, b));
            with.max_by(|x, y| x.0.total_cmp(&y.0))
        })
        .collect();
    row(
        "the nearest other photo",
        nearest.iter().map(|(cosine, _, _)| *cosine).collect(),
    );
    let hashes: Vec<u128> = photos.iter().map(|(_, of)| difference_hash(of)).collect();
    let pairs = (0..all.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
    let alike = pairs.filter(|(a, b)| all[*a].cosine(&all[*b]) >= 0.85);
    let mut bits: Vec<u32> = alike
        .map(|(a, b)| (hashes[a] ^ hashes[b]).count_ones())
        .collect();
    bits.sort_unstable();
    println!(
        "    bits of {} pairs above 0.85: least {:?}",
        bits.len(),
        &bits[..bits.len().min(5)]
    );
    nearest.sort_by(|x, y| y.0.total_cmp(&x.0));
    println!("  nearest of all:");
    let pairs = nearest.iter().filter(|(_, a, b)| a < b).take(12);
    for (cosine, a, b) in pairs {
        let name = |place: usize| {
            let name = photos[place].0.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        println!("  {cosine:.3}  {}  {}", name(*a), name(*b));
    }
    Ok(())
}

fn header() {
    let thresholds = THRESHOLDS.map(|threshold| format!("{threshold:>8.2}"));
    let thresholds = thresholds.concat();
    println!(
        "{:<28}{:>8}{:>8}{:>8}  share above{thresholds}",
        "", "least", "1 in 20", "median"
    );
}

fn row(name: &str, mut cosines: Vec<f32>) {
    cosines.sort_by(f32::total_cmp);
    let Some(last) = cosines.len().checked_sub(1) else {
        return;
    };
    let at = |share: f64| cosines[(last as f64 * share) as usize];
    let share = |threshold: f32| {
        let above = cosines.iter().filter(|cosine| **cosine >= threshold);
        above.count() as f64 / cosines.len() as f64
    };
    let shares = THRESHOLDS.map(|threshold| format!("{:>7.1}%", 100.0 * share(threshold)));
    println!(
        "  {name:<26}{:>8.3}{:>8.3}{:>8.3}             {}",
        at(0.0),
        at(0.05),
        at(0.5),
        shares.concat()
    );
}

fn encode(
    encoder: &ImageEncoder,
    photos: Vec<&RgbImage>,
) -> Result<Vec<Embedding>, Box<dyn Error>> {
    let pixels: Vec<Pixels> = photos
        .into_par_iter()
        .map(|photo| {
            let image = Rgb::new(photo.width(), photo.height(), photo.as_raw());
            encoder.preprocess().pixels(image.expect("it has pixels"))
        })
        .collect();
    let mut vectors = Vec::new();
    for batch in pixels.chunks(64) {
        for vector in encoder.encode(batch)? {
            vectors.push(vector?);
        }
    }
    Ok(vectors)
}

fn scaled(photo: &RgbImage, by: f64) -> RgbImage {
    let side = |side: u32| ((f64::from(side) * by) as u32).max(1);
    let (width, height) = (side(photo.width()), side(photo.height()));
    resize(photo, width, height, FilterType::Triangle)
}

/// Encodes a picture as JPEG and decodes it again.
fn jpeg(photo: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    photo
        .write_with_encoder(encoder)
        .expect("a vector takes all bytes");
    let read = image::load_from_memory(&bytes);
    read.expect("what was just written").into_rgb8()
}

/// The middle of the picture: `to` is the share of each side that remains.
fn cropped(photo: &RgbImage, to: f64) -> RgbImage {
    let side = |side: u32| ((f64::from(side) * to) as u32).max(1);
    let (width, height) = (side(photo.width()), side(photo.height()));
    let (left, top) = ((photo.width() - width) / 3, (photo.height() - height) / 3);
    crop_imm(photo, left, top, width, height).to_image()
}

fn mapped(photo: &RgbImage, value: fn(f32) -> f32) -> RgbImage {
    let mut photo = photo.clone();
    for pixel in photo.pixels_mut() {
        pixel.apply(|byte| value(f32::from(byte)).clamp(0.0, 255.0) as u8);
    }
    photo
}

fn warmer(photo: &RgbImage) -> RgbImage {
    let mut photo = photo.clone();
    for pixel in photo.pixels_mut() {
        let scale = |byte: u8, by: f32| (f32::from(byte) * by).min(255.0) as u8;
        pixel.0 = [scale(pixel.0[0], 1.15), pixel.0[1], scale(pixel.0[2], 0.85)];
    }
    photo
}
