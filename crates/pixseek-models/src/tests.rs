//! Pulls from a server on this machine that misbehaves as servers and networks do.

mod place;
mod server;

use super::*;
use pixseek_clip::{ComputeDevice, Model};
use place::{Place, model};
use server::Behaviour;
use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

const WEIGHTS: &str = "open_clip_model.safetensors";

#[test]
fn the_registry_is_consistent() {
    let registry = Registry::built_in();
    let mut names = std::collections::HashSet::new();
    for model in &registry.models {
        assert!(names.insert(&model.name), "{} twice", model.name);
        assert!(model.repository.contains('/'), "{}", model.name);
        assert!(Store::new(Path::new("models")).path(&model.name).is_ok());
        assert!(model.files.iter().any(|file| file.name == "tokenizer.json"));
        for file in &model.files {
            let is_hex =
                |hash: &String| hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit());
            assert!(file.sha256.as_ref().is_none_or(is_hex), "{}", file.name);
        }
    }
    assert_eq!(
        registry
            .models
            .iter()
            .filter(|model| model.recommended)
            .count(),
        1
    );
    let error = registry.find("vit").unwrap_err().to_string();
    assert!(error.contains("datacomp-b32-256, "), "{error}");
}

#[test]
fn a_model_is_pulled_verified_and_recorded() {
    let place = Place::new(&[]);
    let installed = place.pull().unwrap();
    assert_eq!(installed.name, "small");
    let record = installed.record.unwrap();
    assert_eq!(record.revision.as_deref(), Some("abc"));
    assert_eq!(record.files.len(), 3);
    assert!(Model::open(&installed.folder).is_ok());
    assert_eq!(place.left_over(), Vec::<String>::new());
    assert_eq!(place.store.installed().unwrap().len(), 1);

    let again = place.pull().unwrap_err().to_string();
    assert!(again.contains("is installed already"), "{again}");
    place.store.remove("small").unwrap();
    assert!(place.store.installed().unwrap().is_empty());
    assert!(
        place
            .store
            .remove("small")
            .unwrap_err()
            .to_string()
            .contains("is not installed")
    );
}

/// After each of these the next try gets the file, or the rest of it.
#[test]
fn temporary_failures_are_retried() {
    for behaviour in [
        Behaviour::CutOnce,
        Behaviour::BusyOnce,
        Behaviour::FailsOnce,
        Behaviour::StallsOnce,
        Behaviour::Redirects,
        Behaviour::Dribbles,
        Behaviour::NoLength,
        Behaviour::AnotherPart,
        Behaviour::PartUnasked,
    ] {
        let place = Place::new(&[(WEIGHTS, behaviour)]);
        let installed = place
            .pull()
            .unwrap_or_else(|error| panic!("{behaviour:?}: {error}"));
        let pulled = Model::open(&installed.folder).unwrap();
        assert!(encodes_like_the_served(&pulled), "{behaviour:?}");
        assert_eq!(place.left_over(), Vec::<String>::new(), "{behaviour:?}");
    }
}

/// Each of these is an error that says why, and leaves no model.
#[test]
fn permanent_failures_are_named() {
    for (behaviour, reason) in [
        (Behaviour::Missing, "the server has no such file"),
        (Behaviour::Forbidden, "asks for an account"),
        (Behaviour::Circle, "in a circle"),
        (Behaviour::Tampered, "its SHA-256 is "),
        (Behaviour::Longer, "not the published file"),
        (Behaviour::AlwaysBusy, "the server is busy (429"),
        (Behaviour::AlwaysCut, "the connection broke"),
        (Behaviour::Silent, "the server does not"),
    ] {
        let place = Place::new(&[(WEIGHTS, behaviour)]);
        let error = place.pull().unwrap_err();
        let cause = error.source().map(ToString::to_string);
        let error = format!("{error}: {}", cause.unwrap_or_default());
        assert!(error.contains(reason), "{behaviour:?}: {error}");
        assert!(error.contains(WEIGHTS), "{behaviour:?}: {error}");
        assert!(place.store.installed().unwrap().is_empty(), "{behaviour:?}");
    }
}

/// Neither the size nor the hash of this file is published.
#[test]
fn a_file_of_unknown_size_has_a_limit() {
    for behaviour in [Behaviour::Endless, Behaviour::ClaimsTooMuch] {
        let mut place = Place::new(&[("tokenizer.json", behaviour)]);
        let file = &mut place.known.files[1];
        (file.bytes, file.sha256) = (None, None);
        let error = place.pull().unwrap_err().to_string();
        assert!(error.contains("such a file has at most"), "{error}");
        let staging = place.models().join(".pull-small");
        assert!(!staging.join("tokenizer.json.part").exists());
    }
}

/// The server sends another range than was asked for, of a file without a published hash.
#[test]
fn only_matching_parts_are_joined() {
    for behaviour in [Behaviour::AnotherPart, Behaviour::AnotherVersion] {
        let mut place = Place::new(&[("tokenizer.json", behaviour)]);
        let file = &mut place.known.files[1];
        (file.bytes, file.sha256) = (None, None);
        let whole = std::fs::read(model().join("tokenizer.json")).unwrap();
        let staging = place.models().join(".pull-small");
        std::fs::create_dir_all(&staging).unwrap();
        let part = |ending: &str| staging.join(format!("tokenizer.json.{ending}"));
        std::fs::write(part("part"), &whole[..500]).unwrap();
        let version = format!("\"{}\"", &server::sha256(&whole)[..16]);
        std::fs::write(part("version"), version).unwrap();
        let installed = place.pull().unwrap();
        let pulled = std::fs::read(installed.folder.join("tokenizer.json")).unwrap();
        assert!(pulled == whole, "{behaviour:?}");
    }
}

#[test]
fn a_tampered_file_is_not_kept() {
    let place = Place::new(&[(WEIGHTS, Behaviour::Tampered)]);
    place.pull().unwrap_err();
    let staging = place.models().join(".pull-small");
    for name in [WEIGHTS.to_owned(), format!("{WEIGHTS}.part")] {
        assert!(!staging.join(name).exists());
    }
}

#[test]
fn files_that_are_not_a_model_leave_nothing() {
    let mut place = Place::new(&[("open_clip_config.json", Behaviour::Tampered)]);
    place.known.files[0].sha256 = None;
    let error = place.pull().unwrap_err().to_string();
    assert!(error.contains("open_clip_config.json"), "{error}");
    assert_eq!(place.left_over(), Vec::<String>::new());
}

/// Bytes that had arrived before the stop are not downloaded again.
#[test]
fn a_stopped_pull_continues() {
    let place = Place::new(&[(WEIGHTS, Behaviour::Dribbles)]);
    let stop = AtomicBool::new(false);
    let pulling = Pulling::default();
    std::thread::scope(|scope| {
        let pull = scope.spawn(|| {
            pull(
                &place.store,
                &place.known,
                &place.options(),
                &pulling,
                &stop,
            )
        });
        while pulling.done.load(Ordering::Relaxed) < 60_000 {
            std::thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
        let error = pull.join().unwrap().unwrap_err().to_string();
        assert!(error.contains("the same command goes on"), "{error}");
    });
    place.pull().unwrap();
    let ranges = place.server.ranges(WEIGHTS);
    assert!(ranges.iter().any(|start| *start > 30_000), "{ranges:?}");
}

/// Without the same version, a part cannot be continued.
#[test]
fn a_part_of_another_version_is_thrown_away() {
    let place = Place::new(&[]);
    let staging = place.models().join(".pull-small");
    std::fs::create_dir_all(&staging).unwrap();
    std::fs::write(staging.join(format!("{WEIGHTS}.part")), [7; 500]).unwrap();
    std::fs::write(
        staging.join(format!("{WEIGHTS}.version")),
        "\"an older one\"",
    )
    .unwrap();
    place.pull().unwrap();
}

#[test]
fn research_only_weights_need_a_confirmation() {
    let mut place = Place::new(&[]);
    place.known.research_only = true;
    let error = place.pull().unwrap_err();
    assert!(matches!(error, ModelsError::ResearchOnly { .. }), "{error}");
    let mut options = place.options();
    options.research_only = true;
    let never = AtomicBool::new(false);
    pull(
        &place.store,
        &place.known,
        &options,
        &Pulling::default(),
        &never,
    )
    .unwrap();
}

#[test]
fn an_import_installs_a_model_or_leaves_nothing() {
    let place = Place::new(&[]);
    let installed = place.import(&model(), "mine").unwrap();
    assert!(Model::open(&installed.folder).is_ok());
    let empty = tempfile::tempdir().unwrap();
    assert!(place.import(empty.path(), "empty").is_err());
    for name in ["", ".hidden", "a/b", "..", "a b"] {
        let error = place.import(&model(), name).unwrap_err().to_string();
        assert!(error.contains("cannot be a model's name"), "{error}");
    }
    assert_eq!(place.left_over(), Vec::<String>::new());
    assert_eq!(place.store.installed().unwrap().len(), 1);
}

#[test]
fn an_import_takes_nothing_from_interrupted_ones() {
    let place = Place::new(&[(WEIGHTS, Behaviour::AlwaysCut)]);
    // These are what a killed pull, a killed import and an import of another model leave.
    for kind in [".pull-small", ".import-small@1-0", ".import-small-1@1-0"] {
        let killed = place.models().join(kind);
        std::fs::create_dir_all(killed.join("folder")).unwrap();
        std::fs::write(killed.join("model.safetensors.part"), "half").unwrap();
    }
    let installed = place.import(&model(), "small").unwrap();
    let expected = place.import(&model(), "other").unwrap();
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&installed.folder), names(&expected.folder));
    // Removing a model also removes what interrupted pulls and imports of it left.
    place.store.remove("small").unwrap();
    assert_eq!(place.left_over(), [".import-small-1@1-0"]);
    place.pull().unwrap_err();
    place.store.remove("small").unwrap();
    assert_eq!(place.left_over(), [".import-small-1@1-0"]);
}

#[test]
fn an_import_can_be_stopped_and_started_again() {
    let place = Place::new(&[]);
    let stopped = AtomicBool::new(true);
    let error = place.store.import(&model(), "mine", &stopped).unwrap_err();
    assert_eq!(error.to_string(), "stopped; nothing was imported");
    assert!(place.store.installed().unwrap().is_empty());
    place.import(&model(), "mine").unwrap();
}

#[test]
fn a_damaged_record_is_shown_and_removed() {
    let place = Place::new(&[]);
    let installed = place.import(&model(), "mine").unwrap();
    std::fs::write(installed.folder.join("pixseek-model.json"), "{").unwrap();
    let error = place.store.find("mine").unwrap_err();
    assert!(matches!(error, ModelsError::Record { .. }), "{error}");
    let listed = place.store.installed().unwrap();
    assert_eq!((listed.len(), &listed[0].record), (1, &None));
    place.store.remove("mine").unwrap();
    assert!(place.store.installed().unwrap().is_empty());
    place.import(&model(), "mine").unwrap();
}

/// Whether a pulled model encodes as the one on the server does.
fn encodes_like_the_served(pulled: &Model) -> bool {
    let encode = |model: &Model| {
        let texts = model.text_encoder(&ComputeDevice::cpu()).unwrap();
        texts.encode(&["a dog", "two dogs"]).unwrap()
    };
    let served = encode(&Model::open(&model()).unwrap());
    let mut pairs = served.iter().zip(encode(pulled));
    pairs.all(|(a, b)| a.cosine(&b) > 0.9999)
}
