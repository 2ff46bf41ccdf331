//! Decoding takes no more memory than [`Frame::memory`] says.
//!
//! One test in a binary of its own, because memory is measured for a whole process.

#![cfg(target_os = "linux")]

use pixseek_jpeg::{Frame, Scale};

/// Pixels along a side: enough that a picture's memory stands out.
const SIDE: u16 = 4096;

/// Tables, and what the allocator keeps.
const OVERHEAD: u64 = 2 << 20;

#[test]
fn decoding_takes_what_it_says() {
    for coding in [Coding::Sequential, Coding::Progressive] {
        let bytes = grey_jpeg(coding);
        for scale in Scale::ALL {
            let frame = Frame::read(&bytes).unwrap();
            // Resets the peak of used memory to what is used now.
            std::fs::write("/proc/self/clear_refs", "5").unwrap();
            let before = peak();
            let image = frame.decode(scale).unwrap();
            let (taken, said) = (peak() - before, frame.memory(scale));
            assert_eq!(image.get_pixel(0, 0).0, [128; 3]);
            assert!(
                taken <= said + OVERHEAD,
                "{coding:?} at {scale:?}: {taken} bytes, not {said}"
            );
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Coding {
    Sequential,
    Progressive,
}

/// A grey picture in colour, 4:2:0: every code is one zero bit, for no difference, and in a
/// sequential scan a second one for the end of the block.
fn grey_jpeg(coding: Coding) -> Vec<u8> {
    let [high, low] = SIDE.to_be_bytes();
    let is_progressive = coding == Coding::Progressive;
    let frame = if is_progressive { 0xC2 } else { 0xC0 };
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    bytes.extend([1; 64]);
    for class in [0x00, 0x10] {
        bytes.extend([0xFF, 0xC4, 0, 20, class, 1]);
        bytes.extend([0; 16]);
    }
    bytes.extend([0xFF, frame, 0, 17, 8, high, low, high, low, 3]);
    bytes.extend([1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
    let last = if is_progressive { 0 } else { 63 };
    bytes.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, last, 0]);
    let blocks = (usize::from(SIDE) / 8).pow(2) * 3 / 2;
    let codes = if is_progressive { 1 } else { 2 };
    bytes.resize(bytes.len() + blocks * codes / 8, 0);
    bytes.extend([0xFF, 0xD9]);
    bytes
}

/// The most memory that the process has used, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1024
}
