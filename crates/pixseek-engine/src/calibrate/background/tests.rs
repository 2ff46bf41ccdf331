use super::{Background, FILE};
use pixseek_clip::{ComputeDevice, Model};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// A converted copy of the embedded model.
fn converted(folder: &Path) -> Model {
    Model::embedded().unwrap().convert(folder).unwrap();
    Model::open(folder).unwrap()
}

fn of(model: &Model) -> Background {
    let stop = AtomicBool::new(false);
    Background::of(model, &ComputeDevice::cpu(), &stop)
        .unwrap()
        .unwrap()
}

/// The file holds unit vectors in f32; reading scales them to length 1 again.
#[track_caller]
fn assert_near(ours: &Background, other: &Background) {
    let values = |of: &Background| of.directions(None);
    let pairs = values(ours).into_iter().zip(values(other));
    assert_eq!(values(ours).len(), values(other).len());
    assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn a_converted_model_keeps_its_background() {
    let folder = tempfile::tempdir().unwrap();
    let model = converted(folder.path());
    let file = folder.path().join(FILE);
    let mut told = Vec::new();
    let stop = AtomicBool::new(false);
    let cpu = ComputeDevice::cpu();
    Background::prepare(&model, &cpu, &stop, &mut |done, all| told.push((done, all))).unwrap();
    let (done, all) = *told.last().unwrap();
    assert_eq!(done, all);
    let kept = std::fs::read(&file).unwrap();
    assert_near(&of(&model), &of(&Model::embedded().unwrap()));
    // It is not computed again.
    Background::prepare(&model, &cpu, &stop, &mut |_, _| panic!("computed again")).unwrap();
    // Damage is noticed, and mended by the next use.
    for place in [0, 40, kept.len() - 1] {
        let mut damaged = kept.clone();
        damaged[place] ^= 1;
        std::fs::write(&file, damaged).unwrap();
        assert_near(&of(&model), &of(&Model::embedded().unwrap()));
        assert_eq!(std::fs::read(&file).unwrap(), kept);
    }
    std::fs::write(&file, &kept[..kept.len() / 2]).unwrap();
    of(&model);
    assert_eq!(std::fs::read(&file).unwrap(), kept);
}

#[test]
fn a_background_of_another_model_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let model = converted(folder.path());
    let file = folder.path().join(FILE);
    of(&model);
    let kept = std::fs::read(&file).unwrap();
    // The same weights with other words are another model.
    let config = folder.path().join("tokenizer.json");
    let mut bytes = std::fs::read(&config).unwrap();
    bytes.push(b'\n');
    std::fs::write(&config, bytes).unwrap();
    of(&Model::open(folder.path()).unwrap());
    let new = std::fs::read(&file).unwrap();
    assert_ne!(new[..32], kept[..32]);
    assert_eq!(new[32..], kept[32..]);
}

#[test]
fn a_stopped_preparation_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = converted(folder.path());
    let stop = AtomicBool::new(true);
    let cpu = ComputeDevice::cpu();
    Background::prepare(&model, &cpu, &stop, &mut |_, _| {}).unwrap();
    assert_eq!(Background::of(&model, &cpu, &stop).unwrap(), None);
    assert!(!folder.path().join(FILE).exists());
}
