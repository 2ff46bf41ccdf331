//! Weights before the first step, as open_clip draws them (`CLIP.init_parameters`,
//! `VisionTransformer.__init__`, `CLIP(init_logit_bias=-10)`).

use super::Draw;
use crate::keys::{Entry, Naming, table};
use crate::model::{OPEN_CLIP_CONFIG, find_config, not_a_model};
use crate::weights::WeightFile;
use crate::{ClipConfig, ClipError, ImageTowerConfig, Model};
use std::collections::HashMap;
use std::path::Path;

/// The distribution from which a parameter's first values are drawn.
enum Start {
    Constant(f64),
    /// With this standard deviation, around 0.
    Normal(f64),
    /// Between this and its negative.
    Uniform(f64),
}

use Start::{Constant, Normal, Uniform};

/// Draws the values of a weight file's entry, in the file's layout.
#[expect(clippy::cast_possible_truncation, reason = "to storage precision")]
pub(crate) fn initial(entry: &Entry, config: &ClipConfig, seed: u64) -> Vec<f32> {
    let shape = &entry.shape;
    let count = shape.iter().product();
    let mut draw = Draw::new(seed, &["initial", &entry.parameter]);
    let start = start(&entry.parameter, shape, config);
    (0..count)
        .map(|_| match start {
            Constant(value) => value as f32,
            Normal(deviation) => (deviation * draw.normal()) as f32,
            Uniform(bound) => draw.between(-bound, bound) as f32,
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "sizes of layers")]
fn start(name: &str, shape: &[usize], config: &ClipConfig) -> Start {
    let root = |size: usize| (size as f64).sqrt().recip();
    let text = &config.text;
    let (width, layers, layer_scale) = match (&config.vision.tower, name.starts_with("text.")) {
        (_, true) => (
            text.blocks.width,
            text.blocks.layers,
            text.blocks.layer_scale,
        ),
        (ImageTowerConfig::VisionTransformer(vit), _) => {
            (vit.blocks.width, vit.blocks.layers, vit.blocks.layer_scale)
        }
        (ImageTowerConfig::ModifiedResNet { width, .. }, _) => (32 * width, 1, None),
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    match name {
        // CLIP begins at a temperature of 0.07, SigLIP at a scale of 10 and a bias of -10.
        "logit_scale" if config.logit_bias => Constant(std::f64::consts::LN_10),
        "logit_scale" => Constant(-0.07_f64.ln()),
        "logit_bias" => Constant(-10.0),
        "text.tokens" => Normal(0.02),
        "text.positions" => Normal(0.01),
        _ if name.ends_with(".expand.weight") => Normal(root(2 * width)),
        _ if name.ends_with(".attention.out.weight") || name.ends_with(".contract.weight") => {
            Normal(root(width) * root(2 * layers))
        }
        // A residual branch of a ResNet begins without effect: its last norm is 0.
        _ if name.ends_with(".convolutions.2.norm.weight") => Constant(0.0),
        _ if last == "scale_1" || last == "scale_2" => Constant(layer_scale.unwrap_or(1.0)),
        _ if last == "bias" || last == "mean" => Constant(0.0),
        _ if last == "variance" => Constant(1.0),
        _ if shape.len() == 4 => Uniform(root(shape[1..].iter().product())),
        _ if shape.len() == 1 && last == "weight" => Constant(1.0),
        _ => Normal(root(width)),
    }
}

impl Model {
    /// A model with random weights, from a folder with `open_clip_config.json` or `config.json` and
    /// a `tokenizer.json`.
    ///
    /// # Errors
    ///
    /// When a file is missing or broken.
    pub fn untrained(folder: &Path, seed: u64) -> Result<Self, ClipError> {
        let (config, path, files) = find_config(folder)?
            .ok_or_else(|| not_a_model(folder, "open_clip_config.json or config.json"))?;
        let naming = match files.first() {
            Some((OPEN_CLIP_CONFIG, _)) => Naming::OpenClip,
            _ => Naming::HuggingFace,
        };
        let mut tensors = HashMap::new();
        if config.contradiction().is_none() {
            for entry in table(naming, &config) {
                let mut values = initial(&entry, &config, seed);
                for key in entry.keys {
                    let rest = values.split_off(key.shape.iter().product());
                    tensors.insert(key.name, (key.shape, values));
                    values = rest;
                }
            }
        }
        let weights = WeightFile::made(&folder.join("untrained"), tensors);
        Self::from_parts(folder, (config, path, files), weights)
    }
}
