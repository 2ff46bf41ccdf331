//! Products in int8, against sums of whole numbers and against plain loops in f64.

use super::wave;
use crate::linear::{Epilogue, Linear, Threads};
use crate::panels::Packing;
use crate::simd::{
    BLOCK, CacheLine, Int8Columns, Int8Line, Int8Range, Int8Rows, Kernels, LARGEST_PAIR, Level,
    PANEL, Products, Tile,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn all_levels() -> Vec<(Level, Kernels)> {
    let mut all = Vec::new();
    for level in Level::ALL {
        match Kernels::at(*level).and_then(|kernels| kernels.with(Products::Int8)) {
            Some(kernels) => all.push((*level, kernels)),
            None => eprintln!("this processor has no {level}: it is not tested"),
        }
    }
    all
}

/// Whole numbers without a pattern (xorshift64).
fn numbers(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
}

const EXACT: Int8Columns = Int8Columns {
    scales: [1.0; PANEL],
    sums: [0.0; PANEL],
};

/// Weights up to the limit of pairs, and rows of any numbers and of the largest ones: AVX2's sums
/// of 16 bits must not saturate.
#[test]
fn sums_of_int8_are_exact() {
    let limit = i32::from(LARGEST_PAIR);
    for (level, kernels) in all_levels() {
        for fours in [1, 2, 31, 128] {
            for rows in 1..=BLOCK {
                let inputs = 4 * fours;
                let stride = inputs + 8;
                let mut random = numbers(0x5eed + rows as u64);
                let mut weights = vec![[0i8; PANEL]; inputs];
                for [even, odd] in weights.as_chunks_mut::<2>().0 {
                    for (column, (even, odd)) in even.iter_mut().zip(odd).enumerate() {
                        *even = random.next().unwrap().cast_signed().max(-127);
                        let rest = limit - i32::from(*even).abs();
                        let rest = [rest, -rest, 0][column % 3].clamp(-127, 127);
                        *odd = i8::try_from(rest).unwrap();
                    }
                }
                let mut values: Vec<u8> = random.take(rows * stride).collect();
                values[..inputs].fill(u8::MAX);
                let lines: Vec<Int8Line> = (0..2 * fours)
                    .map(|line| {
                        let (four, half) = (line / 2, line % 2 * PANEL / 2);
                        CacheLine(std::array::from_fn(|place| {
                            weights[4 * four + place % 4][half + place / 4]
                        }))
                    })
                    .collect();
                let block = Int8Rows {
                    values: &values,
                    stride,
                    ranges: &[Int8Range {
                        least: 0.0,
                        scale: 1.0,
                    }; BLOCK][..rows],
                };
                let mut tile: Tile = [[f32::NAN; PANEL]; BLOCK];
                kernels.multiply_int8(block, &lines, &EXACT, &mut tile);
                for row in 0..rows {
                    for column in 0..PANEL {
                        let expected: i32 = (0..inputs)
                            .map(|input| {
                                i32::from(values[row * stride + input])
                                    * i32::from(weights[input][column])
                            })
                            .sum();
                        #[expect(clippy::cast_possible_truncation, reason = "a whole number")]
                        let found = tile[row][column] as i32;
                        assert_eq!(found, expected, "{level} {inputs} {row} {column}");
                    }
                }
            }
        }
    }
}

/// The layer at every level is the layer at the others, bit by bit, and close to f64.
#[test]
fn layers_of_int8_are_equal_at_every_level() {
    let shapes = [(1, 1, 1), (7, 33, 40), (25, 31, 97), (40, 200, 64)];
    for (rows, inputs, outputs) in shapes {
        let count = inputs * outputs;
        // The last two have the largest pairs that there are, at the edge of AVX2's 16 bits.
        for w in [
            wave(count, 3.7),
            vec![1.0; count],
            wave(count, 0.01).into_iter().map(f32::signum).collect(),
        ] {
            check_layer([rows, inputs, outputs], &w);
        }
    }
}

fn check_layer([rows, inputs, outputs]: [usize; 3], w: &[f32]) {
    let x: Vec<f32> = wave(rows * inputs, 1.3)
        .iter()
        .map(|x| 3.0 * x + 1.0)
        .collect();
    let bias = wave(outputs, 0.7);
    let at = |input: usize, output: usize| w[input * outputs + output];
    let layers: Vec<(Level, Vec<f32>)> = all_levels()
        .into_iter()
        .map(|(level, kernels)| {
            let packing = Packing::many_rows(kernels);
            let layer = Linear::pack([inputs, outputs], &bias, packing, at);
            let mut y = Vec::new();
            layer.apply(&x, &mut y, Epilogue::Store, Threads::One);
            let mut shared = Vec::new();
            layer.apply(&x, &mut shared, Epilogue::Store, Threads::All);
            assert_eq!(y, shared, "{level}");
            (level, y)
        })
        .collect();
    for (level, y) in &layers {
        let exactly = |y: &[f32]| y.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
        assert_eq!(
            exactly(y),
            exactly(&layers[0].1),
            "{level} and {}",
            layers[0].0
        );
    }
    let Some((_, y)) = layers.first() else {
        return;
    };
    // Half a step of a row is 3/255, half a step of a weight at most 1/127; a value is at most
    // 4, a weight at most 1.
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let bound = inputs as f64 * (3.0 / 255.0 + 4.1 / 127.0);
    for (place, y) in y.iter().enumerate() {
        let (row, output) = (place / outputs, place % outputs);
        let products = (0..inputs)
            .map(|input| f64::from(x[row * inputs + input]) * f64::from(at(input, output)));
        let expected = products.sum::<f64>() + f64::from(bias[output]);
        let difference = (f64::from(*y) - expected).abs();
        assert!(difference <= bound, "{place}: {y} {expected}");
    }
}

/// Rows of one value, weights of zero and values at the edge of f32 are no division by zero.
#[test]
fn rows_and_weights_without_a_range_are_finite() {
    for (level, kernels) in all_levels() {
        let check = |x: &[f32], weight: f32, expected: f32| {
            let packing = Packing::many_rows(kernels);
            let layer = Linear::pack([2, 1], &[0.5], packing, |_, _| weight);
            let mut y = Vec::new();
            layer.apply(x, &mut y, Epilogue::Store, Threads::One);
            // A weight is rounded by half of one of 127 steps.
            let difference = (y[0] - expected).abs();
            assert!(difference <= expected / 127.0, "{level}: {y:?} {expected}");
        };
        check(&[3.0, 3.0], 64.0, 384.5);
        check(&[0.0, 0.0], 64.0, 0.5);
        check(&[3.0, -7.0], 0.0, 0.5);
        check(&[3.0, -7.0], 1e-45, 0.5);
        check(&[1e-45, 0.0], 1.0, 0.5);
    }
}

/// What is not finite stays so: a spoilt model must not make vectors that look right.
#[test]
fn what_is_not_finite_spoils_its_outputs() {
    for (level, kernels) in all_levels() {
        let packing = Packing::many_rows(kernels);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let layer = Linear::pack([20, 2], &[], packing, |_, _| 2.0);
            let mut x = wave(3 * 20, 1.3);
            x[20 + 17] = bad;
            let mut y = Vec::new();
            layer.apply(&x, &mut y, Epilogue::Store, Threads::One);
            let finite: Vec<bool> = y.iter().map(|y| y.is_finite()).collect();
            assert_eq!(
                finite,
                [true, true, false, false, true, true],
                "{level} {bad}"
            );
            let layer = Linear::pack([20, 2], &[], packing, |input, output| {
                if (input, output) == (17, 1) { bad } else { 2.0 }
            });
            layer.apply(&wave(20, 1.3), &mut y, Epilogue::Store, Threads::One);
            assert!(
                y[0].is_finite() && !y[1].is_finite(),
                "{level} {bad}: {y:?}"
            );
        }
    }
}

/// A product whose sum would not fit into 32 bits is computed in f32.
#[test]
fn too_many_inputs_for_int8_stay_in_f32() {
    for (level, kernels) in all_levels() {
        let inputs = 140_000;
        let layer = Linear::pack([inputs, 1], &[], Packing::many_rows(kernels), |_, _| 1.0);
        let (mut x, mut y) = (vec![1.0; inputs], Vec::new());
        x[0] = 0.0;
        layer.apply(&x, &mut y, Epilogue::Store, Threads::One);
        assert_eq!(y, [139_999.0], "{level}");
    }
}

/// A product whose slice is too short for its rows panics before it reads.
#[test]
fn slices_that_are_too_short_are_refused() {
    for (level, kernels) in all_levels() {
        let lines = [CacheLine([1; 64]); 2 * 3];
        let panics = |values: &[u8], stride: usize, rows: usize| {
            let mut tile = [[0.0; PANEL]; BLOCK];
            let rows = Int8Rows {
                values,
                stride,
                ranges: &[Int8Range::default(); BLOCK + 1][..rows],
            };
            catch_unwind(AssertUnwindSafe(|| {
                kernels.multiply_int8(rows, &lines, &EXACT, &mut tile);
            }))
            .is_err()
        };
        assert!(!panics(&[1; 3 * 20 + 12], 20, 4), "{level}");
        assert!(panics(&[1; 3 * 20 + 11], 20, 4), "{level}: one short");
        assert!(panics(&[1; 100], usize::MAX / 2, 4), "{level}: overflow");
        assert!(panics(&[1; 1000], 12, BLOCK + 1), "{level}: rows");
        assert!(panics(&[1; 1000], 12, 0), "{level}: no rows");
    }
}
