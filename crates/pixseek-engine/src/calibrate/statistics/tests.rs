use super::{mean_and_deviation, moments_of, normal_below, prior};

fn is_near(found: f32, expected: f32) -> bool {
    (found - expected).abs() < 1e-6
}

#[test]
fn moments_equal_a_calculation_by_hand() {
    let sample = [
        vec![1.0, 0.0],
        vec![0.0, 2.0],
        vec![2.0, 4.0],
        vec![1.0, 2.0],
    ];
    let (mean, covariance) = moments_of(&sample, 2);
    assert_eq!(mean, [1.0, 2.0]);
    // The residuals are (0, -2), (-1, 0), (1, 2), (0, 0).
    assert_eq!(covariance, [0.5, 0.5, 0.5, 2.0]);
    let (mean, covariance) = moments_of(&[], 2);
    assert_eq!((mean, covariance), (vec![0.0; 2], vec![0.0; 4]));
}

#[test]
fn the_mean_and_deviation_are_those_of_all_values() {
    let check = |values: &[f64], mean: f64, deviation: f64| {
        let found = mean_and_deviation(values);
        assert!((found.0 - mean).abs() < 1e-12, "{found:?}");
        assert!((found.1 - deviation).abs() < 1e-12, "{found:?}");
    };
    check(&[], 0.0, 0.0);
    check(&[3.0], 3.0, 0.0);
    check(&[1.0, 3.0], 2.0, 1.0);
    check(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], 5.0, 2.0);
}

/// The photos have cosines 0 to 127 with the one text; `prior` uses every second photo.
#[test]
fn the_prior_covers_every_text_and_photos_of_the_whole_sample() {
    let sample: Vec<Vec<f32>> = (0..128_u8).map(|at| vec![f32::from(at), 1.0]).collect();
    let (mean, variance) = prior(&sample, &[1.0, 0.0], 2);
    // 64 even numbers from 0 on have the mean 63 and the variance (64² - 1) / 3.
    assert!(is_near(mean, 63.0), "{mean}");
    assert!((variance - 1365.0).abs() < 1e-3, "{variance}");
    let (mean, variance) = prior(&sample[..2], &[1.0, 0.0, 0.0, 1.0], 2);
    // The cosines are 0 and 1 with one text, 1 and 1 with the other.
    assert!(is_near(mean, 0.75) && is_near(variance, 0.1875));
    assert_eq!(prior(&[], &[1.0, 0.0], 2), (0.0, 0.0));
}

/// Values of Φ from tables, to six places.
#[test]
fn phi_is_exact_to_six_places_on_both_sides() {
    for (x, expected) in [
        (0.0, 0.5),
        (0.25, 0.598_706),
        (0.5, 0.691_462),
        (1.0, 0.841_345),
        (1.5, 0.933_193),
        (2.0, 0.977_250),
        (3.0, 0.998_650),
        (6.0, 1.0),
    ] {
        assert!((normal_below(x) - expected).abs() < 1e-6, "{x}");
        assert!((normal_below(-x) - (1.0 - expected)).abs() < 1e-6, "-{x}");
    }
    assert!(normal_below(f32::MIN) >= 0.0 && normal_below(f32::MAX) <= 1.0);
}
