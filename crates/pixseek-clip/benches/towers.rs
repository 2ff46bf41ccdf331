//! Pixels and towers on the CPU: `cargo bench --bench towers`.
//!
//! The embedded model, and with `PIXSEEK_BENCH_MODEL=DIR` the one in a folder; its peers are in
//! `crates/pixseek/benches/peers/towers.py`. What is printed as elements a second is photos.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_main};
use pixseek_clip::{ComputeDevice, Model, Pixels, Precision, Rgb};
use std::hint::black_box;
use std::path::Path;

const BATCHES: [usize; 3] = [1, 8, 32];

fn models() -> Vec<Model> {
    let mut models = vec![Model::embedded().expect("the embedded model is whole")];
    if let Some(folder) = std::env::var_os("PIXSEEK_BENCH_MODEL") {
        models.push(Model::open(Path::new(&folder)).expect("PIXSEEK_BENCH_MODEL is a model"));
    }
    models
}

fn image(criterion: &mut Criterion) {
    let cpu = ComputeDevice::cpu();
    for model in models() {
        let encoder = model.image_encoder(&cpu).expect("the weights are readable");
        let side = encoder.preprocess().size;
        let mut group = criterion.benchmark_group(format!("image tower of {}", model.name()));
        group.sample_size(10);
        for batch in BATCHES {
            #[expect(clippy::cast_precision_loss, reason = "a wave is a wave")]
            let wave = |number: usize| {
                let values =
                    (0..3 * side * side).map(|place| (place as f32 / (7 + number) as f32).sin());
                Pixels::new(values.collect(), side).expect("of the right size")
            };
            let pixels: Vec<Pixels> = (0..batch).map(wave).collect();
            group.throughput(Throughput::Elements(batch as u64));
            let fastest = model
                .choose_image_encoder(None, &cpu, &pixels)
                .expect("the weights are readable")
                .encoder;
            for encoder in [&encoder, &fastest] {
                let id = BenchmarkId::new(encoder.precision().name(), batch);
                group.bench_with_input(id, &pixels, |bencher, pixels| {
                    bencher.iter(|| encoder.features(black_box(pixels)).expect("it computes"));
                });
                if fastest.precision() == Precision::F32 {
                    break;
                }
            }
        }
    }
}

fn text(criterion: &mut Criterion) {
    let cpu = ComputeDevice::cpu();
    let mut group = criterion.benchmark_group("text tower");
    group.sample_size(20);
    for model in models() {
        let encoder = model.text_encoder(&cpu).expect("the weights are readable");
        // Seven tokens in CLIP's vocabulary.
        group.bench_function(model.name(), |bencher| {
            bencher.iter(|| {
                encoder
                    .encode(black_box(&["a dog on a beach"]))
                    .expect("it computes")
            });
        });
    }
}

fn pixels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resize to 224");
    group.sample_size(20);
    let preprocess = pixseek_clip::Preprocess::clip(224);
    for [width, height] in [[448u32, 336], [1008, 756], [4032, 3024]] {
        let bytes: Vec<u8> = (0..width * height * 3)
            .map(|place| (place % 251) as u8)
            .collect();
        let image = Rgb::new(width, height, &bytes).expect("of the right size");
        group.bench_function(format!("{width} x {height}"), |bencher| {
            bencher.iter(|| preprocess.pixels(black_box(image)));
        });
    }
}

#[allow(missing_docs, reason = "criterion makes functions without")]
mod groups {
    use super::{image, pixels, text};
    criterion::criterion_group!(benches, image, text, pixels);
}
use groups::benches;
criterion_main!(benches);
