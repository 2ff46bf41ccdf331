//! Do the probabilities of `pixseek tag` say how often the label is right?
//!
//! `cargo run --release --example labels -- DIR`, with `labels.jsonl`, labels the photos with
//! 10, 100 and 1,000 of the names, and prints how often the best label is right, its mean
//! probability, and the expected calibration error (Guo et al. 2017) over 15 bins.

#![allow(clippy::cast_precision_loss, reason = "shares of small counts")]

use pixseek_engine::{TagOptions, path_of};
use pixseek_lab::{Described, Library};
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

/// Numbers of labels to choose from.
const COUNTS: [usize; 3] = [10, 100, 1000];

/// Number of bins of the calibration error.
const BINS: usize = 15;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(folder) = std::env::args_os().nth(1) else {
        println!("usage: labels DIR, with labels.jsonl");
        return Ok(());
    };
    let folder = Path::new(&folder);
    let library = Library::index(folder)?;
    let described = Described::read(&folder.join("labels.jsonl"))?;
    let of_file: HashMap<String, String> = described
        .iter()
        .filter_map(|one| {
            let name = one.file.file_name()?.to_string_lossy().into_owned();
            Some((name, one.label.clone()?))
        })
        .collect();
    let mut names: Vec<String> = of_file.values().cloned().collect();
    names.sort_unstable();
    names.dedup();
    println!(
        "{:>8}{:>10}{:>10}{:>14}{:>10}",
        "labels", "photos", "right", "probability", "ECE"
    );
    for count in COUNTS {
        // Take every n-th name, so that the labels are not all similar in the alphabet.
        let step = (names.len() / count).max(1);
        let labels: Vec<String> = names.iter().step_by(step).take(count).cloned().collect();
        let options = TagOptions {
            labels: labels.clone(),
            top: 1,
        };
        let tags = library.searcher.tag(&options)?;
        let mut judged = Vec::new();
        for photo in tags.photos() {
            let photo = photo?;
            let path = path_of(&photo.path);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let Some(right) = of_file.get(name.as_ref()).filter(|of| labels.contains(of)) else {
                continue;
            };
            let (label, probability) = photo.best.first().ok_or("a photo without a label")?;
            judged.push((label == right, f64::from(*probability)));
        }
        let right = judged.iter().filter(|(is_right, _)| *is_right).count();
        let probability: f64 = judged.iter().map(|(_, probability)| probability).sum();
        println!(
            "{:>8}{:>10}{:>9.1}%{:>13.1}%{:>9.1}%",
            labels.len(),
            judged.len(),
            100.0 * right as f64 / judged.len() as f64,
            100.0 * probability / judged.len() as f64,
            100.0 * calibration_error(&judged)
        );
    }
    Ok(())
}

/// The expected calibration error: the mean difference between the probability and the share of
/// right answers, over bins of probability.
fn calibration_error(judged: &[(bool, f64)]) -> f64 {
    let mut bins = [(0.0, 0.0); BINS];
    for (is_right, probability) in judged {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a probability is in 0..=1"
        )]
        let bin = ((probability * BINS as f64) as usize).min(BINS - 1);
        bins[bin].0 += f64::from(u8::from(*is_right));
        bins[bin].1 += probability;
    }
    let gaps = bins
        .iter()
        .map(|(right, probability)| (right - probability).abs());
    gaps.sum::<f64>() / judged.len() as f64
}
