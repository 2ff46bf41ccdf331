//! Drives `pixseek-train`: from described photos to a model that searches.

use image::{Rgb, RgbImage};
use pixseek_clip::{ComputeDevice, Model};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder of striped pictures, sorted by the stripes' colour, with a list that describes them.
fn photos() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::new();
    for (name, colour) in [
        ("red", [230, 20, 20]),
        ("green", [20, 200, 40]),
        ("blue", [30, 40, 230]),
    ] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        for number in 0..10u32 {
            let picture = RgbImage::from_fn(40, 30 + number, |x, y| {
                Rgb(if (x + y * number) % 7 < 5 {
                    colour
                } else {
                    [128; 3]
                })
            });
            let path = format!("{name}/{number}.png");
            picture.save(folder.path().join(&path)).unwrap();
            let line = format!(r#"{{"file": "{path}", "captions": ["{name} stripes {number}"]}}"#);
            list.push_str(&line);
            list.push('\n');
        }
    }
    std::fs::write(folder.path().join("captions.jsonl"), list).unwrap();
    folder
}

fn train(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pixseek-train"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The folder of a tiny configuration with a tokenizer.
fn tiny() -> String {
    let folder = Path::new("../../tests/parity/vit-gelu")
        .canonicalize()
        .unwrap();
    folder.to_string_lossy().into_owned()
}

#[test]
fn a_model_trained_from_scratch_can_be_opened() {
    let photos = photos();
    let config = tiny();
    let arguments = [
        "train",
        "--config",
        &config,
        "--captions",
        "captions.jsonl",
        "--out",
        "model",
        "--epochs",
        "2",
        "--batch",
        "8",
        "--device",
        "cpu",
    ];
    let done = train(&arguments, photos.path());
    assert!(done.status.success(), "{}", words(&done));
    assert!(words(&done).contains("epoch 2: "), "{}", words(&done));
    assert!(!photos.path().join("model.checkpoint.safetensors").exists());
    let model = Model::open(&photos.path().join("model")).unwrap();
    let texts = model.text_encoder(&ComputeDevice::cpu()).unwrap();
    assert_eq!(
        texts.encode(&["red stripes"]).unwrap()[0].as_slice().len(),
        24
    );

    // An existing model is not overwritten.
    let again = train(&arguments, photos.path());
    assert_eq!(again.status.code(), Some(2));
    assert!(
        words(&again).contains("is there already"),
        "{}",
        words(&again)
    );
}

#[cfg(unix)]
#[test]
fn a_stopped_run_continues_from_its_checkpoint() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let photos = photos();
    let config = tiny();
    let arguments = [
        "train",
        "--config",
        &config,
        "--captions",
        "captions.jsonl",
        "--out",
        "model",
        "--batch",
        "8",
        "--device",
        "cpu",
        "--epochs",
        "200",
    ];
    let mut running = Command::new(env!("CARGO_BIN_EXE_pixseek-train"))
        .args(arguments)
        .current_dir(photos.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    lines
        .by_ref()
        .map(Result::unwrap)
        .find(|line| line.starts_with("epoch 3:"))
        .unwrap();
    let interrupt = Command::new("kill")
        .args(["-INT", &running.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupt.success());
    let stopped = lines
        .map(Result::unwrap)
        .find(|line| line.starts_with("stopped at step"))
        .unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert!(photos.path().join("model.checkpoint.safetensors").exists());
    assert!(!photos.path().join("model").exists());

    // Only the same command continues from the checkpoint.
    let mut other = arguments.to_vec();
    other.extend(["--seed", "9"]);
    let refused = train(&other, photos.path());
    assert_eq!(refused.status.code(), Some(2));
    assert!(words(&refused).contains("was not written by this run"));

    let done = train(&arguments, photos.path());
    assert!(done.status.success(), "{}", words(&done));
    let step = stopped.split_whitespace().nth(3).unwrap();
    assert!(
        words(&done).contains(&format!("going on at step {step} ")),
        "{stopped}: {}",
        words(&done)
    );
    assert!(photos.path().join("model").exists());
}

#[test]
fn a_model_is_distilled_and_evaluated() {
    let photos = photos();
    let teacher = tiny();
    let done = train(
        &[
            "distil",
            "--teacher",
            &teacher,
            "--sorted",
            ".",
            "--out",
            "student",
            "--epochs",
            "1",
            "--batch",
            "8",
            "--device",
            "cpu",
            "--half",
        ],
        photos.path(),
    );
    assert!(done.status.success(), "{}", words(&done));
    let measured = train(
        &[
            "eval",
            "captions.jsonl",
            "--model",
            "student",
            "--device",
            "cpu",
        ],
        photos.path(),
    );
    let shown = String::from_utf8_lossy(&measured.stdout).into_owned();
    assert!(
        shown.contains("captions: 30 texts, 30 photos: recall@1 "),
        "{shown}"
    );
}

/// The names contain the escape sequence that clears a terminal: one in a list, one of the list
/// itself.
#[test]
fn names_cannot_steer_the_terminal() {
    let photos = photos();
    let line = r#"{"file": "gone\u001b[2J.jpg", "label": "x"}"#;
    let list = "list\u{1b}[2J.jsonl";
    std::fs::write(photos.path().join(list), line).unwrap();
    std::fs::write(photos.path().join("broken\u{1b}[2J.jsonl"), "7").unwrap();
    for (arguments, expected) in [
        (
            &["finetune", "--captions", list, "--out", "m"][..],
            "left out: gone\u{fffd}[2J.jpg: ",
        ),
        (
            &["eval", "broken\u{1b}[2J.jsonl"],
            "broken\u{fffd}[2J.jsonl",
        ),
    ] {
        let failed = train(arguments, photos.path());
        let said = words(&failed);
        assert_eq!(failed.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains('\u{1b}'), "{said}");
    }
}

#[test]
fn mistakes_are_named() {
    let photos = photos();
    std::fs::write(photos.path().join("broken.jsonl"), "{\"file\": 7}").unwrap();
    std::fs::write(
        photos.path().join("lost.jsonl"),
        "{\"file\": \"none.jpg\", \"label\": \"x\"}",
    )
    .unwrap();
    for (arguments, reason) in [
        (
            &["finetune", "--captions", "broken.jsonl", "--out", "m"][..],
            "line 1:",
        ),
        (
            &["finetune", "--captions", "lost.jsonl", "--out", "m"],
            "no photo could be read",
        ),
        (&["finetune", "--out", "m"], "nothing to learn from"),
        (&["finetune", "--captions", "captions.jsonl"], "--out DIR"),
        (
            &[
                "finetune",
                "--light",
                "--index-dir",
                "none",
                "--captions",
                "captions.jsonl",
            ],
            "none",
        ),
        (
            &[
                "train",
                "--config",
                ".",
                "--captions",
                "captions.jsonl",
                "--out",
                "m",
            ],
            "not a model folder",
        ),
    ] {
        let failed = train(arguments, photos.path());
        assert_eq!(
            failed.status.code(),
            Some(2),
            "{arguments:?}: {}",
            words(&failed)
        );
        assert!(
            words(&failed).contains(reason),
            "{arguments:?}: {}",
            words(&failed)
        );
    }
}
