//! Pictures of coloured shapes with their captions, and the configuration and tokenizer of a
//! model that is small enough for them.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of small pictures"
)]

use pixseek_clip::training::Draw;

/// A picture's side, in pixels.
pub const SIDE: u32 = 32;

const COLOURS: [(&str, [u8; 3]); 8] = [
    ("red", [220, 40, 40]),
    ("green", [40, 180, 60]),
    ("blue", [50, 80, 230]),
    ("yellow", [240, 220, 50]),
    ("white", [250, 250, 250]),
    ("black", [10, 10, 10]),
    ("pink", [250, 140, 190]),
    ("brown", [130, 80, 40]),
];
const SHAPES: [&str; 4] = ["circle", "square", "triangle", "cross"];
const ROWS: [&str; 2] = ["top", "bottom"];
const COLUMNS: [&str; 2] = ["left", "right"];

/// What a picture shows.
#[derive(Clone, Copy)]
pub struct Scene {
    colour: usize,
    shape: usize,
    row: usize,
    column: usize,
}

impl Scene {
    /// All combinations.
    pub fn all() -> Vec<Self> {
        let count = COLOURS.len() * SHAPES.len() * ROWS.len() * COLUMNS.len();
        let scene = |n: usize| Self {
            colour: n % 8,
            shape: n / 8 % 4,
            row: n / 32 % 2,
            column: n / 64,
        };
        (0..count).map(scene).collect()
    }

    /// The picture in words.
    pub fn caption(&self) -> String {
        let (colour, shape) = (COLOURS[self.colour].0, SHAPES[self.shape]);
        format!(
            "a {colour} {shape} at the {} {}",
            ROWS[self.row], COLUMNS[self.column]
        )
    }

    /// The scene as RGB bytes, a little moved and grown, on a grey ground with noise.
    pub fn draw(&self, draw: &mut Draw) -> Vec<u8> {
        let side = SIDE as usize;
        let middle = |half: usize, draw: &mut Draw| {
            (half as f64 + 0.5) * f64::from(SIDE) / 2.0 + draw.between(-1.0, 1.0)
        };
        let (x0, y0) = (middle(self.column, draw), middle(self.row, draw));
        let radius = draw.between(5.5, 7.5);
        let ground = draw.between(90.0, 150.0);
        let mut bytes = Vec::with_capacity(3 * side * side);
        for place in 0..side * side {
            let (x, y) = (
                (place % side) as f64 + 0.5 - x0,
                (place / side) as f64 + 0.5 - y0,
            );
            let inside = match SHAPES[self.shape] {
                "circle" => x.hypot(y) < radius,
                "square" => x.abs().max(y.abs()) < radius * 0.9,
                "triangle" => y < radius * 0.8 && y > 2.0 * x.abs() - radius,
                _ => x.abs().min(y.abs()) < radius * 0.3 && x.abs().max(y.abs()) < radius,
            };
            let noise = draw.between(-8.0, 8.0);
            for channel in COLOURS[self.colour].1 {
                let value = if inside { f64::from(channel) } else { ground };
                bytes.push((value + noise).clamp(0.0, 255.0) as u8);
            }
        }
        bytes
    }
}

/// A Vision Transformer over patches of 4 pixels and a text transformer.
pub const CONFIG: &str = r#"{"model_cfg": {"embed_dim": 64,
    "vision_cfg": {"image_size": 32, "patch_size": 4, "width": 64, "head_width": 16, "layers": 3, "mlp_ratio": 2.0},
    "text_cfg": {"context_length": 10, "vocab_size": 32, "width": 64, "heads": 4, "layers": 2, "mlp_ratio": 2.0}}}"#;

/// Whole words as tokens; end-of-text has the highest id, where CLIP pools.
pub fn tokenizer() -> String {
    let colours = COLOURS.map(|(name, _)| name);
    let words = ["[pad]", "a", "at", "the"]
        .iter()
        .chain(&colours)
        .chain(&SHAPES)
        .chain(&ROWS)
        .chain(&COLUMNS);
    let mut vocabulary: Vec<String> = words
        .enumerate()
        .map(|(id, word)| format!("\"{word}\": {id}"))
        .collect();
    vocabulary.push(r#""[start]": 30, "[end]": 31"#.into());
    format!(
        r#"{{"version": "1.0", "truncation": null, "padding": null, "normalizer": null, "decoder": null, "added_tokens": [],
        "pre_tokenizer": {{"type": "Whitespace"}},
        "post_processor": {{"type": "TemplateProcessing", "pair": [],
            "single": [{{"SpecialToken": {{"id": "[start]", "type_id": 0}}}}, {{"Sequence": {{"id": "A", "type_id": 0}}}}, {{"SpecialToken": {{"id": "[end]", "type_id": 0}}}}],
            "special_tokens": {{"[start]": {{"id": "[start]", "ids": [30], "tokens": ["[start]"]}}, "[end]": {{"id": "[end]", "ids": [31], "tokens": ["[end]"]}}}}}},
        "model": {{"type": "WordLevel", "unk_token": "[pad]", "vocab": {{{}}}}}}}"#,
        vocabulary.join(", ")
    )
}
