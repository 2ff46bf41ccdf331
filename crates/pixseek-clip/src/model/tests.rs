//! Models as folders: opened, converted, fingerprinted, compared.

mod damage;
mod settings;

use super::{CONVERTED, Model, Naming, OPEN_CLIP_CONFIG, hasher_of, pocket};
use crate::{ClipError, ComputeDevice, Embedding, ImageEncoder, Pixels, Precision, Rgb};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const WEIGHTS: &str = "open_clip_model.safetensors";

/// Cargo runs tests in their package's folder. A path that is compiled in would be another
/// checkout's when two share a build folder.
fn here(model: &str) -> PathBuf {
    Path::new("../../tests/parity").join(model)
}

/// A small whole model, to be broken.
fn small_model() -> TempDir {
    let from = here("vit-gelu");
    let folder = tempfile::tempdir().unwrap();
    for name in [WEIGHTS, "open_clip_config.json", "tokenizer.json"] {
        std::fs::copy(from.join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// Loads both towers, as a run would.
fn load(folder: &Path) -> Result<(), ClipError> {
    let model = Model::open(folder)?;
    model.text_encoder(&ComputeDevice::cpu())?;
    model.image_encoder(&ComputeDevice::cpu())?;
    Ok(())
}

#[test]
fn the_embedded_fingerprint_is_that_of_the_files() {
    let mut hasher = hasher_of([pocket::CONFIG, pocket::TOKENIZER]);
    hasher.update(pocket::WEIGHTS);
    assert_eq!(
        hasher.finalize().to_hex().as_str(),
        pocket::FINGERPRINT.trim()
    );
}

#[test]
fn a_whole_model_loads() {
    load(small_model().path()).unwrap();
}

#[test]
fn a_folder_that_is_no_model_says_what_is_missing() {
    let empty = tempfile::tempdir().unwrap();
    let missing = |name: &str| {
        let folder = small_model();
        std::fs::remove_file(folder.path().join(name)).unwrap();
        load(folder.path()).unwrap_err().to_string()
    };
    assert!(
        load(empty.path())
            .unwrap_err()
            .to_string()
            .contains("single .safetensors")
    );
    assert!(missing(WEIGHTS).contains("single .safetensors"));
    assert!(missing("tokenizer.json").contains("no tokenizer.json"));
    assert!(missing("open_clip_config.json").contains("no open_clip_config.json"));
    assert!(load(&PathBuf::from("/nowhere")).is_err());
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let folder = small_model();
    std::fs::write(folder.path().join("tokenizer.json"), pocket::TOKENIZER).unwrap();
    let error = load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("8192 tokens, the text tower 300"), "{error}");
    std::fs::write(folder.path().join("tokenizer.json"), b"{}").unwrap();
    assert!(matches!(
        load(folder.path()),
        Err(ClipError::Tokenizer { .. })
    ));
}

#[test]
fn a_picture_and_its_words_are_near() {
    let model = Model::embedded().unwrap();
    let cpu = ComputeDevice::cpu();
    let images = model.image_encoder(&cpu).unwrap();
    let pixels: Vec<u8> = (0..96 * 96)
        .flat_map(|at| {
            if at < 96 * 50 {
                [120, 180, 240]
            } else {
                [20, 60, 120]
            }
        })
        .collect();
    let image = images
        .preprocess()
        .pixels(Rgb::new(96, 96, &pixels).unwrap());
    let sea = images.encode(&[image]).unwrap().remove(0).unwrap();
    let texts = model.text_encoder(&cpu).unwrap();
    let words = texts
        .encode(&["blue sky over the sea", "a plate of food"])
        .unwrap();
    let [sky, food] = [&words[0], &words[1]].map(|text| sea.cosine(text));
    assert!(sky > food + 0.05, "{sky} {food}");
    // `logit_scale` in the file is 3.71875.
    assert!((model.logit_scale().unwrap() - 41.21).abs() < 0.01);
}

#[test]
fn a_fingerprint_is_not_believed_when_the_files_have_changed() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    Model::open(small_model().path())
        .unwrap()
        .convert(folder.path())
        .unwrap();
    let first = Model::open(folder.path()).unwrap().fingerprint().unwrap();
    // Unchanged files are not read: what is written is believed.
    let file = folder.path().join("fingerprint.txt");
    let written = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, written.replacen(&first, "another", 1)).unwrap();
    let unread = Model::open(folder.path()).unwrap();
    assert_eq!(unread.fingerprint().unwrap(), "another");
    // The weights of another model of the same shape and size.
    let weights = folder.path().join(CONVERTED);
    let mut bytes = std::fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(other.path().join(CONVERTED), &bytes).unwrap();
    std::fs::rename(other.path().join(CONVERTED), &weights).unwrap();
    let changed = Model::open(folder.path()).unwrap();
    let second = changed.fingerprint().unwrap();
    assert_ne!(second, first);
    assert_eq!(second, changed.computed_fingerprint().unwrap());
    // The same weights under another configuration.
    let config = folder.path().join(OPEN_CLIP_CONFIG);
    let mut bytes = std::fs::read(&config).unwrap();
    bytes.push(b'\n');
    std::fs::write(&config, bytes).unwrap();
    let reworded = Model::open(folder.path()).unwrap();
    assert_ne!(reworded.fingerprint().unwrap(), second);
}

/// Every naming, converted: the same vectors, a fingerprint of its own that is true.
#[test]
fn a_converted_model_is_the_same_model() {
    for name in [
        "vit-gelu",
        "openai",
        "hugging-face",
        "resnet",
        "siglip",
        "siglip-timm",
        "siglip-gap",
        "vit-mean",
        "vit-scaled",
        "vit-query",
        "vit-query-square",
        "xlm-roberta",
    ] {
        let original = Model::open(&Path::new("../../tests/parity").join(name)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let precision = original.convert(folder.path()).unwrap();
        assert_eq!(
            precision,
            crate::WeightPrecision::Half,
            "{name}: its weights are exact in f16"
        );
        let converted = Model::open(folder.path()).unwrap();
        let cpu = ComputeDevice::cpu();
        let texts = |model: &Model| {
            let texts = model.text_encoder(&cpu).unwrap();
            texts.encode(&["", "a dog", "two dogs"]).unwrap()
        };
        for (ours, theirs) in texts(&original).iter().zip(texts(&converted)) {
            assert!(ours.cosine(&theirs) > 0.999_999, "{name}");
        }
        let fingerprint = converted.fingerprint().unwrap();
        assert_eq!(
            fingerprint,
            converted.computed_fingerprint().unwrap(),
            "{name}"
        );
        assert_ne!(fingerprint, original.fingerprint().unwrap(), "{name}");
    }
}

/// Weights beyond half precision's range keep f32.
#[test]
fn weights_that_half_precision_would_change_stay_whole() {
    let folder = small_model();
    let path = folder.path().join(WEIGHTS);
    let original = Model::open(folder.path()).unwrap();
    let file = crate::weights::write::WeightsToWrite {
        entries: &crate::keys::table(Naming::OpenClip, original.config()),
        precision: crate::WeightPrecision::Full,
        notes: &[],
    };
    let large = tempfile::tempdir().unwrap();
    file.write(&large.path().join(WEIGHTS), |entry| {
        let mut values = original.parameters.values_in_use(&entry.parameter)?;
        if entry.parameter == "text.norm.weight" {
            for value in &mut values {
                *value *= 1e6;
            }
        }
        Ok(values)
    })
    .unwrap();
    std::fs::copy(large.path().join(WEIGHTS), &path).unwrap();
    let converted = tempfile::tempdir().unwrap();
    let precision = Model::open(folder.path())
        .unwrap()
        .convert(converted.path());
    assert_eq!(precision.unwrap(), crate::WeightPrecision::Full);
}

#[test]
#[expect(clippy::cast_precision_loss, reason = "waves as pictures")]
fn the_fastest_encoder_is_as_good() {
    let model = Model::open(Path::new("../../tests/parity/vit-gelu")).unwrap();
    let cpu = ComputeDevice::cpu();
    let side = model.config().vision.image_size;
    let sample: Vec<Pixels> = (1..6u8)
        .map(|number| {
            let values =
                (0..3 * side * side).map(|place| ((place * usize::from(number)) as f32).sin());
            Pixels::new(values.collect(), side).unwrap()
        })
        .collect();
    let vectors = |encoder: &ImageEncoder| -> Vec<Embedding> {
        let found = encoder.encode(&sample).unwrap();
        found.into_iter().map(Result::unwrap).collect()
    };
    let full = model.image_encoder(&cpu).unwrap();
    assert_eq!(full.precision(), Precision::F32);
    let plain = model.image_encoder(&ComputeDevice::flex()).unwrap();
    let fastest = model.choose_image_encoder(None, &cpu, &sample).unwrap();
    assert_eq!(fastest.why_processor, None);
    for (exact, close) in vectors(&full).iter().zip(vectors(&fastest.encoder)) {
        assert!(exact.cosine(&close) >= 0.998);
    }
    for (ours, burns) in vectors(&full).iter().zip(vectors(&plain)) {
        assert!(ours.cosine(&burns) >= 0.99999);
    }
}
