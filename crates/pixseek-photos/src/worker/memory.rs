//! The memory that a worker may take for a file, and may keep behind it.

use crate::DecodeLimits;

/// Address space of a worker before it decodes: the program itself, its threads' stacks, tables.
const BASE: u64 = 1 << 30;
/// Address space in addition for each pixel that a picture may have: 16-bit planes, a copy of them,
/// RGBA, RGB and a turned copy of it.
const A_PIXEL: u64 = 24;

/// A worker that keeps more memory than this between two files is replaced. `re_rav1d` frees what it
/// takes, but in an order that keeps glibc from using it again: after 6,000 small AVIF files in one process
/// 0.4 GB are left, after 15,000 3.6 GB (measured 2026-11-26), and a sound file would meet the limit.
const MOST_KEPT: u64 = 256 << 20;

/// The address space that a worker may take, in bytes: for the file, the picture and the program.
pub(super) fn limit(limits: DecodeLimits) -> u64 {
    limits
        .pixels
        .saturating_mul(A_PIXEL)
        .saturating_add(limits.bytes)
        .saturating_add(BASE)
}

/// Whether a process that waits for a file has kept much of the ones before. Only Linux says so.
pub(super) fn has_kept_much(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = resident.and_then(|resident| resident.split_whitespace().next());
    let kilobytes = kilobytes.and_then(|number| number.parse::<u64>().ok());
    kilobytes.is_some_and(|kilobytes| kilobytes > MOST_KEPT >> 10)
}
