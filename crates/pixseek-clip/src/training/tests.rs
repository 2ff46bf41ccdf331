//! Gradients against PyTorch's, runs that stop and go on, and what becomes of a trained model.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "small made-up values"
)]

mod gradients;

use super::*;
use crate::parameters::parameter_id;
use crate::{ComputeDevice, Embedding, Model, Pixels, WeightPrecision};
use std::path::{Path, PathBuf};

/// XLM-RoBERTa computes texts of one length together: the vectors come back in the order of the
/// texts, and are those of an encoder on the kernels, within f32's rounding.
#[test]
fn texts_of_several_lengths_keep_their_order() {
    let name = "xlm-roberta";
    let trainer = trainer(name, Objective::Contrastive, 4);
    let model = model(name);
    let texts = [
        "two dogs on a snowy beach",
        "",
        "a dog",
        "a photo of the sea",
        "a cat",
    ];
    let tokenizer = model.tokenizer().unwrap();
    let rows: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| tokenizer.encode(text).unwrap())
        .collect();
    let encoder = model.text_encoder(&ComputeDevice::cpu()).unwrap();
    let expected = encoder.encode(&texts).unwrap();
    for (found, expected) in trainer.encode_texts(&rows).unwrap().iter().zip(expected) {
        assert!(found.cosine(&expected) > 0.99999);
    }
}

/// Two photos of one subject: a perfect model's loss is what it cannot know, ln 2 for each.
#[test]
fn pairs_of_one_subject_are_right_for_each_other() {
    let device = burn::tensor::Device::flex();
    let rows = burn::tensor::Tensor::<2>::from_data([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], &device);
    let pairs = [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let pairs = burn::tensor::Tensor::<2>::from_data(pairs, &device);
    let scale = burn::tensor::Tensor::<1>::from_data([100.0], &device);
    let loss = loss::contrastive(rows.clone(), rows, scale, pairs);
    let loss = trainer::scalar(loss).unwrap();
    assert!((loss - 2.0 / 3.0 * 2.0_f64.ln()).abs() < 1e-5, "{loss}");
}

#[test]
fn a_stopped_run_goes_on_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("checkpoint.safetensors");
    let batch = pairs("vit-gelu");
    let mut straight = trainer("vit-gelu", Objective::Contrastive, 4);
    for _ in 0..3 {
        straight.step(&batch).unwrap();
    }
    straight.save(&checkpoint).unwrap();
    let mut resumed = trainer("vit-gelu", Objective::Contrastive, 4);
    resumed.resume(&checkpoint).unwrap();
    for _ in 0..3 {
        let reports = [
            straight.step(&batch).unwrap(),
            resumed.step(&batch).unwrap(),
        ];
        assert_eq!(reports[0], reports[1]);
    }
    assert!(straight.clip.values().unwrap() == resumed.clip.values().unwrap());
    assert_eq!(resumed.steps(), 6);

    let mut other = trainer("vit-gelu", Objective::Contrastive, 2);
    let error = other.resume(&checkpoint).unwrap_err().to_string();
    assert!(error.contains("settings differ"), "{error}");
}

#[test]
fn what_was_learned_opens_as_a_model() {
    for name in [
        "vit-gelu",
        "hugging-face",
        "openai",
        "resnet",
        "siglip",
        "siglip-timm",
        "siglip-gap",
        "vit-scaled",
        "vit-query",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy");
        let trainer = trainer(name, Objective::Contrastive, 4);
        trainer.export(&copy, WeightPrecision::Full, 1.0).unwrap();
        let batch = pairs(name);
        let pixels: Vec<Pixels> = batch.into_iter().map(|pair| pair.pixels).collect();
        let opened = Model::open(&copy).unwrap();
        let vectors = opened.image_encoder(&ComputeDevice::cpu()).unwrap();
        let learned = trainer.encode_images(&pixels).unwrap();
        for (found, expected) in vectors.encode(&pixels).unwrap().into_iter().zip(learned) {
            assert!(found.unwrap().cosine(&expected) > 0.999_999, "{name}");
        }
        assert!(
            trainer.export(&copy, WeightPrecision::Full, 1.0).is_err(),
            "replaces a folder"
        );
    }
}

#[test]
fn half_of_what_was_learned_is_half_way() {
    let folder = tempfile::tempdir().unwrap();
    let mut trainer = trainer("vit-gelu", Objective::Contrastive, 4);
    let start = trainer.clip.values().unwrap();
    for _ in 0..3 {
        trainer.step(&pairs("vit-gelu")).unwrap();
    }
    let half = folder.path().join("half");
    trainer.export(&half, WeightPrecision::Full, 0.5).unwrap();
    let device = burn::tensor::Device::flex();
    let half = clip::Clip::load(&Model::open(&half).unwrap(), &device).unwrap();
    let end = trainer.clip.values().unwrap();
    for (id, half) in half.values().unwrap() {
        for ((half, start), end) in half.iter().zip(&start[&id]).zip(&end[&id]) {
            assert!((half - (start + end) / 2.0).abs() < 1e-6);
        }
    }
}

#[test]
fn a_locked_tower_stays_and_the_loss_falls() {
    let batch = pairs("vit-gelu");
    let mut config = config(Objective::Contrastive, 2);
    config.locked = Locked::Image;
    let mut trainer = Trainer::new(model("vit-gelu"), config, &ComputeDevice::cpu()).unwrap();
    let image = parameter_id("image.patches");
    let before = trainer.clip.values().unwrap();
    let first = trainer.step(&batch).unwrap();
    let mut last = first;
    for _ in 0..10 {
        last = trainer.step(&batch).unwrap();
    }
    let after = trainer.clip.values().unwrap();
    assert!(before[&image] == after[&image]);
    assert!(before[&parameter_id("text.tokens")] != after[&parameter_id("text.tokens")]);
    assert!(last.loss < first.loss, "{first:?} {last:?}");
}

#[test]
fn a_model_from_nothing_learns_its_batch() {
    let mut trainer = Trainer::new(
        Model::untrained(&here("vit-gelu"), 7).unwrap(),
        config(Objective::Contrastive, 4),
        &ComputeDevice::cpu(),
    )
    .unwrap();
    let batch = pairs("vit-gelu");
    let first = trainer.step(&batch).unwrap();
    // Chance is the logarithm of the batch.
    assert!((first.loss - 4.0_f64.ln()).abs() < 0.7, "{first:?}");
    let losses: Vec<f64> = (0..30)
        .map(|_| trainer.step(&batch).unwrap().loss)
        .collect();
    assert!(losses[29] < 0.3, "{losses:?}");
}

#[test]
fn the_schedule_warms_up_and_ends_at_nothing() {
    let schedule = Schedule {
        peak: 1.0,
        warm_up: 4,
        steps: 104,
    };
    for (step, expected) in [
        (0, 0.25),
        (3, 1.0),
        (4, 1.0),
        (54, 0.5),
        (104, 0.0),
        (900, 0.0),
    ] {
        assert!((schedule.at(step) - expected).abs() < 1e-12, "{step}");
    }
}

#[test]
fn an_adapter_finds_what_it_was_shown() {
    let mut draw = Draw::new(1, &["vectors"]);
    let mut vector =
        || Embedding::normalize((0..24).map(|_| draw.normal() as f32).collect()).unwrap();
    let photos: Vec<Embedding> = (0..40).map(|_| vector()).collect();
    let texts: Vec<(Embedding, Vec<usize>)> = (0..8).map(|n| (vector(), vec![n, n + 8])).collect();
    let others: Vec<Embedding> = (0..40).map(|_| vector()).collect();
    let training = AdapterTraining {
        rank: 8,
        ..AdapterTraining::default()
    };
    let moments = train_adapter(&photos, &texts, &others, "model", training).unwrap();
    assert_eq!(moments.len(), 10);
    let adapter = moments.last().unwrap().clone();
    let right = |apply: &dyn Fn(&Embedding) -> Embedding| {
        let found = |(text, photos_of): &&(Embedding, Vec<usize>)| {
            let text = apply(text);
            let best = (0..40).max_by(|a, b| {
                text.cosine(&photos[*a])
                    .total_cmp(&text.cosine(&photos[*b]))
            });
            photos_of.contains(&best.unwrap())
        };
        texts.iter().filter(found).count()
    };
    assert!(right(&Embedding::clone) < 4);
    assert_eq!(right(&|text| adapter.apply(text)), 8);
    let moved: f32 = others
        .iter()
        .map(|text| text.cosine(&adapter.apply(text)))
        .sum();
    assert!(moved / 40.0 > 0.8, "{}", moved / 40.0);

    let bytes = adapter.encode().unwrap();
    assert_eq!(crate::Adapter::decode(&bytes), Some(adapter));
    assert_eq!(crate::Adapter::decode(&bytes[..bytes.len() - 1]), None);
}

fn trainer(name: &str, objective: Objective, part: usize) -> Trainer {
    Trainer::new(model(name), config(objective, part), &ComputeDevice::cpu()).unwrap()
}

fn config(objective: Objective, part: usize) -> TrainerConfig {
    TrainerConfig {
        objective,
        lesson: [0; 32],
        optimizer: AdamW::default(),
        schedule: Schedule {
            peak: 1e-3,
            warm_up: 0,
            steps: u64::MAX,
        },
        longest_gradient: 1.0,
        part,
        locked: Locked::Neither,
    }
}

fn model(name: &str) -> Model {
    Model::open(&here(name)).unwrap()
}

fn here(name: &str) -> PathBuf {
    Path::new("../../tests/parity").join(name)
}

/// The first four pixels and token rows of a model's reference.
fn pairs(name: &str) -> Vec<Pair> {
    let bytes = std::fs::read(here(name).join("reference.safetensors")).unwrap();
    let reference = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let model = model(name);
    let side = model.config().vision.image_size;
    let context = model.config().text.context_length;
    let floats = reference.tensor("pixels").unwrap();
    let floats: Vec<f32> = floats
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect();
    let ids = reference.tensor("token_ids").unwrap();
    let ids: Vec<u32> = ids
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|b| u32::try_from(i64::from_le_bytes(*b)).unwrap())
        .collect();
    // As in the script: cosines of whole numbers.
    let teacher = |row: usize, shift: f32| {
        let dimension = model.dimension();
        let values = (0..dimension).map(|place| ((row * dimension + place) as f32 + shift).cos());
        Embedding::normalize(values.collect()).unwrap()
    };
    floats
        .chunks_exact(3 * side * side)
        .zip(ids.chunks_exact(context))
        .take(4)
        .enumerate()
        .map(|(row, (pixels, tokens))| Pair {
            pixels: Pixels::new(pixels.to_vec(), side).unwrap(),
            tokens: tokens.to_vec(),
            subject: row,
            teacher: Some([teacher(row, 0.0), teacher(row, 0.5)]),
        })
        .collect()
}
