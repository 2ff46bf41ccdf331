//! Weight files that are damaged, cut off, or lie about themselves.

use super::{WEIGHTS, here, load, small_model};
use crate::ClipError;

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
