//! The units that a sample of H.264 or HEVC consists of (ISO/IEC 14496-15).

use pixseek_record::{Failure, FailureKind};

/// Slices of a picture that are decoded at most. The levels of HEVC allow 600, of H.264 fewer.
const MOST_SLICES: usize = 600;

/// Pixels of all slices together, if each had the whole picture: what a decoder can be made to do
/// with a small sample stays bounded.
const MOST_WORK: u64 = 1 << 31;

/// Splits a sample into units, each behind its length in 1 to 4 bytes.
pub(crate) fn split(sample: &[u8], length_size: usize) -> Result<Vec<&[u8]>, Failure> {
    let mut units = Vec::new();
    let mut rest = sample;
    while !rest.is_empty() {
        let (unit, behind) = rest
            .split_at_checked(length_size)
            .and_then(|(length, rest)| {
                let add = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
                rest.split_at_checked(length.iter().fold(0, add))
            })
            .ok_or_else(|| damaged("a key frame is cut off"))?;
        if !unit.is_empty() {
            units.push(unit);
        }
        rest = behind;
    }
    Ok(units)
}

/// Refuses pictures that are too large, and more slices than pictures have.
pub(crate) fn check_work(pixels: u64, slices: usize, most_pixels: u64) -> Result<(), Failure> {
    if pixels > most_pixels {
        let reason = format!(
            "a film of {} megapixels, the limit is {}",
            pixels / 1_000_000,
            most_pixels / 1_000_000
        );
        return Err(Failure::new(FailureKind::TooLarge, reason));
    }
    let most = usize::try_from(MOST_WORK / pixels.max(1)).unwrap_or(usize::MAX);
    if slices > most.clamp(16, MOST_SLICES) {
        return Err(damaged("a key frame has too many slices"));
    }
    Ok(())
}

pub(crate) fn damaged(reason: &str) -> Failure {
    Failure::new(FailureKind::Corrupt, reason)
}
