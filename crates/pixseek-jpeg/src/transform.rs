//! The inverse cosine transform of a block's low frequencies.
//!
//! A block becomes `N` samples by the `N`-point transform of its first `N` frequencies, as in IJG's
//! libjpeg. libjpeg-turbo averages the samples of the eight-point transform instead. Measured on
//! 2,202 photos, that is less like the whole picture resized: the lowest cosine between a CLIP
//! model's embeddings is 0.9931 instead of 0.9967.

/// The place in a block (row by row) of each coefficient in zigzag order.
#[rustfmt::skip]
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27,
    20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58,
    59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The row (low byte) and the column (high byte), each as a bit, of each coefficient in zigzag order.
const EXTENTS: [u16; 64] = extents();

/// The extent of a block that has only its DC coefficient.
const FLAT: u16 = EXTENTS[0];

/// Transforms blocks of one component to `rows` x `columns` samples, 1 to 8 each.
pub(crate) struct InverseTransform {
    rows: usize,
    columns: usize,
    /// The last coefficient, in zigzag order, that the transform uses.
    last: usize,
    quantization: [f32; 64],
    down: Basis,
    across: Basis,
    /// Row by row.
    coefficients: [[f32; 8]; 8],
    /// The rows and columns in which coefficients are set, as in [`EXTENTS`].
    extent: u16,
}

/// The coefficients that a transform to `rows` x `columns` samples uses: a bit for each, in zigzag
/// order from the lowest one on.
pub(crate) fn used(rows: usize, columns: usize) -> u64 {
    let is_used = |place: u8| usize::from(place) / 8 < rows && usize::from(place) % 8 < columns;
    let bits = (0..64).zip(ZIGZAG);
    bits.filter(|(_, place)| is_used(*place))
        .map(|(bit, _)| 1 << bit)
        .sum()
}

/// The factor of each frequency (row) in each sample (column).
type Basis = [[f32; 8]; 8];

impl InverseTransform {
    pub(crate) fn new(rows: usize, columns: usize, quantization: &[u16; 64]) -> Self {
        Self {
            rows,
            columns,
            last: used(rows, columns).ilog2() as usize,
            quantization: quantization.map(f32::from),
            down: basis(rows),
            across: basis(columns),
            coefficients: [[0.0; 8]; 8],
            extent: FLAT,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The last coefficient, in zigzag order, that the transform uses.
    pub(crate) fn last(&self) -> usize {
        self.last
    }

    /// Begins a block with its DC coefficient.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "coefficients have 16 bits")]
    pub(crate) fn begin(&mut self, first: i32) {
        if self.extent != FLAT {
            self.coefficients = [[0.0; 8]; 8];
            self.extent = FLAT;
        }
        self.coefficients[0][0] = first as f32 * self.quantization[0];
    }

    /// Sets an AC coefficient; `None` if `at` is behind the block's end.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "coefficients have 16 bits")]
    pub(crate) fn set(&mut self, at: usize, value: i32) -> Option<()> {
        let place = usize::from(*ZIGZAG.get(at)?);
        self.coefficients[place / 8][place % 8] = value as f32 * self.quantization[at];
        self.extent |= EXTENTS[at];
        Some(())
    }

    /// Writes the block's samples to the rows of a plane.
    #[inline]
    pub(crate) fn write(&self, samples: &mut [u8], stride: usize) {
        match (self.rows, self.columns) {
            (1, 1) => self.transform::<1, 1>(samples, stride),
            (1, 2) => self.transform::<1, 2>(samples, stride),
            (2, 2) => self.transform::<2, 2>(samples, stride),
            (2, 4) => self.transform::<2, 4>(samples, stride),
            (4, 4) => self.transform::<4, 4>(samples, stride),
            (4, 8) => self.transform::<4, 8>(samples, stride),
            (8, 8) => self.transform::<8, 8>(samples, stride),
            (rows, columns) => self.transform_any(samples, stride, rows, columns),
        }
    }

    #[inline]
    fn transform<const ROWS: usize, const COLUMNS: usize>(
        &self,
        samples: &mut [u8],
        stride: usize,
    ) {
        self.transform_any(samples, stride, ROWS, COLUMNS);
    }

    /// Transforms the columns, then the rows: two small matrix products, without the frequencies
    /// above the last one that is set.
    #[allow(
        clippy::inline_always,
        reason = "its sizes are constants where it is inlined"
    )]
    #[inline(always)]
    fn transform_any(&self, samples: &mut [u8], stride: usize, rows: usize, columns: usize) {
        if self.extent == FLAT {
            let sample = byte(self.coefficients[0][0] / 8.0);
            for row in samples.chunks_mut(stride).take(rows) {
                for place in &mut row[..columns] {
                    *place = sample;
                }
            }
            return;
        }
        let [down, across] = self.extent.to_le_bytes();
        let set = |frequencies: u8| frequencies.ilog2() as usize + 1;
        let mut half = [[0.0; 8]; 8];
        let frequencies = self.coefficients.iter().zip(&self.down);
        for (row, factors) in frequencies.take(set(down).min(rows)) {
            for (half, factor) in half[..rows].iter_mut().zip(factors) {
                for (half, value) in half[..columns].iter_mut().zip(row) {
                    *half += factor * value;
                }
            }
        }
        let across = set(across).min(columns);
        for (half, row) in half[..rows].iter().zip(samples.chunks_mut(stride)) {
            let mut sums = [0.0; 8];
            for (half, factors) in half.iter().zip(&self.across).take(across) {
                for (sum, factor) in sums[..columns].iter_mut().zip(factors) {
                    *sum += half * factor;
                }
            }
            for (sample, sum) in row[..columns].iter_mut().zip(&sums) {
                *sample = byte(*sum);
            }
        }
    }
}

const fn extents() -> [u16; 64] {
    let mut extents = [0; 64];
    let mut at = 0;
    while at < 64 {
        extents[at] = 1 << (ZIGZAG[at] / 8) | 1 << (8 + ZIGZAG[at] % 8);
        at += 1;
    }
    extents
}

/// The orthonormal `samples`-point transform of the lowest of eight frequencies, scaled so that
/// the mean stays the same.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "eight points"
)]
fn basis(samples: usize) -> Basis {
    let points = samples as f64;
    std::array::from_fn(|frequency| {
        std::array::from_fn(|sample| {
            if sample >= samples || frequency >= samples {
                return 0.0;
            }
            let weight: f64 = if frequency == 0 { 1.0 } else { 2.0 };
            let angle = (2 * sample + 1) as f64 * frequency as f64 * std::f64::consts::PI;
            ((weight / points).sqrt() * (points / 8.0).sqrt() * (angle / (2.0 * points)).cos())
                as f32
        })
    })
}

/// Shifts a sample around 0 to a byte around 128.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the byte is cut out")]
fn byte(value: f32) -> u8 {
    // The mantissa of a float from 256 to 512 has its whole part above 15 other bits. A cast would
    // cut the float in the same place, but the compiler takes vectors apart for it.
    let shifted = (value + 128.5).clamp(0.0, 255.5) + 256.0;
    (shifted.to_bits() >> 15) as u8
}
