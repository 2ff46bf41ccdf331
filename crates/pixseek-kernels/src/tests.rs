mod int8;

use crate::linear::{Epilogue, Linear, Threads};
use crate::panels::Packing;
use crate::pointwise::{self, Activation};
use crate::simd::{BLOCK, CacheLine, Kernels, Level, PANEL, Products};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The packings of every level that this processor has; the test's output names the others.
fn packings() -> Vec<(String, Packing)> {
    let mut all = Vec::new();
    for level in Level::ALL {
        let Some(kernels) = Kernels::at(*level) else {
            eprintln!("this processor has no {level}: it is not tested");
            continue;
        };
        all.push((format!("{level} f32"), Packing::full(kernels)));
        all.push((format!("{level} few rows"), Packing::few_rows(kernels)));
        match kernels.with(Products::Bf16) {
            Some(reduced) => {
                all.push((format!("{level} bf16"), Packing::many_rows(reduced)));
            }
            None => eprintln!("{level} has no bf16 products here: they are not tested"),
        }
        let int8 = kernels.with(Products::Int8).map(Packing::many_rows);
        all.extend(int8.map(|packing| (format!("{level} int8"), packing)));
    }
    all
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn wave(count: usize, length: f32) -> Vec<f32> {
    (0..count)
        .map(|place| (place as f32 / length).sin())
        .collect()
}

#[test]
fn products_are_those_of_plain_loops() {
    for (name, packing) in packings() {
        // bf16 and int8 have eight bits, and errors of many products cancel.
        let tolerance = match packing.kernels.products() {
            Products::F32 => 1e-5,
            Products::Bf16 | Products::Int8 => 2e-2,
        };
        for (rows, inputs, outputs) in [
            (1, 1, 1),
            (7, 33, 40),
            (12, 64, 32),
            (25, 31, 97),
            (40, 100, 200),
        ] {
            let x = wave(rows * inputs, 1.3);
            // Exact in f16, so that panels in f16 are used.
            let w = wave(inputs * outputs, 3.7);
            let w: Vec<f32> = w.into_iter().map(|w| (w * 256.0).round() / 256.0).collect();
            let bias = wave(outputs, 0.7);
            let at = |input: usize, output: usize| w[input * outputs + output];
            let linear = Linear::pack([inputs, outputs], &bias, packing, at);
            let expected = |row: usize, output: usize| {
                let products =
                    (0..inputs).map(|input| x[row * inputs + input] * w[input * outputs + output]);
                products.sum::<f32>() + bias[output]
            };
            for threads in [Threads::One, Threads::All] {
                let mut y = vec![f32::NAN; 3];
                linear.apply(&x, &mut y, Epilogue::Store, threads);
                let mut sums = wave(rows * outputs, 5.0);
                linear.add(&x, &mut sums, threads);
                let before = wave(rows * outputs, 5.0);
                for place in 0..rows * outputs {
                    let expected = expected(place / outputs, place % outputs);
                    #[expect(clippy::cast_precision_loss, reason = "a small number")]
                    let tolerance = tolerance * (inputs as f32).sqrt().max(1.0);
                    assert!((y[place] - expected).abs() < tolerance, "{name} {place}");
                    let sum = expected + before[place];
                    assert!((sums[place] - sum).abs() < tolerance, "{name} {place}");
                }
            }
        }
    }
}

#[test]
fn activations_are_the_librarys() {
    // From Python: math.erf, math.tanh, math.exp.
    for (activation, expected) in [
        (
            Activation::Gelu,
            [-0.045_500_26, -0.154_269, 0.0, 0.345_731_23, 2.995_950_2],
        ),
        (
            Activation::GeluTanh,
            [-0.045_402_306, -0.154_286, 0.0, 0.345_714, 2.996_362_6],
        ),
        (
            Activation::QuickGelu,
            [
                -0.064_341_377,
                -0.149_611_56,
                0.0,
                0.350_388_44,
                2.981_928_7,
            ],
        ),
    ] {
        let mut values = [-2.0, -0.5, 0.0, 0.5, 3.0];
        pointwise::activate(activation, &mut values);
        for (value, expected) in values.iter().zip(expected) {
            assert!(
                (value - expected).abs() < 1e-5,
                "{activation:?}: {value} {expected}"
            );
        }
        // Far out they are 0 and the value itself, and never not a number.
        let mut far = [-1e4, 1e4];
        pointwise::activate(activation, &mut far);
        assert!(far[0].abs() < 1e-3 && (far[1] - 1e4).abs() < 1.0, "{far:?}");
    }
}

#[test]
fn exponentials_are_close() {
    for step in -870..880 {
        let x = f32::from(i16::try_from(step).unwrap()) / 10.0;
        let (found, expected) = (f64::from(pointwise::exp(x)), f64::from(x).exp());
        assert!(
            (found / expected - 1.0).abs() < 1e-6,
            "{x}: {found} {expected}"
        );
    }
}

#[test]
fn bf16_is_rounded_to_the_nearest() {
    for (value, bits) in [
        (1.0, 0x3F80),
        (1.0 + 1.0 / 256.0, 0x3F80),
        (1.0 + 3.0 / 256.0, 0x3F82),
        (-2.0, 0xC000),
    ] {
        assert_eq!(pointwise::to_bf16(value), bits, "{value}");
    }
}

/// A product whose slice is too short for its rows panics before it reads.
#[test]
fn slices_that_are_too_short_are_refused() {
    for level in Level::ALL {
        let Some(kernels) = Kernels::at(*level) else {
            continue;
        };
        let panel = [CacheLine([1.0; PANEL / 2]); 2 * 7];
        let panics = |a: &[f32], stride: usize, rows: usize| {
            let mut tile = [[0.0; PANEL]; BLOCK];
            catch_unwind(AssertUnwindSafe(|| {
                kernels.multiply_f32(a, stride, rows, &panel, &mut tile);
            }))
            .is_err()
        };
        assert!(!panics(&[1.0; 3 * 10 + 7], 10, 4), "{level}");
        assert!(
            panics(&[1.0; 3 * 10 + 6], 10, 4),
            "{level}: one value short"
        );
        assert!(panics(&[1.0; 100], usize::MAX / 2, 4), "{level}: overflow");
        assert!(panics(&[1.0; 1000], 7, BLOCK + 1), "{level}: rows");
    }
}

/// What needs bf16 or AVX-512 cannot be reached without it.
#[test]
fn products_without_their_instructions_are_refused() {
    for level in Level::ALL {
        let Some(kernels) = Kernels::at(*level) else {
            continue;
        };
        let mut tile = [[0.0; PANEL]; BLOCK];
        let bf16 = catch_unwind(AssertUnwindSafe(|| {
            let panel = [CacheLine([0; PANEL]); 2];
            kernels.multiply_bf16(&[0; 2], 2, 1, &panel, &mut tile);
        }));
        assert!(bf16.is_err(), "{level} is not reduced");
        let f16 = catch_unwind(AssertUnwindSafe(|| {
            kernels.multiply_f16(&[0.0], 1, 1, &[CacheLine([0; PANEL])], &mut tile);
        }));
        assert_eq!(f16.is_ok(), kernels.has_f16_panels(), "{level}");
    }
}
