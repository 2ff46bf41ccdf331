//! Every tower on the processor's kernels against the same tower in Burn, for each level of
//! instructions. Those that this machine lacks are reported as ignored, by name.

use crate::here;
use crate::towers::{MODELS, token_rows};
use libtest_mimic::Trial;
use pixseek_clip::{ComputeDevice, ImageTowerConfig, Level, Model, Pixels};

/// Of a difference to a vector's length. f32 sums in another order; measured below 1e-6.
const TOLERANCE: f32 = 1e-5;
/// bf16 has eight bits of precision. An index takes it from a cosine of 0.998 on.
const LEAST_REDUCED: f32 = 0.999;

/// One picture, for which all threads share each product, and more than two threads take as one
/// part each.
const BATCHES: [usize; 3] = [1, 5, 33];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for level in Level::ALL {
        let device = ComputeDevice::cpu_at(*level);
        let reduced = device.as_ref().and_then(ComputeDevice::reduced);
        for name in MODELS {
            let (on, is_there) = (device.clone(), device.is_some());
            let trial = Trial::test(format!("kernels::{level}::{name}"), move || {
                full(name, &on.expect("ignored without"));
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!is_there));
            let (on, is_there) = (reduced.clone(), reduced.is_some());
            let trial = Trial::test(format!("kernels::{level}::bf16::{name}"), move || {
                in_bf16(name, &on.expect("ignored without"));
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!is_there));
        }
    }
    trials
}

fn full(name: &str, on: &ComputeDevice) {
    let model = Model::open(&here(name)).unwrap();
    let flex = ComputeDevice::flex();
    let [kernels, burn] = [on, &flex].map(|on| model.image_encoder(on).unwrap());
    for batch in BATCHES {
        let pixels = waves(&model, batch);
        let expected = burn.features(&pixels).unwrap();
        compare("image", &kernels.features(&pixels).unwrap(), &expected);
    }
    let rows = token_rows(&here(name), &model);
    let many: Vec<Vec<u32>> = rows.iter().cycle().take(40).cloned().collect();
    let [kernels, burn] = [on, &flex].map(|on| model.text_encoder(on).unwrap());
    for rows in [&rows[..1], &rows, &many] {
        let expected = burn.features(rows).unwrap();
        compare("text", &kernels.features(rows).unwrap(), &expected);
    }
}

/// Image towers in bf16: another precision, so the directions are compared. A modified residual
/// network computes in f32 also there.
fn in_bf16(name: &str, on: &ComputeDevice) {
    let model = Model::open(&here(name)).unwrap();
    let [kernels, burn] = [on, &ComputeDevice::flex()].map(|on| model.image_encoder(on).unwrap());
    let pixels = waves(&model, 5);
    let found = kernels.features(&pixels).unwrap();
    let expected = burn.features(&pixels).unwrap();
    let is_vit = matches!(
        model.config().vision.tower,
        ImageTowerConfig::VisionTransformer(_)
    );
    if !is_vit {
        compare("image", &found, &expected);
        return;
    }
    for (found, expected) in found.iter().zip(&expected) {
        let cosine = dot(found, expected) / (norm(found) * norm(expected));
        assert!(cosine >= LEAST_REDUCED, "cosine {cosine}");
    }
    assert_ne!(found, expected, "bf16 rounds");
}

fn waves(model: &Model, batch: usize) -> Vec<Pixels> {
    let side = model.config().vision.image_size;
    let wave = |number: usize| {
        let values = (0..3 * side * side).map(|place| (place as f32 / (2 + number) as f32).sin());
        Pixels::new(values.collect(), side).unwrap()
    };
    (0..batch).map(wave).collect()
}

fn compare(what: &str, found: &[Vec<f32>], expected: &[Vec<f32>]) {
    assert_eq!(found.len(), expected.len(), "{what}: rows");
    for (row, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.len(), expected.len(), "{what} {row}: values");
        let difference: Vec<f32> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
        let relative = norm(&difference) / norm(expected);
        assert!(relative <= TOLERANCE, "{what} {row}: differs by {relative}");
    }
}

fn norm(vector: &[f32]) -> f32 {
    dot(vector, vector).sqrt()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
