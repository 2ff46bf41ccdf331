//! Compares every tower with the output of open_clip and transformers on the same weights.

use crate::{here, needs, shared};
use libtest_mimic::Trial;
use pixseek_clip::{ComputeDevice, DeviceChoice, Level, Model, Pixels, Precision};
use safetensors::SafeTensors;
use std::path::{Path, PathBuf};

/// Sums of f32 run in another order; differences were measured below 2e-5 on these models.
const CPU_TOLERANCE: f32 = 1e-4;
/// wgpu may fuse multiplications and use approximate exponentials.
const GPU_TOLERANCE: f32 = 1e-3;
const LEAST_COSINE: f32 = 0.99999;

pub const MODELS: [&str; 15] = [
    "vit-quickgelu",
    "vit-larger",
    "vit-smaller",
    "vit-gelu",
    "resnet",
    "hugging-face",
    "openai",
    "siglip",
    "siglip-timm",
    "siglip-gap",
    "vit-mean",
    "vit-scaled",
    "vit-query",
    "vit-query-square",
    "xlm-roberta",
];

/// A device that computes a tower, and the tolerance that applies to it.
#[derive(Clone)]
struct Computed {
    name: String,
    /// `None` if the machine has no such device; its trials are ignored.
    device: Option<ComputeDevice>,
    tolerance: f32,
    /// Maximal number of the reference's photos and texts to compute: a software GPU takes a second
    /// for each one of the embedded model.
    most: usize,
}

/// The devices: the processor's kernels at each level of instructions, Burn on the processor, Burn
/// on a GPU.
fn devices() -> Vec<Computed> {
    let on_cpu = |name: String, device: Option<ComputeDevice>| Computed {
        name,
        device,
        tolerance: CPU_TOLERANCE,
        most: usize::MAX,
    };
    let levels = Level::ALL.iter();
    let levels = levels.map(|level| on_cpu(level.to_string(), ComputeDevice::cpu_at(*level)));
    let mut devices: Vec<Computed> = levels.collect();
    devices.push(on_cpu("flex".into(), Some(ComputeDevice::flex())));
    let gpu = ComputeDevice::choose(DeviceChoice::Gpu);
    devices.push(Computed {
        name: "gpu".into(),
        device: gpu.note().is_none().then_some(gpu),
        tolerance: GPU_TOLERANCE,
        most: 5,
    });
    devices
}

pub fn trials() -> Vec<Trial> {
    let devices = devices();
    let gpu = devices.iter().find(|on| on.name == "gpu");
    let gpu = gpu.and_then(|on| on.device.clone());
    let mut trials = Vec::new();
    for on in devices {
        for name in MODELS {
            let on = on.clone();
            let trial = format!("towers::{}::{name}", on.name);
            let ignored = on.device.is_none();
            let run = move || {
                let model = Model::open(&here(name)).unwrap();
                check(&model, &here(name), &on);
                Ok(())
            };
            trials.push(Trial::test(trial, run).with_ignored_flag(ignored));
        }
        // An additional model that is too large to commit: see `generate.py`.
        if let Some(folder) = std::env::var_os("PIXSEEK_PARITY_MODEL").map(PathBuf::from) {
            let on = on.clone();
            let ignored = on.device.is_none() || on.name == "gpu";
            let trial = Trial::test(format!("towers::{}::by-hand", on.name), move || {
                let model = Model::open(&folder).unwrap();
                check(&model, &folder, &on);
                Ok(())
            });
            trials.push(trial.with_ignored_flag(ignored));
        }
        let pocket = shared("models/pocket2");
        let trial = format!("towers::{}::pocket", on.name);
        let ignored = on.device.is_none() || !pocket.exists();
        let run = move || {
            let model = Model::embedded().unwrap();
            check(&model, &shared("models/pocket2"), &on);
        };
        trials.push(needs(&pocket, &trial, run).with_ignored_flag(ignored));
    }

    let has_gpu = gpu.is_some();
    let trusted = Trial::test("towers::gpu::is_held_against_the_cpu", move || {
        trusted(&gpu.expect("ignored without"));
        Ok(())
    });
    trials.push(trusted.with_ignored_flag(!has_gpu));
    trials
}

/// A GPU that computes correctly is used, also for batches that are padded to a power of two. It is
/// not used for an index in a precision that only the processor has.
fn trusted(gpu: &ComputeDevice) {
    let model = Model::open(&here("vit-gelu")).unwrap();
    let side = model.config().vision.image_size;
    let pixels: Vec<Pixels> = (1..4u8)
        .map(|number| {
            let values = (0..3 * side * side).map(|place| (place as f32 / f32::from(number)).sin());
            Pixels::new(values.collect(), side).unwrap()
        })
        .collect();
    let chosen = model.choose_image_encoder(None, gpu, &pixels).unwrap();
    assert_eq!(chosen.why_processor, None);
    let cpu = model.image_encoder(&ComputeDevice::cpu()).unwrap();
    let expected = cpu.features(&pixels).unwrap().concat();
    compare(
        "three",
        &chosen.encoder.features(&pixels).unwrap(),
        &expected,
        GPU_TOLERANCE,
    );
    let has_bf16 = model.computes_in(Precision::Bf16, &ComputeDevice::cpu());
    let precision = Some(Precision::Bf16);
    let chosen = model.choose_image_encoder(precision, gpu, &pixels).unwrap();
    assert_eq!(chosen.why_processor.is_some(), has_bf16);
    assert_eq!(chosen.encoder.precision() == Precision::Bf16, has_bf16);
}

fn check(model: &Model, folder: &Path, on: &Computed) {
    let bytes = std::fs::read(folder.join("reference.safetensors")).unwrap();
    let reference = SafeTensors::deserialize(&bytes).unwrap();
    let device = on.device.as_ref().expect("ignored without");

    let side = model.config().vision.image_size;
    let pixels: Vec<Pixels> = floats(&reference, "pixels")
        .chunks_exact(3 * side * side)
        .take(on.most)
        .map(|image| Pixels::new(image.to_vec(), side).unwrap())
        .collect();
    let images = model.image_encoder(device).unwrap();
    assert!(!pixels.is_empty());
    compare(
        "image",
        &images.features(&pixels).unwrap(),
        first(
            &floats(&reference, "image_features"),
            pixels.len(),
            &reference,
        ),
        on.tolerance,
    );

    let mut rows = token_rows(folder, model);
    rows.truncate(on.most);
    let texts = model.text_encoder(device).unwrap();
    let expected = floats(&reference, "text_features");
    let expected = first(&expected, rows.len(), &reference);
    compare(
        "text",
        &texts.features(&rows).unwrap(),
        expected,
        on.tolerance,
    );
    // Encoded alone, each row is cut at its own end and must give the same numbers.
    let single: Vec<Vec<f32>> = rows
        .iter()
        .map(|row| texts.features(std::slice::from_ref(row)).unwrap().remove(0))
        .collect();
    compare("single text", &single, expected, on.tolerance);
}

/// The token ids of the reference's texts.
pub fn token_rows(folder: &Path, model: &Model) -> Vec<Vec<u32>> {
    let bytes = std::fs::read(folder.join("reference.safetensors")).unwrap();
    let reference = SafeTensors::deserialize(&bytes).unwrap();
    integers(&reference, "token_ids")
        .chunks_exact(model.config().text.context_length)
        .map(<[u32]>::to_vec)
        .collect()
}

/// The first `rows` rows of the features.
fn first<'a>(features: &'a [f32], rows: usize, reference: &SafeTensors) -> &'a [f32] {
    let shape = reference.tensor("image_features").unwrap().shape().to_vec();
    &features[..rows * shape[1]]
}

fn compare(what: &str, found: &[Vec<f32>], expected: &[f32], tolerance: f32) {
    assert_eq!(
        found.len() * found[0].len(),
        expected.len(),
        "{what}: number of values"
    );
    for (row, (found, expected)) in found
        .iter()
        .zip(expected.chunks(found[0].len()))
        .enumerate()
    {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let cosine = dot(found, expected) / (dot(found, found) * dot(expected, expected)).sqrt();
        let difference = found
            .iter()
            .zip(expected)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(cosine >= LEAST_COSINE, "{what} {row}: cosine {cosine}");
        assert!(
            difference <= tolerance,
            "{what} {row}: differs by {difference}"
        );
    }
}

fn floats(file: &SafeTensors, key: &str) -> Vec<f32> {
    let tensor = file.tensor(key).unwrap();
    assert_eq!(tensor.dtype(), safetensors::Dtype::F32);
    let (values, _) = tensor.data().as_chunks::<4>();
    values
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}

fn integers(file: &SafeTensors, key: &str) -> Vec<u32> {
    let tensor = file.tensor(key).unwrap();
    match tensor.dtype() {
        safetensors::Dtype::I64 => {
            let (values, _) = tensor.data().as_chunks::<8>();
            values
                .iter()
                .map(|bytes| u32::try_from(i64::from_le_bytes(*bytes)).unwrap())
                .collect()
        }
        safetensors::Dtype::I32 => {
            let (values, _) = tensor.data().as_chunks::<4>();
            values
                .iter()
                .map(|bytes| u32::from_le_bytes(*bytes))
                .collect()
        }
        other => panic!("token ids are {other:?}"),
    }
}
