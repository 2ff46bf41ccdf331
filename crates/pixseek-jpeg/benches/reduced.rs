//! A photo at a half, a quarter and an eighth of its size, beside jpeg-decoder's scaling and
//! beside zune-jpeg, which decodes it whole: `cargo bench --bench reduced -- photo.jpg`.

use criterion::{Criterion, Throughput};
use pixseek_jpeg::{Frame, Scale};
use std::hint::black_box;
use std::path::PathBuf;
use zune_core::bytestream::ZCursor;
use zune_jpeg::JpegDecoder;

fn main() {
    let photo = std::env::args()
        .skip(1)
        .map(PathBuf::from)
        .find(|path| path.is_file());
    let Some(photo) = photo else {
        eprintln!("reduced: skipped, no photo is named: cargo bench --bench reduced -- photo.jpg");
        return;
    };
    let bytes = std::fs::read(&photo).expect("the photo can be read");
    let frame = Frame::read(&bytes).expect("a JPEG that can be reduced");
    let (width, height) = frame.size();
    let mut criterion = Criterion::default().sample_size(20);
    let mut group = criterion.benchmark_group(format!("{width} x {height}"));
    group.throughput(Throughput::Elements((width * height) as u64));
    for scale in Scale::ALL {
        group.bench_function(format!("pixseek {scale:?}"), |bencher| {
            bencher.iter(|| Frame::read(black_box(&bytes)).and_then(|frame| frame.decode(scale)));
        });
        let part = match scale {
            Scale::Eighth => 8,
            Scale::Quarter => 4,
            Scale::Half => 2,
        };
        let side = |whole: usize| u16::try_from(whole.div_ceil(part)).expect("a JPEG's side");
        group.bench_function(format!("jpeg-decoder {scale:?}"), |bencher| {
            bencher.iter(|| {
                let mut decoder = jpeg_decoder::Decoder::new(black_box(&bytes[..]));
                decoder
                    .scale(side(width), side(height))
                    .expect("a size that it knows");
                decoder.decode().expect("a whole photo")
            });
        });
    }
    group.bench_function("zune-jpeg whole", |bencher| {
        bencher.iter(|| JpegDecoder::new(ZCursor::new(black_box(&bytes))).decode());
    });
    group.finish();
}
