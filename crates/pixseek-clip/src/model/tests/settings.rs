//! Configurations that are refused, and how the error names the setting.

use super::{Model, load, small_model};
use crate::ClipError;

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
    for layers in ["1025", "99999999999"] {
        let setting = format!("\"layers\": {layers}");
        check_config("\"layers\": 2", &setting, &format!("layers is {layers}"));
    }
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
            "timm_pool \"avg\"",
        ),
        (
            r#""timm_model_name": "vit_base_patch16_siglip_gap_224", "timm_pool": "map""#,
            "timm_pool \"map\"",
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
