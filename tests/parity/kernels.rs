//! Compares every tower on the processor's kernels with the same tower in Burn, for each level of
//! instructions. Levels that this machine lacks are reported as ignored, by name.

use crate::here;
use crate::towers::{MODELS, token_rows};
use libtest_mimic::Trial;
use pixseek_clip::{ComputeDevice, Level, Model, Pixels, Precision};

/// Relative to a vector's length. The kernels sum f32 in another order; differences were measured
/// below 1e-6.
const TOLERANCE: f32 = 1e-5;
/// Minimal cosine in bf16, which has eight bits of precision; measured 0.99997 and more on these
/// models.
const LEAST_OF_BF16: f32 = 0.9999;
/// Minimal cosine in int8, whose steps are as wide for a row's small values as for its large ones.
const LEAST_OF_INT8: f32 = 0.998;

/// With one picture, all threads share each product. With five on two threads, the last part is
/// shorter. With 33, a few threads have several parts each.
const BATCHES: [usize; 3] = [1, 5, 33];

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    let cpu = ComputeDevice::cpu();
    let model = Model::embedded().unwrap();
    let reduced = [
        (Precision::Bf16, LEAST_OF_BF16),
        (Precision::Int8, LEAST_OF_INT8),
    ];
    let reduced =
        reduced.map(|(precision, least)| (precision, least, model.computes_in(precision, &cpu)));
    for name in MODELS {
        for level in Level::ALL {
            let on = ComputeDevice::cpu_at(*level);
            let is_there = on.is_some();
            let trial = Trial::test(format!("kernels::{level}::{name}"), move || {
                full(name, &on.expect("ignored without"));
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!is_there));
        }
        for (precision, least, is_there) in reduced {
            let trial = Trial::test(format!("kernels::{precision}::{name}"), move || {
                images_in(precision, name, least);
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!is_there));
        }
        let trial = Trial::test(format!("kernels::int8 texts::{name}"), || {
            texts_in_int8(name);
            Ok(())
        });
        trials.push(trial.with_ignored_flag(cpu.in_precision(Precision::Int8).is_none()));
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

/// Compares image towers in a reduced precision by direction, because the precision differs.
/// Modified residual networks have f32 only.
fn images_in(precision: Precision, name: &str, least: f32) {
    let model = Model::open(&here(name)).unwrap();
    let cpu = ComputeDevice::cpu();
    let kernels = model.image_encoder_in(precision, &cpu).unwrap();
    let burn = model.image_encoder(&ComputeDevice::flex()).unwrap();
    let pixels = waves(&model, 5);
    let found = kernels.features(&pixels).unwrap();
    let expected = burn.features(&pixels).unwrap();
    if !model.computes_in(precision, &cpu) {
        assert_eq!(kernels.precision(), Precision::F32);
        compare("image", &found, &expected);
        return;
    }
    assert_eq!(kernels.precision(), precision);
    compare_directions(&found, &expected, least);
}

/// Compares text towers in int8 by direction. All levels compute the same products, and the rest
/// in the same order: their vectors are equal.
fn texts_in_int8(name: &str) {
    let model = Model::open(&here(name)).unwrap();
    let rows = token_rows(&here(name), &model);
    let burn = model.text_encoder(&ComputeDevice::flex()).unwrap();
    let expected = burn.features(&rows).unwrap();
    let levels = Level::ALL.iter().copied().filter_map(ComputeDevice::cpu_at);
    let found = levels.map(|on| {
        let on = on
            .in_precision(Precision::Int8)
            .expect("all levels have it");
        model.text_encoder(&on).unwrap().features(&rows).unwrap()
    });
    let found: Vec<_> = found.collect();
    for one in &found {
        compare_directions(one, &expected, LEAST_OF_INT8);
        assert_eq!(one, &found[0]);
    }
}

fn compare_directions(found: &[Vec<f32>], expected: &[Vec<f32>], least: f32) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let cosine = dot(found, expected) / (norm(found) * norm(expected));
        assert!(cosine >= least, "cosine {cosine}");
    }
    assert_ne!(found, expected, "a reduced precision rounds");
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
