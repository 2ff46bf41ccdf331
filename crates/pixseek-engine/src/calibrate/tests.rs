use super::{Calibration, Hubs, Threshold};
use crate::made_library::MadeLibrary;
use crate::prompts::dot;
use crate::search::Searcher;
use pixseek_clip::{Adapter, ComputeDevice};
use pixseek_index::{Attachment, Reader, RowId};
use std::sync::atomic::AtomicBool;

#[test]
fn a_decoded_calibration_equals_the_encoded_one_and_damaged_bytes_are_refused() {
    let calibration = Calibration {
        rows: 7,
        row_changes: 1 << 40,
        epoch: 3,
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
        hubs: Hubs {
            of_rows: vec![0.25, -0.5, 0.125],
            mean: 0.0625,
        },
    };
    let bytes = calibration.encode();
    assert_eq!(Calibration::decode(&bytes), Some(calibration));
    for end in 0..bytes.len() {
        assert_eq!(Calibration::decode(&bytes[..end]), None, "{end}");
    }
    // Overwrite the dimension, then the number of the last row.
    for broken in [36..40, bytes.len() - 4..bytes.len()] {
        let mut other = bytes.clone();
        other[broken].fill(0xff);
        assert_eq!(Calibration::decode(&other), None);
    }
}

#[test]
fn hubness_lowers_the_merit_and_a_score_of_a_half_is_the_line() {
    let calibration = Calibration {
        rows: 1000,
        row_changes: 0,
        epoch: 1,
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
        hubs: Hubs::default(),
    };
    // The hubness is half of the best cosine, plus a little for the second text.
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

#[test]
fn enough_added_or_removed_photos_cause_a_new_measurement() {
    let mut library = library_of(40);
    library.measure();
    let first = read(&library);
    assert_eq!(first.rows, 40);
    let check = |library: &mut MadeLibrary, rows: u32| {
        library.writer.publish().unwrap();
        Calibration::refresh_known(library.folder.path()).unwrap();
        assert_eq!(read(library).rows, rows);
    };
    // A fifth of the rows may change without a new measurement, and changes add up over runs.
    for number in 0..8 {
        library.remove(&format!("/{number}"));
    }
    check(&mut library, 40);
    library.remove("/8");
    check(&mut library, 31);
    // Equally many photos come and go: the number of live rows stays the same.
    for number in 9..16 {
        library.remove(&format!("/{number}"));
        let vector = library.vector();
        library.add(&format!("/new/{number}"), vector);
    }
    let before = read(&library);
    check(&mut library, 31);
    assert_ne!(read(&library).mean, before.mean);
    // Compacting may erase photos, so the library is measured again. Here nothing is erased, and
    // only the row numbers change.
    let before = read(&library);
    library.writer.compact(&AtomicBool::new(false)).unwrap();
    check(&mut library, 31);
    let after = read(&library);
    assert_eq!(after.epoch, before.epoch + 1);
    assert_eq!(after.hubs.of_rows.len(), 31);
    let (epoch, hubs) = (before.epoch, before.hubs.clone());
    assert_eq!(
        Calibration {
            epoch,
            hubs,
            ..after
        },
        before
    );
}

#[test]
fn dead_rows_do_not_change_the_measurements() {
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
    // The rows' codes are relative to another mean, so their vectors differ by rounding to 12 bits.
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

/// A photo that has come since gets its hubness, although the line is not measured again.
#[test]
fn new_rows_get_their_hubness() {
    let mut library = library_of(40);
    library.measure();
    let first = read(&library);
    let vector = library.vector();
    library.add("/new", vector);
    library.writer.publish().unwrap();
    Calibration::refresh_known(library.folder.path()).unwrap();
    let second = read(&library);
    assert_eq!(
        (first.hubs.of_rows.len(), second.hubs.of_rows.len()),
        (40, 41)
    );
    assert_eq!(second.hubs.of_rows[..40], first.hubs.of_rows);
    let reader = Reader::open(library.folder.path()).unwrap();
    for (row, stored) in (0..).zip(&second.hubs.of_rows) {
        let photo = reader.vector(RowId(row)).unwrap();
        assert!((second.hubness(&photo) - stored).abs() < 1e-6);
    }
    let hubs = first.hubs.clone();
    assert_eq!(Calibration { hubs, ..second }, first);
}

/// A forgotten photo leaves no trace in the measurements, and the order in which photos were
/// indexed does not matter.
#[test]
fn the_same_photos_give_the_same_scores_in_any_order() {
    let mut forgetful = MadeLibrary::new();
    let photos: Vec<_> = (0..900)
        .map(|number| {
            let vector = forgetful.vector();
            forgetful.photo(&format!("/{number}"), vector)
        })
        .collect();
    let mut fresh = MadeLibrary::new();
    let stay = photos
        .iter()
        .rev()
        .filter(|photo| photo.path.last() < Some(&b'7'));
    fresh.add_all(stay.cloned().collect());
    fresh.writer.publish().unwrap();
    forgetful.add_all(photos);
    for number in (0..900).filter(|number| number % 10 >= 7) {
        forgetful.remove(&format!("/{number}"));
    }
    forgetful.writer.publish().unwrap();
    let texts: Vec<f32> = (0..40).flat_map(|_| fresh.vector()).collect();
    let measured = |library: &MadeLibrary| {
        let reader = Reader::open(library.folder.path()).unwrap();
        Calibration::measure(&reader, texts.clone()).unwrap()
    };
    let check = |found: &Calibration| {
        let expected = measured(&fresh);
        assert_eq!(found.rows, 630);
        for tenth in -10_i16..10 {
            let merit = expected.words.line + f32::from(tenth) / 100.0;
            for words in [0.0, 0.5, 1.0] {
                let scores = [found, &expected].map(|of| 100.0 * of.score(merit, words));
                assert!((scores[0] - scores[1]).abs() < 0.2, "{scores:?}");
            }
        }
        let photo = fresh_photo(&fresh);
        let hubness = [found, &expected].map(|of| of.hubness(&photo));
        assert!((hubness[0] - hubness[1]).abs() < 1e-4, "{hubness:?}");
    };
    check(&measured(&forgetful));
    forgetful.writer.compact(&AtomicBool::new(false)).unwrap();
    check(&measured(&forgetful));
}

fn fresh_photo(library: &MadeLibrary) -> Vec<f32> {
    let reader = Reader::open(library.folder.path()).unwrap();
    reader.sample(1).unwrap().remove(0)
}

/// An index run may store a calibration just after an adapter was replaced.
#[test]
fn a_calibration_is_not_used_with_another_adapter() {
    let mut library = library_of(40);
    library.measure();
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
    // `refresh_known` has no text tower, so it keeps the background of the texts without the
    // adapter.
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

/// The library's statistics have weight 40 and the prior has weight 16.
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
    let (observed, prior) = (moments(&query), moments(&text));
    let blend = |observed: f64, prior: f64| (observed * 40.0 + prior * 16.0) / 56.0;
    let found = measured.moments(&query);
    let is_near = |found: f32, expected: f64| (f64::from(found) - expected).abs() < 1e-4;
    assert!(is_near(found.mean, blend(observed.0, prior.0)), "{found:?}");
    let deviation = blend(observed.1, prior.1).sqrt();
    assert!(is_near(found.deviation, deviation), "{found:?}");
}
