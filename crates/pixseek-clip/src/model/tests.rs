use super::{Model, Naming, hasher_of, pocket};
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

/// The header's JSON and the bytes behind it.
fn parts(weights: &[u8]) -> (String, Vec<u8>) {
    let length = u64::from_le_bytes(*weights.first_chunk().unwrap());
    let (header, data) = weights[8..].split_at(usize::try_from(length).unwrap());
    (String::from_utf8(header.to_vec()).unwrap(), data.to_vec())
}

fn joined(header: &str, data: &[u8]) -> Vec<u8> {
    [
        &(header.len() as u64).to_le_bytes(),
        header.as_bytes(),
        data,
    ]
    .concat()
}

/// Loads both towers, as a run would.
fn load(folder: &Path) -> Result<(), ClipError> {
    let model = Model::open(folder)?;
    model.text_encoder(&ComputeDevice::cpu())?;
    model.image_encoder(&ComputeDevice::cpu())?;
    Ok(())
}

/// Breaks the header of a whole model; the error names the file and says this.
fn check_header(change: impl Fn(&str) -> String, expected: &str) {
    let folder = small_model();
    let path = folder.path().join(WEIGHTS);
    let (header, data) = parts(&std::fs::read(&path).unwrap());
    std::fs::write(&path, joined(&change(&header), &data)).unwrap();
    let error = load(folder.path()).unwrap_err();
    let words = format!("{error}: {:?}", std::error::Error::source(&error));
    assert!(words.contains(expected), "{words}");
    assert!(words.contains(WEIGHTS), "{words}");
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
fn a_key_too_many_or_too_few_is_named() {
    check_header(
        |header| header.replace("visual.ln_post.bias", "visual.ln_post.bios"),
        "key visual.ln_post.bias is missing",
    );
    check_header(
        |header| {
            header.replace(
                r#""logit_scale":{"#,
                r#""extra":{"dtype":"F16","shape":[0],"data_offsets":[0,0]},"logit_scale":{"#,
            )
        },
        "key extra is left over",
    );
}

#[test]
fn a_wrong_shape_is_named() {
    check_header(
        |header| header.replace(r#""shape":[300,32]"#, r#""shape":[32,300]"#),
        "key token_embedding.weight has shape [32, 300], the configuration needs [300, 32]",
    );
}

#[test]
fn numbers_that_are_no_weights_are_named() {
    check_header(
        |header| header.replacen("\"F16\"", "\"I16\"", 200),
        "holds I16 numbers",
    );
}

#[test]
fn headers_that_lie_are_refused() {
    let folder = small_model();
    let path = folder.path().join(WEIGHTS);
    let whole = std::fs::read(&path).unwrap();
    let lengths = [u64::MAX, u64::MAX / 2, 1 << 40, 99_999_999, 0, 3];
    for length in lengths {
        let mut bytes = whole.clone();
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        std::fs::write(&path, bytes).unwrap();
        let error = load(folder.path()).unwrap_err();
        assert!(
            matches!(error, ClipError::Safetensors { .. }),
            "{length}: {error}"
        );
    }
    check_header(
        |header| {
            header.replacen(
                "\"data_offsets\":[0,",
                "\"data_offsets\":[18446744073709551615,",
                1,
            )
        },
        "not a whole safetensors file",
    );
}

#[test]
fn cut_and_flipped_files_never_panic() {
    let folder = small_model();
    let path = folder.path().join(WEIGHTS);
    let whole = std::fs::read(&path).unwrap();
    for position in (0..whole.len()).step_by(whole.len() / 60) {
        std::fs::write(&path, &whole[..position]).unwrap();
        load(folder.path()).unwrap_err();
    }
    let (header, _) = parts(&whole);
    for position in (0..header.len() + 8).step_by(37) {
        let mut bytes = whole.clone();
        bytes[position] ^= 1 << (position % 8);
        std::fs::write(&path, bytes).unwrap();
        // A flip inside a name or a number is an error; one in the white space is not.
        let _ = load(folder.path());
    }
}

#[test]
fn cut_and_flipped_pickles_never_panic() {
    let from = here("openai");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        from.join("tokenizer.json"),
        folder.path().join("tokenizer.json"),
    )
    .unwrap();
    let whole = std::fs::read(from.join("model.pt")).unwrap();
    let path = folder.path().join("model.pt");
    std::fs::write(&path, &whole).unwrap();
    load(folder.path()).unwrap();
    for position in (0..whole.len()).step_by(whole.len() / 60) {
        std::fs::write(&path, &whole[..position]).unwrap();
        load(folder.path()).unwrap_err();
        let mut bytes = whole.clone();
        bytes[position] ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        let _ = load(folder.path());
    }
}

/// Replaces a setting of the configuration; the error says this.
fn check_config(from: &str, to: &str, expected: &str) {
    let folder = small_model();
    let path = folder.path().join("open_clip_config.json");
    let config = std::fs::read_to_string(&path).unwrap();
    assert!(config.contains(from), "{config}");
    std::fs::write(&path, config.replacen(from, to, 1)).unwrap();
    let error = load(folder.path()).unwrap_err();
    let source = std::error::Error::source(&error).map(ToString::to_string);
    let words = format!("{error}: {}", source.unwrap_or_default());
    assert!(words.contains(expected), "{words}");
    assert!(words.contains("open_clip_config.json"), "{words}");
}

#[test]
fn impossible_and_unknown_settings_are_refused() {
    check_config("\"heads\": 2", "\"heads\": 5", "does not divide");
    check_config("\"heads\": 2", "\"heads\": 0", "text heads is 0");
    check_config(
        "\"layers\": 2",
        "\"layers\": 99999999999",
        "layers is 99999999999",
    );
    check_config(
        "\"patch_size\": 8",
        "\"patch_size\": 64",
        "patches along a side is 0",
    );
    for (setting, named) in [
        (r#""pool_type": "max""#, "pool_type \"max\""),
        (
            r#""attentional_pool": "cascade""#,
            "attentional_pool \"cascade\"",
        ),
        (
            r#""act_kwargs": {"approximate": "cube"}"#,
            "approximate \"cube\"",
        ),
        (r#""act_kwargs": {"inplace": true}"#, "inplace"),
        (r#""norm_kwargs": {"bias": false}"#, "bias"),
        (r#""qk_norm": true"#, "qk_norm"),
        (
            r#""timm_model_name": "vit_medium_patch16_gap_256", "timm_pool": "map", "timm_proj": "none""#,
            "timm_model_name \"vit_medium_patch16_gap_256\"",
        ),
        (
            r#""timm_model_name": "vit_base_patch16_siglip_224""#,
            "timm_pool",
        ),
    ] {
        check_config("\"patch_size\": 8", setting, named);
    }
    for (setting, named) in [
        (r#""embed_cls": true"#, "embed_cls"),
        (r#""pool_type": "none""#, "pool_type \"none\""),
        (r#""proj_type": "mlp""#, "proj_type \"mlp\""),
        (
            r#""proj_type": "none""#,
            "text width (32) is not the embedding's (24)",
        ),
        (
            r#""tokenizer_kwargs": {"clean": "twice"}"#,
            "clean \"twice\"",
        ),
        (r#""tokenizer_kwargs": {"language": "de"}"#, "language"),
        (r#""tokenizer_mode": "clips""#, "tokenizer_mode"),
    ] {
        check_config(
            "\"context_length\": 16",
            &format!("\"context_length\": 16, {setting}"),
            named,
        );
    }
    check_config("\"embed_dim\"", "\"embed_dims\"", "embed_dims");
    check_config("{", "[", "cannot use the configuration");
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

#[test]
fn a_grid_that_is_far_too_large_is_refused() {
    let model = small_model();
    let path = model.path().join("open_clip_config.json");
    let config = std::fs::read_to_string(&path).unwrap();
    for (side, is_taken) in [(64, true), (1 << 19, false)] {
        let asked = config.replace("\"image_size\": 32", &format!("\"image_size\": {side}"));
        assert_ne!(asked, config);
        std::fs::write(&path, asked).unwrap();
        let opened = Model::open(model.path());
        assert_eq!(opened.is_ok(), is_taken, "{side}");
        if let Err(error) = opened {
            assert!(matches!(error, ClipError::Shape { .. }), "{error}");
        }
    }
}
