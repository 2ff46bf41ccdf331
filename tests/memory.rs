//! Memory of whole runs on pictures of unusual shapes. Linux reports the peak of a process.

use crate::pixseek::World;
use crate::trial;
use image::{GrayImage, Luma};
use libtest_mimic::Trial;
use std::process::Stdio;
use std::time::Duration;

pub fn trials() -> Vec<Trial> {
    let trials = vec![trial(
        "memory::a_squashed_strip_needs_little_memory",
        strips,
    )];
    let is_linux = cfg!(target_os = "linux");
    trials
        .into_iter()
        .map(|trial| trial.with_ignored_flag(!is_linux))
        .collect()
}

/// Maximal number of bytes that a run may allocate for a picture of 20 megapixels.
const MOST: u64 = 600_000_000;

/// A model that ignores aspect ratios makes one side 625,000 times shorter and the other one 32
/// times longer.
fn strips(world: &mut World) {
    const LENGTH: u32 = 20_000_000;
    let shade = |at: u32| Luma([u8::from((at / 1_000_000).is_multiple_of(2)) * 255]);
    let photos = world.photos();
    let tall = GrayImage::from_fn(1, LENGTH, |_, y| shade(y));
    tall.save(photos.join("tall.png")).unwrap();
    let wide = GrayImage::from_fn(LENGTH, 1, |x, _| shade(x));
    wide.save(photos.join("wide.png")).unwrap();
    drop((tall, wide));
    let model = std::path::Path::new("../../tests/parity/siglip");
    let model = model.canonicalize().unwrap();
    let mut run = world
        .command()
        .arg("--model")
        .arg(model)
        .args(["index", "--max-megapixels", "20"])
        .arg(&photos)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", run.id());
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = run.try_wait().unwrap() {
            break ended;
        }
        // The peak only grows, and cannot be read after the process has ended.
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        peak = kilobytes.map_or(peak, |kilobytes| kilobytes * 1024);
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(ended.success(), "{ended}");
    assert!((1..MOST).contains(&peak), "{peak} bytes");
}
