//! How fast is a Vision Transformer at each level of the processor's instructions, in each kind of
//! numbers?
//!
//! `cargo run --release -p pixseek-kernels --example towers -- [ROUNDS] [BATCH] [SIZE] [KIND...]`
//! takes pictures through a tower with random weights: one as ViT-B/32 (`SIZE` `base`) or as the
//! embedded model (`tiny`). The kinds ("avx2 int8"; all without an argument) take turns, so that
//! whatever else the machine does slows all of them, and the medians of their speeds are printed.

use pixseek_kernels::{
    Activation, BlockConfig, ImagePooling, Kernels, Level, NormPlace, Order, Products, Vit,
    VitConfig, Weights,
};
use std::convert::Infallible;
use std::hint::black_box;
use std::time::Instant;

/// Random weights, as large as those of trained towers.
struct Random(VitConfig);

impl Weights for Random {
    type Error = Infallible;

    fn take(&self, name: &str) -> Result<Vec<f32>, Infallible> {
        let VitConfig {
            side,
            patch,
            blocks,
            embedding,
            ..
        } = self.0;
        let (width, hidden) = (blocks.width, blocks.hidden);
        let tokens = (side / patch).pow(2) + 1;
        let part = name.split_once("blocks.").map_or(name, |(_, block)| {
            block.split_once('.').map_or(block, |(_, part)| part)
        });
        let (count, middle, spread) = match part {
            "image.patches" => (3 * patch * patch * width, 0.0, 0.02),
            "image.positions" => (tokens * width, 0.0, 0.1),
            "image.projection.weight" => (width * embedding, 0.0, 0.04),
            "attention.in.weight" => (3 * width * width, 0.0, 0.04),
            "attention.in.bias" => (3 * width, 0.0, 0.1),
            "attention.out.weight" => (width * width, 0.0, 0.04),
            "expand.weight" | "contract.weight" => (width * hidden, 0.0, 0.04),
            "expand.bias" => (hidden, 0.0, 0.1),
            part if part.ends_with("weight") => (width, 1.0, 0.1),
            _ => (width, 0.0, 0.1),
        };
        let seed = name.bytes().fold(1u64, |seed, byte| {
            seed.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte)
        });
        Ok(random(seed, count)
            .map(|value| middle + spread * value)
            .collect())
    }

    fn order(&self, _: &str) -> Order {
        Order::OutputsFirst
    }
}

/// Values between -2 and 2 that gather around 0 (xorshift64, the sum of four).
fn random(seed: u64, count: usize) -> impl Iterator<Item = f32> {
    let mut state = seed | 1;
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let bytes = state.to_le_bytes();
        let sum: f32 = bytes[..4].iter().map(|byte| f32::from(*byte)).sum();
        sum / 255.0 - 2.0
    })
}

fn config(is_tiny: bool) -> VitConfig {
    let (patch, width, heads, embedding) = if is_tiny {
        (16, 192, 3, 384)
    } else {
        (32, 768, 12, 512)
    };
    VitConfig {
        side: 224,
        patch,
        blocks: BlockConfig {
            width,
            heads,
            layers: 12,
            hidden: 4 * width,
            activation: Activation::Gelu,
            layer_norm_eps: 1e-5,
            layer_scale: None,
            is_causal: false,
            norm_place: NormPlace::BeforeBranch,
        },
        has_class_token: true,
        has_norm_in: true,
        pooling: ImagePooling::ClassToken,
        embedding,
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default| {
        let argument: Option<&String> = arguments.get(place);
        argument.map_or(default, |text| text.parse().expect("a number"))
    };
    let (rounds, batch): (usize, usize) = (number(0, 5), number(1, 16));
    let config = config(arguments.get(2).is_some_and(|size| size == "tiny"));
    let pictures: Vec<Vec<f32>> = (0..batch)
        .map(|seed| random(77 + seed as u64, 3 * config.side * config.side).collect())
        .collect();
    let pictures: Vec<&[f32]> = pictures.iter().map(Vec::as_slice).collect();
    let mut towers = Vec::new();
    for level in Level::ALL {
        let Some(kernels) = Kernels::at(*level) else {
            println!("{level}: not on this processor");
            continue;
        };
        for (numbers, products) in [
            ("f32", Products::F32),
            ("bf16", Products::Bf16),
            ("int8", Products::Int8),
        ] {
            let name = format!("{level} {numbers}");
            let is_wanted = arguments.len() < 4 || arguments[3..].contains(&name);
            if let (Some(kernels), true) = (kernels.with(products), is_wanted) {
                let Ok(tower) = Vit::load(&Random(config), config, kernels);
                black_box(tower.forward(&pictures));
                towers.push((name, tower, Vec::new()));
            }
        }
    }
    for _ in 0..rounds {
        for (_, tower, speeds) in &mut towers {
            let start = Instant::now();
            black_box(tower.forward(&pictures));
            #[expect(clippy::cast_precision_loss, reason = "a small batch")]
            speeds.push(batch as f64 / start.elapsed().as_secs_f64());
        }
    }
    for (name, _, speeds) in &mut towers {
        speeds.sort_by(f64::total_cmp);
        let middle = speeds[speeds.len() / 2];
        println!("{name:14} {middle:7.1} photos/s");
    }
}
