use super::{Calibration, normal_below};

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
        line: 3.0,
        deviation: 1.5,
        prior: (0.1, 0.01),
        mean: vec![0.5, 0.25],
        covariance: vec![1.0, 0.5, 0.5, 2.0],
        background: vec![1.0, 0.0, 0.0, 1.0],
        background_moments: vec![(0.1, 2.0), (0.2, 3.0)],
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
