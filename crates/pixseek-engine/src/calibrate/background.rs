//! The background descriptions, as texts and as vectors.

use crate::prompts::{mean_direction, wordings};
use crate::texts::Texts;
use crate::{EngineError, Wording};
use pixseek_clip::Model;

pub(super) const BACKGROUND: &str = include_str!("background.txt");

/// Descriptions of everyday things, which stand for the queries that people may type.
pub fn everyday_texts() -> impl Iterator<Item = &'static str> {
    BACKGROUND.lines()
}

/// Encodes the background descriptions as `[B, E]`, unit vectors.
pub(super) fn encode_background(encoder: &Texts, model: &Model) -> Result<Vec<f32>, EngineError> {
    let mut vectors = Vec::new();
    let lines: Vec<&str> = everyday_texts().collect();
    for lines in lines.chunks(32) {
        let texts: Vec<Vec<String>> = lines
            .iter()
            .map(|line| wordings(line, Wording::Ensemble, model.is_like_embedded()))
            .collect();
        let flat: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
        let mut embeddings = encoder.encode(&flat)?.into_iter();
        for texts in &texts {
            let own: Vec<_> = embeddings.by_ref().take(texts.len()).collect();
            vectors.extend(mean_direction(&own));
        }
    }
    Ok(vectors)
}
