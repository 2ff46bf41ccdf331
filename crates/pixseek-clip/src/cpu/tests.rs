use super::linear::{After, Threads, Weights};
use super::simd::Kernels;
use super::{Products, pointwise};
use crate::Activation;

/// What every processor here can run; nothing on others, where burn computes.
fn kernels() -> Vec<Kernels> {
    let Some(widest) = Kernels::detect() else {
        return Vec::new();
    };
    let mut all = vec![widest, widest.compact(), Kernels::narrow()];
    all.extend(widest.reduced());
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
    for kernels in kernels() {
        // bf16 has eight bits, and errors of many products cancel.
        let tolerance = match kernels.products() {
            Products::Full => 1e-5,
            Products::Reduced => 2e-2,
        };
        for (rows, inputs, outputs) in [
            (1, 1, 1),
            (7, 33, 40),
            (12, 64, 32),
            (25, 31, 97),
            (40, 100, 200),
        ] {
            let x = wave(rows * inputs, 1.3);
            // Exact in f16, so that compact weights are used.
            let w = wave(inputs * outputs, 3.7);
            let w: Vec<f32> = w.into_iter().map(|w| (w * 256.0).round() / 256.0).collect();
            let bias = wave(outputs, 0.7);
            let weights =
                Weights::pack(kernels, [inputs, outputs], bias.clone(), |input, output| {
                    w[input * outputs + output]
                });
            let expected = |row: usize, output: usize| {
                let products =
                    (0..inputs).map(|input| x[row * inputs + input] * w[input * outputs + output]);
                products.sum::<f32>() + bias[output]
            };
            for threads in [Threads::One, Threads::All] {
                let mut y = vec![f32::NAN; 3];
                weights.apply(&x, &mut y, After::Nothing, threads);
                let mut sums = wave(rows * outputs, 5.0);
                weights.add(&x, &mut sums, threads);
                let before = wave(rows * outputs, 5.0);
                for place in 0..rows * outputs {
                    let expected = expected(place / outputs, place % outputs);
                    #[expect(clippy::cast_precision_loss, reason = "a small number")]
                    let tolerance = tolerance * (inputs as f32).sqrt().max(1.0);
                    assert!(
                        (y[place] - expected).abs() < tolerance,
                        "{kernels:?} {place}"
                    );
                    let sum = expected + before[place];
                    assert!((sums[place] - sum).abs() < tolerance, "{kernels:?} {place}");
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
fn halves_are_rounded_to_the_nearest() {
    for (value, half) in [
        (1.0, 0x3F80),
        (1.0 + 1.0 / 256.0, 0x3F80),
        (1.0 + 3.0 / 256.0, 0x3F82),
        (-2.0, 0xC000),
    ] {
        assert_eq!(pointwise::to_half(value), half, "{value}");
    }
}
