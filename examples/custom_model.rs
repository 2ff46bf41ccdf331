//! A model of your own: a folder with a configuration, weights and a tokenizer.
//!
//! `cargo run --release --example custom_model` writes such a folder, opens it and compares
//! pictures with texts. The weights are small enough to be made by hand: each patch becomes its
//! mean colour, each word its own, and attention takes the mean of a text's words. The keys are
//! OpenCLIP's, so a model that OpenCLIP has trained is opened in the same way, and `pixseek model
//! import FOLDER` takes both.

use pixseek_clip::{ComputeDevice, Model, Rgb};
use safetensors::{Dtype, tensor::TensorView};
use std::error::Error;
use std::path::Path;

/// Red, green and blue are the dimensions of the towers and of the space that they share.
const WIDTH: usize = 3;
const PATCH: usize = 8;
/// Pixels of a patch.
const PIXELS: f32 = 64.0;
/// A picture has two by two patches.
const SIDE: u32 = 16;

/// The pictures that are drawn, and the texts that describe them.
const DESCRIBED: [&str; 3] = ["red", "blue", "red and blue"];

/// One block each. `pool_type` is the mean of the patches; `no_ln_pre` leaves out CLIP's first norm.
const CONFIG: &str = r#"{
    "model_cfg": {
        "embed_dim": 3,
        "vision_cfg": {"image_size": 16, "patch_size": 8, "width": 3, "head_width": 3, "layers": 1,
            "mlp_ratio": 1.0, "pool_type": "avg", "no_ln_pre": true},
        "text_cfg": {"context_length": 8, "vocab_size": 6, "width": 3, "heads": 1, "layers": 1, "mlp_ratio": 1.0}
    },
    "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
}"#;

/// Words are tokens. The end of a text has the highest id: CLIP takes a text's vector there.
const TOKENIZER: &str = r#"{
    "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "decoder": null,
    "added_tokens": [],
    "pre_tokenizer": {"type": "Whitespace"},
    "model": {"type": "WordLevel", "unk_token": "[other]",
        "vocab": {"[pad]": 0, "[other]": 1, "red": 2, "green": 3, "blue": 4, "[end]": 5}},
    "post_processor": {"type": "TemplateProcessing", "pair": [],
        "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[end]", "type_id": 0}}],
        "special_tokens": {"[end]": {"id": "[end]", "ids": [5], "tokens": ["[end]"]}}}
}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("open_clip_config.json"), CONFIG)?;
    std::fs::write(folder.path().join("tokenizer.json"), TOKENIZER)?;
    write_weights(&folder.path().join("open_clip_model.safetensors"))?;

    // Opening compares every key and shape with the configuration.
    let model = Model::open(folder.path())?;
    let device = ComputeDevice::cpu();
    let (images, texts) = (model.image_encoder(&device)?, model.text_encoder(&device)?);

    let (red, blue) = ([200, 30, 40], [30, 60, 220]);
    let pictures = [[red, red], [blue, blue], [red, blue]].map(|[top, bottom]| {
        let rows = (0..SIDE).flat_map(|y| [if y < SIDE / 2 { top } else { bottom }; SIDE as usize]);
        let bytes: Vec<u8> = rows.flatten().collect();
        images
            .preprocess()
            .pixels(Rgb::new(SIDE, SIDE, &bytes).expect("a square"))
    });
    let texts = texts.encode(&DESCRIBED)?;
    for (picture, described) in images.encode(&pictures)?.into_iter().zip(DESCRIBED) {
        let picture = picture?;
        let cosines: Vec<f32> = texts.iter().map(|text| picture.cosine(text)).collect();
        println!("a picture of {described}: {cosines:.3?}");
        let nearest = (0..DESCRIBED.len()).max_by(|a, b| cosines[*a].total_cmp(&cosines[*b]));
        if nearest.is_none_or(|nearest| DESCRIBED[nearest] != described) {
            return Err("another text is nearer".into());
        }
    }
    Ok(())
}

/// Writes all parameters, under OpenCLIP's keys.
fn write_weights(path: &Path) -> Result<(), Box<dyn Error>> {
    let value = |is_one: bool| f32::from(u8::from(is_one));
    let (zero, one) = (|_, _| 0.0, |_, _| 1.0);
    let identity = |row: usize, column: usize| value(row == column);
    // The mean of one channel: a filter's rows are `[output, channel, y]`, flattened.
    let mean = |row: usize, _| value(row / PATCH / 3 == row / PATCH % 3) / PIXELS;
    // The vocabulary's colours follow `[pad]` and `[other]`.
    let colours = |token: usize, colour: usize| value(token == colour + 2);
    // Queries and keys of 0 attend to all tokens alike; the values are the tokens themselves.
    let attend = |row: usize, column: usize| value(row == column + 2 * WIDTH);

    let mut weights = Weights::default();
    weights.add("token_embedding.weight", &[6, WIDTH], colours);
    weights.add("positional_embedding", &[8, WIDTH], zero);
    weights.add("visual.conv1.weight", &[WIDTH, 3, PATCH, PATCH], mean);
    weights.add("visual.class_embedding", &[WIDTH], zero);
    weights.add("visual.positional_embedding", &[5, WIDTH], zero);
    for tower in ["transformer", "visual.transformer"] {
        let mut block = |key: &str, shape: &[usize], at: &dyn Fn(usize, usize) -> f32| {
            weights.add(&format!("{tower}.resblocks.0.{key}"), shape, at);
        };
        block("attn.in_proj_weight", &[3 * WIDTH, WIDTH], &attend);
        block("attn.in_proj_bias", &[3 * WIDTH], &zero);
        block("attn.out_proj.weight", &[WIDTH, WIDTH], &identity);
        block("attn.out_proj.bias", &[WIDTH], &zero);
        for layer in ["mlp.c_fc", "mlp.c_proj"] {
            block(&format!("{layer}.weight"), &[WIDTH, WIDTH], &zero);
            block(&format!("{layer}.bias"), &[WIDTH], &zero);
        }
        for norm in ["ln_1", "ln_2"] {
            block(&format!("{norm}.weight"), &[WIDTH], &one);
            block(&format!("{norm}.bias"), &[WIDTH], &zero);
        }
    }
    for norm in ["ln_final", "visual.ln_post"] {
        weights.add(&format!("{norm}.weight"), &[WIDTH], one);
        weights.add(&format!("{norm}.bias"), &[WIDTH], zero);
    }
    weights.add("text_projection", &[WIDTH, WIDTH], identity);
    weights.add("visual.proj", &[WIDTH, WIDTH], identity);
    weights.add("logit_scale", &[], one);

    let mut views = Vec::new();
    for (key, shape, bytes) in &weights.0 {
        views.push((key, TensorView::new(Dtype::F32, shape.clone(), bytes)?));
    }
    Ok(safetensors::serialize_to_file(views, None, path)?)
}

/// Keys, shapes, and f32 values as bytes.
#[derive(Default)]
struct Weights(Vec<(String, Vec<usize>, Vec<u8>)>);

impl Weights {
    /// Adds a parameter; `at` returns its value at a row and a column, the last axis.
    fn add(&mut self, key: &str, shape: &[usize], at: impl Fn(usize, usize) -> f32) {
        let columns = shape.last().copied().unwrap_or(1);
        let places = 0..shape.iter().product();
        let values = places.flat_map(|place| at(place / columns, place % columns).to_le_bytes());
        self.0.push((key.into(), shape.into(), values.collect()));
    }
}
