use super::{Calibration, Threshold};
use crate::made_library::MadeLibrary;
use crate::prompts::dot;
use crate::search::Searcher;
use pixseek_clip::{Adapter, ComputeDevice};
use pixseek_index::{Attachment, Reader};
use std::sync::atomic::AtomicBool;

#[test]
fn bytes_come_back_and_others_are_refused() {
    let calibration = Calibration {
        rows: 7,
        row_changes: 1 << 40,
        adapter: u64::MAX - 1,
        dimension: 2,
        words: Threshold {
            line: 0.9,
            deviation: 0.02,
        },
        pictures: Threshold {
            line: 0.8,
            deviation: 0.05,
        },
        prior: (0.1, 0.01),
        mean: vec![0.5, 0.25],
        covariance: vec![1.0, 0.5, 0.5, 2.0],
        background: vec![1.0, 0.0, 0.0, 1.0],
    };
    let bytes = calibration.encode();
    assert_eq!(Calibration::decode(&bytes), Some(calibration));
    for end in 0..bytes.len() {
        assert_eq!(Calibration::decode(&bytes[..end]), None, "{end}");
    }
    let mut other = bytes;
    other[28..32].fill(0xff);
    assert_eq!(Calibration::decode(&other), None);
}

#[test]
fn hubs_are_worth_less_and_a_half_is_the_line() {
    let calibration = Calibration {
        rows: 1000,
        row_changes: 0,
        adapter: 0,
        dimension: 2,
        words: Threshold {
            line: 0.5,
            deviation: 0.1,
        },
        pictures: Threshold {
            line: 0.7,
            deviation: 0.1,
        },
        prior: (0.0, 0.01),
        mean: vec![0.0, 0.0],
        covariance: vec![0.0; 4],
        background: vec![1.0, 0.0, 0.8, 0.6],
    };
    // Half of the best cosine, and a little for the second text.
    let (near, far) = (
        calibration.hubness(&[1.0, 0.0]),
        calibration.hubness(&[0.0, 1.0]),
    );
    assert!((0.5..0.51).contains(&near), "{near}");
    assert!((0.3..0.31).contains(&far), "{far}");
    for (merit, words, score) in [
        (0.5, 1.0, 0.5),
        (0.7, 0.0, 0.5),
        (0.6, 0.5, 0.5),
        (0.6, 1.0, 0.841),
    ] {
        assert!((calibration.score(merit, words) - score).abs() < 1e-3);
    }
}

fn library_of(photos: u32) -> MadeLibrary {
    let mut library = MadeLibrary::new();
    for number in 0..photos {
        let vector = library.vector();
        library.add(&format!("/{number}"), vector);
    }
    library.writer.publish().unwrap();
    library
}

fn read(library: &MadeLibrary) -> Calibration {
    let reader = Reader::open(library.folder.path()).unwrap();
    Calibration::read(&reader).unwrap().unwrap()
}

/// Background descriptions that need no text tower.
fn measure(library: &mut MadeLibrary) {
    let texts: Vec<f32> = (0..20).flat_map(|_| library.vector()).collect();
    let index = library.folder.path();
    Calibration::refresh_with(index, |_| Ok(Some(texts))).unwrap();
}

#[test]
fn photos_that_came_or_went_are_measured_again() {
    let mut library = library_of(40);
    measure(&mut library);
    let first = read(&library);
    assert_eq!(first.rows, 40);
    let check = |library: &mut MadeLibrary, rows: u32| {
        library.writer.publish().unwrap();
        Calibration::refresh_known(library.folder.path()).unwrap();
        assert_eq!(read(library).rows, rows);
    };
    // A fifth is let pass, and adds up.
    for number in 0..8 {
        library.remove(&format!("/{number}"));
    }
    check(&mut library, 40);
    library.remove("/8");
    check(&mut library, 31);
    // As many go as come: the number of rows that count is the same.
    for number in 9..16 {
        library.remove(&format!("/{number}"));
        let vector = library.vector();
        library.add(&format!("/new/{number}"), vector);
    }
    let before = read(&library);
    check(&mut library, 31);
    assert_ne!(read(&library).mean, before.mean);
    // Compacting changes the rows' numbers and nothing else.
    let before = read(&library);
    library.writer.compact(&AtomicBool::new(false)).unwrap();
    check(&mut library, 31);
    assert_eq!(read(&library), before);
}

#[test]
fn dead_rows_are_measured_nowhere() {
    let (mut alone, mut library) = (MadeLibrary::new(), MadeLibrary::new());
    let dead = library.vector();
    for _ in 0..100 {
        library.add("/0", dead.clone());
    }
    for number in 0..30 {
        let vector = alone.vector();
        library.add(&format!("/{number}"), vector.clone());
        alone.add(&format!("/{number}"), vector);
    }
    library.writer.publish().unwrap();
    alone.writer.publish().unwrap();
    let texts: Vec<f32> = (0..20).flat_map(|_| alone.vector()).collect();
    let measured = |library: &MadeLibrary| {
        let reader = Reader::open(library.folder.path()).unwrap();
        Calibration::measure(&reader, texts.clone()).unwrap()
    };
    let (found, expected) = (measured(&library), measured(&alone));
    assert_eq!(found.rows, 30);
    // The rows' codes are around another mean: 12 bits of each component.
    for (found, expected) in [
        (found.words, expected.words),
        (found.pictures, expected.pictures),
    ] {
        assert!((found.line - expected.line).abs() < 1e-3);
        assert!((found.deviation - expected.deviation).abs() < 1e-3);
    }
    for (found, expected) in found.mean.iter().zip(&expected.mean) {
        assert!((found - expected).abs() < 1e-3, "{found} {expected}");
    }
}

/// An index run may keep a calibration a moment after an adapter has come.
#[test]
fn a_calibration_is_not_used_with_another_adapter() {
    let mut library = library_of(40);
    measure(&mut library);
    let index = library.folder.path();
    let is_calibrated = || {
        let searcher = Searcher::open(index, None, ComputeDevice::cpu()).unwrap();
        searcher.is_calibrated()
    };
    assert!(is_calibrated());
    let dimension = library.model.dimension();
    let adapter = Adapter::new(
        &library.model.fingerprint().unwrap(),
        dimension,
        vec![0.1; dimension],
        vec![0.2; dimension],
    );
    let bytes = adapter.unwrap().encode().unwrap();
    Attachment::Adapter.replace(index, &bytes).unwrap();
    assert!(!is_calibrated());
    // Not without the text tower: the background is that of the texts before.
    let before = read(&library);
    Calibration::refresh_known(index).unwrap();
    assert_eq!(read(&library), before);
    let texts = before.background.clone();
    Calibration::refresh_with(index, |adapter| {
        assert!(adapter.is_some());
        Ok(Some(texts))
    })
    .unwrap();
    assert!(is_calibrated());
    Attachment::Adapter.remove(index).unwrap();
    assert!(!is_calibrated());
}

/// A library of 40 counts 40 times and the prior 16 times.
#[test]
fn moments_are_those_of_the_library_and_of_the_prior() {
    let mut library = library_of(40);
    let (query, text) = (library.vector(), library.vector());
    let reader = Reader::open(library.folder.path()).unwrap();
    let measured = Calibration::measure(&reader, text.clone()).unwrap();
    let vectors = reader.live().iter().map(|row| reader.vector(row).unwrap());
    let vectors: Vec<Vec<f32>> = vectors.collect();
    let moments = |query: &[f32]| {
        let cosines = vectors.iter().map(|vector| dot(vector, query));
        let cosines: Vec<f64> = cosines.map(f64::from).collect();
        let mean = cosines.iter().sum::<f64>() / 40.0;
        let variance = cosines.iter().map(|cosine| (cosine - mean).powi(2));
        (mean, variance.sum::<f64>() / 40.0)
    };
    let (own, prior) = (moments(&query), moments(&text));
    let blend = |own: f64, prior: f64| (own * 40.0 + prior * 16.0) / 56.0;
    let found = measured.moments(&query);
    let is_near = |found: f32, expected: f64| (f64::from(found) - expected).abs() < 1e-4;
    assert!(is_near(found.mean, blend(own.0, prior.0)), "{found:?}");
    let deviation = blend(own.1, prior.1).sqrt();
    assert!(is_near(found.deviation, deviation), "{found:?}");
}
