//! A calibration as the bytes of its file: little-endian words of four bytes.

use super::{BACKGROUND, Calibration, Threshold};

/// Changes when the bytes or what is in them change.
const VERSION: u32 = 2;

impl Calibration {
    pub(super) fn encode(&self) -> Vec<u8> {
        let numbers = [
            VERSION,
            texts_sum(),
            self.rows,
            size(self.dimension),
            size(self.background.len()),
        ];
        let values = [
            self.words.line,
            self.words.deviation,
            self.pictures.line,
            self.pictures.deviation,
            self.prior.0,
            self.prior.1,
        ]
        .into_iter()
        .chain(self.mean.iter().copied())
        .chain(self.covariance.iter().copied())
        .chain(self.background.iter().copied());
        numbers
            .into_iter()
            .flat_map(u32::to_le_bytes)
            .chain(values.flat_map(f32::to_le_bytes))
            .collect()
    }

    /// `None` for one of another version or other texts: it is made again.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        const HEAD: usize = 6;
        let mut words = bytes
            .chunks_exact(4)
            .map(|word| [word[0], word[1], word[2], word[3]]);
        let mut number = || words.next().map(u32::from_le_bytes);
        let (version, sum, rows) = (number()?, number()?, number()?);
        let (dimension, background) = (number()? as usize, number()? as usize);
        if version != VERSION || sum != texts_sum() || dimension == 0 {
            return None;
        }
        let expected = dimension
            .checked_mul(dimension)?
            .checked_add(dimension)?
            .checked_add(background)?
            .checked_add(5 + HEAD)?;
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
        Some(Self {
            rows,
            dimension,
            words: threshold(0),
            pictures: threshold(2),
            prior: (head[4], head[5]),
            mean: take(dimension),
            covariance: take(dimension * dimension),
            background: take(background),
        })
    }
}

/// Says whether the texts have changed; with their wordings [`VERSION`] does.
fn texts_sum() -> u32 {
    BACKGROUND.bytes().fold(2_166_136_261, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    })
}

fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
