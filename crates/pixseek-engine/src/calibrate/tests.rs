use super::statistics::normal_below;
use super::{Calibration, Threshold};

#[test]
fn phi_is_that_of_tables() {
    for (x, expected) in [
        (0.0, 0.5),
        (1.0, 0.841_344_7),
        (-1.0, 0.158_655_3),
        (3.0, 0.998_650_1),
    ] {
        assert!((normal_below(x) - expected).abs() < 1e-6, "{x}");
    }
}

#[test]
fn bytes_come_back_and_others_are_refused() {
    let calibration = Calibration {
        rows: 7,
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
    other[12..16].fill(0xff);
    assert_eq!(Calibration::decode(&other), None);
}

#[test]
fn hubs_are_worth_less_and_a_half_is_the_line() {
    let calibration = Calibration {
        rows: 1000,
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
