//! Which prompts find photos best?
//!
//! `cargo run --release --example wordings -- DIR...`, each with `captions.jsonl` or
//! `labels.jsonl`, encodes names and captions of several lengths with sets of prompts, takes the
//! mean of each set's vectors, and prints how often the right photo comes first and among the first
//! ten. `crates/pixseek-engine/src/prompts.rs` contains the chosen prompts.

use pixseek_clip::{ComputeDevice, Embedding, Model, Pixels, Retrieval, Rgb, TextEncoder};
use pixseek_lab::{Described, read_photo};
use rayon::prelude::*;
use std::error::Error;
use std::path::Path;

const SETS: [&[&str]; 11] = [
    &["{}"],
    &["a {}"],
    &["a photo of {}"],
    &["a photo of a {}"],
    &["{}", "there is {}", "this is {}"],
    &["{}", "a photo of {}."],
    &["{}", "a photo of {}.", "a good photo of {}."],
    &["{}", "a photo of {}", "a photo of a {}"],
    &["{}", "a {}", "a photo of a {}"],
    &["{}", "a photo of a {}", "there is a {}"],
    &[
        "{}",
        "a photo of a {}",
        "a picture of a {}",
        "there is a {}",
    ],
];

/// Ranges of the number of words in a text; the first one holds names.
const LENGTHS: [(usize, usize); 4] = [(1, 5), (6, 8), (9, 12), (13, usize::MAX)];

/// A text, and the index of its photo.
type Asked = (String, usize);

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<_> = std::env::args_os().skip(1).collect();
    if folders.is_empty() {
        println!("usage: wordings DIR..., each with captions.jsonl or labels.jsonl");
    }
    let model = Model::embedded()?;
    let texts = model.text_encoder(&ComputeDevice::cpu())?;
    for folder in folders {
        let folder = Path::new(&folder);
        let list = ["captions.jsonl", "labels.jsonl"].map(|name| folder.join(name));
        let list = list.iter().find(|list| list.exists());
        let described = Described::read(list.ok_or("a folder without a list")?)?;
        let photos = photos(&model, &described)?;
        let asked = |of: &dyn Fn(&Described) -> Vec<String>| -> Vec<Asked> {
            let places = described.iter().enumerate();
            places
                .flat_map(|(place, one)| of(one).into_iter().map(move |text| (text, place)))
                .collect()
        };
        println!("{}", folder.display());
        table(
            "names",
            &asked(&|one| one.label.iter().cloned().collect()),
            &photos,
            &texts,
        )?;
        for (least, most) in LENGTHS {
            let captions = asked(&|one| {
                let plain = one
                    .captions
                    .iter()
                    .map(|text| text.trim_end_matches([' ', '.']));
                let words = |text: &&str| text.split_whitespace().count();
                let right = plain.filter(|text| (least..=most).contains(&words(text)));
                right.map(str::to_owned).collect()
            });
            table(
                &format!("captions from {least} words"),
                &captions,
                &photos,
                &texts,
            )?;
        }
    }
    Ok(())
}

fn table(
    name: &str,
    asked: &[Asked],
    photos: &[Embedding],
    texts: &TextEncoder,
) -> Result<(), Box<dyn Error>> {
    if asked.is_empty() {
        return Ok(());
    }
    println!(
        "  {name} ({}){:>40}{:>8}{:>8}",
        asked.len(),
        "@1",
        "@5",
        "@10"
    );
    for set in SETS {
        let mut vectors = Vec::new();
        for (text, place) in asked {
            let worded: Vec<String> = set.iter().map(|of| of.replace("{}", text)).collect();
            let worded: Vec<&str> = worded.iter().map(String::as_str).collect();
            vectors.push((mean(&texts.encode(&worded)?)?, vec![*place]));
        }
        let found = Retrieval::measure(photos, &vectors);
        println!(
            "    {:<52}{:>7.1}%{:>7.1}%{:>7.1}%",
            set.join(" | "),
            100.0 * found.recall_at_1,
            100.0 * found.recall_at_5,
            100.0 * found.recall_at_10
        );
    }
    Ok(())
}

fn mean(vectors: &[Embedding]) -> Result<Embedding, Box<dyn Error>> {
    let mut sum = vec![0.0; vectors[0].as_slice().len()];
    for vector in vectors {
        for (sum, value) in sum.iter_mut().zip(vector.as_slice()) {
            *sum += value;
        }
    }
    Ok(Embedding::normalize(sum)?)
}

fn photos(model: &Model, described: &[Described]) -> Result<Vec<Embedding>, Box<dyn Error>> {
    let encoder = model.image_encoder(&ComputeDevice::cpu())?;
    let mut vectors = Vec::new();
    for batch in described.chunks(64) {
        let pixels: Vec<Result<Pixels, String>> = batch
            .par_iter()
            .map(|one| {
                let photo = read_photo(&one.file)
                    .map_err(|failure| failure.reason)?
                    .image;
                let image = Rgb::new(photo.width(), photo.height(), photo.as_raw());
                Ok(encoder.preprocess().pixels(image.ok_or("no pixels")?))
            })
            .collect();
        let pixels = pixels.into_iter().collect::<Result<Vec<_>, _>>()?;
        for vector in encoder.encode(&pixels)? {
            vectors.push(vector?);
        }
    }
    Ok(vectors)
}
