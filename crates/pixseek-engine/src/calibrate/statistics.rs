//! Means, deviations, and the normal distribution.

#[cfg(test)]
mod tests;

use crate::prompts::dot;

/// Mean vector and covariance of the sampled unit vectors.
pub(super) fn moments_of(sample: &[Vec<f32>], dimension: usize) -> (Vec<f32>, Vec<f32>) {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let count = sample.len().max(1) as f32;
    let mut mean = vec![0.0; dimension];
    for vector in sample {
        for (sum, value) in mean.iter_mut().zip(vector) {
            *sum += value / count;
        }
    }
    let mut covariance = vec![0.0; dimension * dimension];
    for vector in sample {
        let centred: Vec<f32> = vector
            .iter()
            .zip(&mean)
            .map(|(value, mean)| value - mean)
            .collect();
        for (row, value) in covariance.chunks_exact_mut(dimension).zip(&centred) {
            let scaled = value / count;
            for (sum, other) in row.iter_mut().zip(&centred) {
                *sum += scaled * other;
            }
        }
    }
    (mean, covariance)
}

/// Mean and variance of the cosines of all background descriptions with a part of the sample.
pub(super) fn prior(sample: &[Vec<f32>], background: &[f32], dimension: usize) -> (f32, f32) {
    const PHOTOS: usize = 64;
    let cosines: Vec<f64> = sample
        .iter()
        .step_by((sample.len() / PHOTOS).max(1))
        .flat_map(|photo| {
            background
                .chunks_exact(dimension)
                .map(|text| f64::from(dot(text, photo)))
        })
        .collect();
    let (mean, deviation) = mean_and_deviation(&cosines);
    #[expect(clippy::cast_possible_truncation, reason = "stored as f32")]
    (mean as f32, (deviation * deviation) as f32)
}

pub(super) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / count;
    (mean, variance.sqrt())
}

/// Φ, by Abramowitz and Stegun 7.1.26: its error is below 1.5e-7.
pub(super) fn normal_below(x: f32) -> f32 {
    let z = x.abs() / std::f32::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = [
        1.061_405_4,
        -1.453_152,
        1.421_413_7,
        -0.284_496_74,
        0.254_829_6,
    ];
    let polynomial = series.iter().fold(0.0, |sum, factor| sum * t + factor) * t;
    let tail = 0.5 * polynomial * (-z * z).exp();
    if x < 0.0 { tail } else { 1.0 - tail }
}
