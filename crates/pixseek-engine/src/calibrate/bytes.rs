//! The file format of a calibration: little-endian words of four bytes.

use super::background::BACKGROUND;
use super::{Calibration, Hubs, Threshold};

/// Increase this when the layout or the meaning of the bytes changes.
const VERSION: u32 = 4;

/// Upper bound of any hubness: half of the largest cosine, plus half of the soft maximum's excess
/// over it.
const MOST_HUBNESS: f32 = 2.0;

impl Calibration {
    pub(super) fn encode(&self) -> Vec<u8> {
        let head = [VERSION, texts_sum(), self.rows].map(u32::to_le_bytes);
        let counts = [self.row_changes, self.epoch, self.adapter].map(u64::to_le_bytes);
        let sizes = [
            size(self.dimension),
            size(self.background.len()),
            size(self.hubs.of_rows.len()),
        ];
        let sizes = sizes.map(u32::to_le_bytes);
        let values = [
            self.words.line,
            self.words.deviation,
            self.pictures.line,
            self.pictures.deviation,
            self.prior.0,
            self.prior.1,
            self.hubs.mean,
        ]
        .into_iter()
        .chain(self.mean.iter().copied())
        .chain(self.covariance.iter().copied())
        .chain(self.background.iter().copied())
        .chain(self.hubs.of_rows.iter().copied());
        head.into_iter()
            .flatten()
            .chain(counts.into_iter().flatten())
            .chain(sizes.into_iter().flatten())
            .chain(values.flat_map(f32::to_le_bytes))
            .collect()
    }

    /// Returns `None` for another version or another background; the calibration is then measured
    /// again.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        /// Words before the floats: three `u32`, three `u64`, three lengths.
        const NUMBERS: usize = 12;
        const HEAD: usize = 7;
        let mut words = bytes
            .chunks_exact(4)
            .map(|word| [word[0], word[1], word[2], word[3]]);
        let mut number = || words.next().map(u32::from_le_bytes);
        let (version, sum, rows) = (number()?, number()?, number()?);
        let mut long = || Some(u64::from(number()?) | u64::from(number()?) << 32);
        let (row_changes, epoch, adapter) = (long()?, long()?, long()?);
        let mut length = || Some(number()? as usize);
        let (dimension, background, hubs) = (length()?, length()?, length()?);
        if version != VERSION || sum != texts_sum() || dimension == 0 {
            return None;
        }
        let expected = dimension
            .checked_mul(dimension)?
            .checked_add(dimension)?
            .checked_add(background)?
            .checked_add(hubs)?
            .checked_add(NUMBERS + HEAD)?;
        if bytes.len() != expected.checked_mul(4)? || background % dimension != 0 {
            return None;
        }
        let mut values = words.map(f32::from_le_bytes);
        let mut take = |count: usize| values.by_ref().take(count).collect::<Vec<f32>>();
        let head = take(HEAD);
        let threshold = |at: usize| Threshold {
            line: head[at],
            deviation: head[at + 1],
        };
        let decoded = Self {
            rows,
            row_changes,
            epoch,
            adapter,
            dimension,
            words: threshold(0),
            pictures: threshold(2),
            prior: (head[4], head[5]),
            mean: take(dimension),
            covariance: take(dimension * dimension),
            background: take(background),
            hubs: Hubs {
                mean: head[6],
                of_rows: take(hubs),
            },
        };
        // Refuse values that cannot be cosines: rows would be ranked by them.
        let hubs = &decoded.hubs;
        let is_part = |of: &f32| of.abs() <= MOST_HUBNESS;
        (is_part(&hubs.mean) && hubs.of_rows.iter().all(is_part)).then_some(decoded)
    }
}

/// Checksum of the background descriptions. It notices a changed text; a change of their prompts
/// needs a new [`VERSION`].
fn texts_sum() -> u32 {
    BACKGROUND.bytes().fold(2_166_136_261, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    })
}

/// Converts a length to the `u32` that the file stores.
pub(super) fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
