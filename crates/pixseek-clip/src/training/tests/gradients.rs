//! Losses, gradients and steps against PyTorch's (`tests/parity/generate_training.py`).

use super::{here, pairs, trainer};
use crate::keys::{Entry, Layout, table};
use crate::parameters::parameter_id;
use crate::training::optimizer::FlatGradients;
use crate::training::{Distillation, Objective, Pair, Trainer};
use crate::weights::WeightFile;
use std::collections::HashMap;

/// A gradient's difference, relative to the largest value of its tensor: sums in another order.
const GRADIENT_TOLERANCE: f32 = 1e-4;
/// The same after three steps of AdamW, relative to the largest change that a step makes.
const STEPS_TOLERANCE: f32 = 1e-3;

#[test]
fn contrastive_gradients_and_three_steps_are_pytorchs() {
    check("vit-gelu", Objective::Contrastive, 3);
}

#[test]
fn gradients_through_convolutions_and_attention_pooling_are_pytorchs() {
    check("resnet", Objective::Contrastive, 0);
}

#[test]
fn sigmoid_gradients_and_three_steps_are_pytorchs() {
    check("siglip", Objective::Sigmoid, 3);
}

/// No norm before the blocks, means, LayerScale, learned queries, other epsilons.
#[test]
fn gradients_of_other_towers_are_pytorchs() {
    for name in ["vit-mean", "vit-scaled", "vit-query", "vit-query-square"] {
        check(name, Objective::Contrastive, 0);
    }
}

#[test]
fn distillation_gradients_are_pytorchs() {
    let parts = Distillation {
        embeddings: 0.5,
        similarities: 1.0,
        pairs: 0.25,
        teacher_scale: 20.0,
    };
    check("vit-quickgelu", Objective::Distillation(parts), 0);
}

/// Parts of one and of three pairs: the same gradients as the whole batch's.
#[test]
fn parts_of_a_batch_give_its_gradients() {
    let batch = pairs("vit-gelu");
    let whole = gradients(&trainer("vit-gelu", Objective::Contrastive, 4), &batch);
    for part in [1, 3] {
        let parts = gradients(&trainer("vit-gelu", Objective::Contrastive, part), &batch);
        assert_eq!(parts.len(), whole.len());
        for (name, expected) in &whole {
            compare(
                name,
                &parts[name],
                expected,
                largest(expected),
                GRADIENT_TOLERANCE,
            );
        }
    }
}

/// Loss and gradients of one batch, and the parameters after `steps` steps.
fn check(name: &str, objective: Objective, steps: usize) {
    let expected = WeightFile::open(&here(name).join("training.safetensors")).unwrap();
    let mut trainer = trainer(name, objective, 4);
    let batch = pairs(name);
    let found = gradients(&trainer, &batch);
    let entries = entries(&trainer);
    let mut checked = 0;
    for (parameter, gradient) in &found {
        let expected = in_use(&expected, "gradient", &entries[parameter]);
        compare(
            parameter,
            gradient,
            &expected,
            largest(&expected),
            GRADIENT_TOLERANCE,
        );
        checked += entries[parameter].keys.len();
    }
    let keys = expected.keys();
    let with = |part: &str| keys.iter().filter(|key| key.starts_with(part)).count();
    assert_eq!(checked, with("gradient."), "every trained parameter");

    let before = trainer.clip.values().unwrap();
    for step in 0..steps.max(1) {
        let report = trainer.step(&batch).unwrap();
        if step == 0 {
            let loss = f64::from(expected.read("loss").unwrap()[0]);
            let difference = (report.loss - loss).abs() / loss.abs();
            assert!(difference < 1e-5, "loss {} and not {loss}", report.loss);
        }
    }
    if steps > 0 {
        assert_eq!(with("after."), with("gradient."));
        let after = trainer.clip.values().unwrap();
        for (parameter, entry) in entries {
            let id = parameter_id(&parameter);
            let expected = in_use(&expected, "after", &entry);
            let change = after[&id]
                .iter()
                .zip(&before[&id])
                .map(|(a, b)| (a - b).abs());
            let scale = change.fold(largest(&expected), f32::max);
            compare(&parameter, &after[&id], &expected, scale, STEPS_TOLERANCE);
        }
    }
}

fn gradients(trainer: &Trainer, batch: &[Pair]) -> HashMap<String, Vec<f32>> {
    let (_, gradients) = trainer.gradients(batch).unwrap();
    named_values(gradients, trainer)
}

fn named_values(gradients: FlatGradients, trainer: &Trainer) -> HashMap<String, Vec<f32>> {
    let names: HashMap<_, _> = entries(trainer)
        .into_keys()
        .map(|name| (parameter_id(&name), name))
        .collect();
    gradients
        .into_iter()
        .map(|(id, gradient)| {
            (
                names[&id].clone(),
                crate::device::values_of(gradient).unwrap(),
            )
        })
        .collect()
}

fn entries(trainer: &Trainer) -> HashMap<String, Entry> {
    let naming = trainer.model.parameters().naming();
    table(naming, trainer.model.config())
        .into_iter()
        .map(|entry| (entry.parameter.clone(), entry))
        .collect()
}

/// Values of the reference in the layout of use.
fn in_use(file: &WeightFile, part: &str, entry: &Entry) -> Vec<f32> {
    let values: Vec<f32> = entry
        .keys
        .iter()
        .flat_map(|key| file.read(&format!("{part}.{}", key.name)).unwrap())
        .collect();
    match (entry.layout, entry.shape.as_slice()) {
        (Layout::Transposed, &[outputs, inputs]) => (0..inputs)
            .flat_map(|input| (0..outputs).map(move |output| output * inputs + input))
            .map(|place| values[place])
            .collect(),
        _ => values,
    }
}

fn largest(values: &[f32]) -> f32 {
    values
        .iter()
        .fold(0.0, |largest, value| value.abs().max(largest))
}

fn compare(name: &str, found: &[f32], expected: &[f32], scale: f32, tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (place, (a, b)) in found.iter().zip(expected).enumerate() {
        // A key's bias has no gradient in theory; what is left is rounding.
        let allowed = tolerance * scale.max(1e-4);
        assert!(
            (a - b).abs() <= allowed,
            "{name}[{place}]: {a} and not {b}, of {scale}"
        );
    }
}
