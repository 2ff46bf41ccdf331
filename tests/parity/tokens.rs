//! Compares token ids with open_clip's tokenizer and a byte-pair encoding written in Python.

use crate::{here, needs, shared};
use libtest_mimic::Trial;
use pixseek_clip::{TextConfig, Tokenizer};
use std::path::{Path, PathBuf};

pub fn trials() -> Vec<Trial> {
    let pocket = here("../../crates/pixseek-clip/pocket/tokenizer.json");
    let clip = shared("reference/clip-vit-b32/tokenizer.json");
    vec![
        Trial::test("tokens::pocket", move || {
            check(&pocket, "pocket", [32, 8192], 8191);
            Ok(())
        }),
        needs(&clip.clone(), "tokens::clip_vit_b32", move || {
            check(&clip, "clip", [77, 49_408], 49_407);
        }),
    ]
}

fn check(file: &Path, name: &str, [context_length, vocabulary]: [usize; 2], end: u32) {
    let model = pixseek_clip::Model::embedded().unwrap();
    let config = TextConfig {
        context_length,
        vocabulary,
        ..model.config().text.clone()
    };
    let json = std::fs::read(file).unwrap();
    let tokenizer = Tokenizer::from_bytes(file, &json, &config).unwrap();
    let lines = std::fs::read_to_string(expected(name)).unwrap();
    let mut count = 0;
    for line in lines.lines() {
        let (text, expected): (String, Vec<u32>) = serde_json::from_str(line).unwrap();
        let ids = tokenizer.encode(&text).unwrap();
        assert_eq!(ids.len(), context_length, "{text:?}: padded to the context");
        let length = ids.iter().position(|id| *id == end).unwrap() + 1;
        assert_eq!(ids[..length], expected, "{text:?}");
        count += 1;
    }
    assert!(count >= 1000, "only {count} texts");
}

fn expected(name: &str) -> PathBuf {
    here("tokens").join(format!("{name}.jsonl"))
}
