//! Do scores tell the things that a library shows from the things that it does not show?
//!
//! `cargo run --release --example honesty -- photos DIR` indexes a folder with the embedded model
//! and asks for the 50 everyday things of `honesty/present.txt`, which `../shared/photos` shows,
//! and for the 50 of `absent.txt`, which it does not show. A hit is right for the first and "no
//! good match" for the second.
//!
//! `... -- vectors DIR` does the same with real ViT-B/32 vectors (`../shared/reference`): 1,000
//! photos of Flickr8k, 1,203 LVIS and 80 COCO names as queries, the names of Objects365 and Open
//! Images as background. It prints the area under the ROC curve between names that occur in the
//! photos' captions and names that do not.

use pixseek_engine::{Calibration, FindOptions, Query, query_context};
use pixseek_index::{
    Batch, ModelIdentity, NewPhoto, PhotoFacts, Reader, RowFilter, SearchMode, Stamp, Writer,
    WriterOptions,
};
use pixseek_lab::Library;
use std::cmp::Ordering;
use std::error::Error;
use std::path::Path;

const PRESENT: &str = include_str!("honesty/present.txt");
const ABSENT: &str = include_str!("honesty/absent.txt");
const DIMENSION: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["photos", folder] => photos(Path::new(folder)),
        ["vectors", folder] => vectors(Path::new(folder)),
        _ => {
            println!("usage: honesty photos DIR | honesty vectors DIR");
            Ok(())
        }
    }
}

fn photos(folder: &Path) -> Result<(), Box<dyn Error>> {
    let library = Library::index(folder)?;
    let options = FindOptions {
        limit: 1,
        ..FindOptions::default()
    };
    let mut right = 0;
    for (name, queries, is_there) in [("present", PRESENT, true), ("absent", ABSENT, false)] {
        let mut wrong = Vec::new();
        for text in queries.lines() {
            let query = Query::parse(text, query_context())?;
            let is_found = !library.searcher.find(&query, &options)?.hits.is_empty();
            if is_found != is_there {
                wrong.push(text);
            }
        }
        let count = queries.lines().count();
        right += count - wrong.len();
        println!("{name}: {} of {count} right", count - wrong.len());
        println!("  wrong: {}", wrong.join(", "));
    }
    let count = PRESENT.lines().count() + ABSENT.lines().count();
    println!("together: {right} of {count} right");
    Ok(())
}

fn vectors(folder: &Path) -> Result<(), Box<dyn Error>> {
    let images = npy(&folder.join("clip_image_flickr8k_1000/clip_embeddings.npy"))?;
    let captions = folder.join("clip_image_flickr8k_1000/captions_5k.json");
    let captions: Vec<String> = serde_json::from_slice(&std::fs::read(captions)?)?;
    let captions = format!(" {} ", captions.join(" ").to_lowercase());
    let texts = folder.join("detic_clip_text");
    let mut background = npy(&texts.join("o365_clip_a+cnamefix.npy"))?;
    background.extend(npy(&texts.join("oid_clip_a+cname.npy"))?);

    let scratch = tempfile::tempdir()?;
    let identity = ModelIdentity {
        name: "ViT-B/32".into(),
        fingerprint: "vectors only".into(),
        dimension: DIMENSION,
        folder: None,
    };
    let mut writer = Writer::open(scratch.path(), &identity, WriterOptions::default())?;
    let found = (0u32..).zip(images.chunks_exact(DIMENSION));
    let photos = found
        .map(|(number, vector)| new_photo(number, vector))
        .collect();
    writer.commit(Batch {
        photos,
        ..Batch::default()
    })?;
    writer.publish()?;
    drop(writer);
    let reader = Reader::open(scratch.path())?;
    let calibration = Calibration::of(scratch.path(), background)?;

    for (name, vectors, names) in [
        ("LVIS", "lvis_v1_clip_a+cname.npy", "lvis_v1_prompts.json"),
        ("COCO", "coco_clip_a+cname.npy", "coco_prompts.json"),
    ] {
        let names: Vec<String> = serde_json::from_slice(&std::fs::read(texts.join(names))?)?;
        let vectors = npy(&texts.join(vectors))?;
        let (mut scores, mut cosines) = (Vec::new(), Vec::new());
        for (prompt, vector) in names.iter().zip(vectors.chunks_exact(DIMENSION)) {
            let (rows, _) = reader.nearest(vector, 16, SearchMode::Exact, RowFilter::All)?;
            let best = rows
                .iter()
                .filter_map(|(row, cosine)| Some((reader.vector(*row)?, cosine)));
            let best = best.map(|(photo, cosine)| cosine - calibration.hubness(&photo));
            let is_there = occurs(&captions, prompt);
            scores.push((best.fold(f32::MIN, f32::max), is_there));
            cosines.push((rows[0].1, is_there));
        }
        let there = scores.iter().filter(|(_, is_there)| *is_there).count();
        println!(
            "{name}: {there} of {} names in the captions; area under the ROC curve {:.3} by merit, {:.3} by the cosine",
            names.len(),
            area(&scores),
            area(&cosines)
        );
    }
    Ok(())
}

fn new_photo(number: u32, vector: &[f32]) -> NewPhoto {
    let mut content = [0; 32];
    content[..4].copy_from_slice(&number.to_le_bytes());
    NewPhoto {
        path: format!("/{number}").into_bytes(),
        content,
        stamp: Stamp {
            size: 0,
            modified: 0,
            changed: 0,
            identity: 0,
        },
        facts: PhotoFacts::default(),
        vectors: vec![vector.to_vec()],
    }
}

/// Whether a caption contains the name of `a traffic_light`, or its plural, as whole words.
fn occurs(captions: &str, prompt: &str) -> bool {
    let name = prompt.strip_prefix("a ").unwrap_or(prompt).to_lowercase();
    let name = name.split('(').next().unwrap_or_default().replace('_', " ");
    let name = name.trim();
    captions.match_indices(name).any(|(at, _)| {
        let behind = &captions[at + name.len()..];
        let behind = behind
            .strip_prefix("es")
            .or_else(|| behind.strip_prefix('s'))
            .filter(|rest| !rest.starts_with(char::is_alphanumeric))
            .unwrap_or(behind);
        !captions[..at].ends_with(char::is_alphanumeric)
            && !behind.starts_with(char::is_alphanumeric)
    })
}

/// Area under the ROC curve: how often a present thing scores above an absent one.
#[allow(clippy::cast_precision_loss, reason = "shares of small counts")]
fn area(scores: &[(f32, bool)]) -> f64 {
    let of = |wanted: bool| {
        scores
            .iter()
            .filter(move |(_, is)| *is == wanted)
            .map(|(score, _)| *score)
    };
    let (mut above, mut pairs) = (0.0, 0);
    for there in of(true) {
        for not in of(false) {
            pairs += 1;
            above += match there.total_cmp(&not) {
                Ordering::Greater => 1.0,
                Ordering::Equal => 0.5,
                Ordering::Less => 0.0,
            };
        }
    }
    above / f64::from(pairs.max(1))
}

/// Reads the rows of a little-endian f16 or f32 array of NumPy, and scales each to length 1.
fn npy(path: &Path) -> Result<Vec<f32>, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let text = String::from_utf8_lossy(&bytes[10..10 + header]);
    let data = &bytes[10 + header..];
    let mut values: Vec<f32> = if text.contains("<f2") {
        let halves = data
            .chunks_exact(2)
            .map(|half| half::f16::from_le_bytes([half[0], half[1]]));
        halves.map(half::f16::to_f32).collect()
    } else {
        let words = data
            .chunks_exact(4)
            .map(|word| [word[0], word[1], word[2], word[3]]);
        words.map(f32::from_le_bytes).collect()
    };
    for row in values.chunks_exact_mut(DIMENSION) {
        let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        for value in row {
            *value /= length;
        }
    }
    Ok(values)
}
