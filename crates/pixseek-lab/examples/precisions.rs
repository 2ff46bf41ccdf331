//! How close are vectors in bf16 and int8 to those in f32, and do captions still find their photos?
//!
//! `cargo run --release --example precisions -- LIST [MODEL]` encodes the photos of a list (a
//! `captions.jsonl`) in each precision, with the model in the folder MODEL or with the embedded
//! one. It prints the cosines of the vectors to those in f32, and the captions' recall, with texts
//! in f32 and in the precision itself.

use pixseek_clip::{ComputeDevice, Embedding, Model, Pixels, Precision, Retrieval};
use pixseek_engine::Pictures;
use pixseek_lab::Described;
use std::error::Error;
use std::path::Path;

/// Photos and texts that are encoded together.
const BATCH: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let Some(list) = arguments.next() else {
        println!("usage: precisions LIST [MODEL]");
        return Ok(());
    };
    let model = match arguments.next() {
        Some(folder) => Model::open(Path::new(&folder))?,
        None => Model::embedded()?,
    };
    let described = Described::read(Path::new(&list))?;
    let pictures = Pictures::default();
    let (mut pixels, mut captions) = (Vec::new(), Vec::new());
    for one in &described {
        match pictures.pixels(&one.file, &model.config().preprocess) {
            Ok(read) => {
                let place = pixels.len();
                captions.extend(one.captions.iter().map(|text| (text.as_str(), place)));
                pixels.push(read);
            }
            Err(failure) => println!("{}: {}", one.file.display(), failure.reason),
        }
    }
    println!("{} photos, {} captions", pixels.len(), captions.len());
    let exact = photo_vectors(&model, Precision::F32, &pixels)?;
    let exact_texts = text_vectors(&model, Precision::F32, &captions)?;
    println!("f32: {}", recall(&exact, &exact_texts, &captions));
    for precision in [Precision::Bf16, Precision::Int8] {
        if !model.computes_in(precision, &ComputeDevice::cpu()) {
            println!("{precision}: not on this machine");
            continue;
        }
        let photos = photo_vectors(&model, precision, &pixels)?;
        let texts = text_vectors(&model, precision, &captions)?;
        println!("{precision}: photos {}", cosines(&exact, &photos));
        println!("  texts {}", cosines(&exact_texts, &texts));
        println!("  photos: {}", recall(&photos, &exact_texts, &captions));
        println!("  both: {}", recall(&photos, &texts, &captions));
    }
    Ok(())
}

fn photo_vectors(
    model: &Model,
    precision: Precision,
    pixels: &[Pixels],
) -> Result<Vec<Embedding>, Box<dyn Error>> {
    let encoder = model.image_encoder_in(precision, &ComputeDevice::cpu())?;
    let mut vectors = Vec::new();
    for batch in pixels.chunks(BATCH) {
        for vector in encoder.encode(batch)? {
            vectors.push(vector?);
        }
    }
    Ok(vectors)
}

fn text_vectors(
    model: &Model,
    precision: Precision,
    captions: &[(&str, usize)],
) -> Result<Vec<Embedding>, Box<dyn Error>> {
    let device = ComputeDevice::cpu();
    let device = device.in_precision(precision).unwrap_or(device);
    let encoder = model.text_encoder(&device)?;
    let mut vectors = Vec::new();
    for batch in captions.chunks(BATCH) {
        let texts: Vec<&str> = batch.iter().map(|(text, _)| *text).collect();
        vectors.extend(encoder.encode(&texts)?);
    }
    Ok(vectors)
}

fn cosines(exact: &[Embedding], close: &[Embedding]) -> String {
    let cosines = exact
        .iter()
        .zip(close)
        .map(|(exact, close)| exact.cosine(close));
    let mut cosines: Vec<f32> = cosines.collect();
    cosines.sort_by(f32::total_cmp);
    let at = |place: usize| cosines.get(place).copied().unwrap_or(f32::NAN);
    format!(
        "cosine at least {:.5}, one in a hundred below {:.5}, median {:.5}",
        at(0),
        at(cosines.len() / 100),
        at(cosines.len() / 2)
    )
}

fn recall(photos: &[Embedding], texts: &[Embedding], captions: &[(&str, usize)]) -> String {
    let places = captions.iter().map(|(_, place)| vec![*place]);
    let texts: Vec<_> = texts.iter().cloned().zip(places).collect();
    let found = Retrieval::measure(photos, &texts);
    format!(
        "recall@1 {:.2} %, @10 {:.2} %",
        100.0 * found.recall_at_1,
        100.0 * found.recall_at_10
    )
}
