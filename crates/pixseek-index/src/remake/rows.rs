//! Copies rows into a new epoch.

use super::{AT_A_TIME, KeepRows, OldEpoch};
use crate::codec::{Codec, FITTED_ROWS};
use crate::matrix::Matrix;
use crate::{IndexError, RowId, RowSet, Rows, Writer};
use std::sync::atomic::{AtomicBool, Ordering};

/// Translates old row numbers to new ones.
pub(super) struct NewRows {
    /// The new number of each old row; `u32::MAX` for rows that are dropped.
    numbers: Vec<u32>,
    pub(super) count: u32,
}

impl NewRows {
    pub(super) fn get(&self, row: RowId) -> Option<RowId> {
        let number = self.numbers.get(row.0 as usize)?;
        (*number != u32::MAX).then_some(RowId(*number))
    }

    /// The rows of a content that stay. They follow each other, because rows keep their order.
    /// `None` if no row stays.
    pub(super) fn of(&self, rows: Rows) -> Option<Rows> {
        let mut kept = rows.iter().filter_map(|row| self.get(row));
        let first = kept.next()?;
        let count = kept.fold(1, |count: u8, _| count.saturating_add(1));
        Some(Rows { first, count })
    }
}

impl OldEpoch<'_> {
    /// Copies the codes of the rows that stay, and drops damaged rows. The copies are bit for bit
    /// the same, unless an erased photo is a part of the codec's offset: then they get another
    /// codec.
    pub(super) fn copy_rows(
        &self,
        keep: KeepRows,
        writer: &mut Writer,
        stop: &AtomicBool,
    ) -> Result<Option<NewRows>, IndexError> {
        let erases = self.catalog.owes_erasure()?;
        let keep: RowSet = match keep {
            KeepRows::Known if !erases => {
                let mut known = RowSet::default();
                for content in self.catalog.contents() {
                    known.extend(content?.1.iter());
                }
                known
            }
            KeepRows::Known | KeepRows::Live => self.catalog.live_rows()?,
        };
        let mut rows = NewRows {
            numbers: vec![u32::MAX; self.rows as usize],
            count: 0,
        };
        let Some(matrix) = &self.matrix else {
            return Ok(Some(rows));
        };
        let refitted = erases.then(|| Self::refitted(matrix, &keep)).flatten();
        let coding = refitted.as_ref().unwrap_or(matrix.codec());
        let code_of = |row| match &refitted {
            Some(codec) => codec.encode(&normalized(matrix.vector(row)?)).ok(),
            None => matrix.code(row),
        };
        let mut codes = Vec::with_capacity(AT_A_TIME);
        for row in keep.iter() {
            let (Some(code), Some(number)) = (code_of(row), rows.numbers.get_mut(row.0 as usize))
            else {
                continue;
            };
            *number = rows.count;
            rows.count += 1;
            codes.push(code);
            if codes.len() == AT_A_TIME {
                writer.copy_codes(coding, &codes)?;
                codes.clear();
                if stop.load(Ordering::Relaxed) {
                    return Ok(None);
                }
            }
        }
        // If no row stays, the next commit fits a codec.
        if !codes.is_empty() {
            writer.copy_codes(coding, &codes)?;
        }
        Ok(Some(rows))
    }

    /// Fits a codec to the first rows that stay. `None` if the old one was fitted to the same rows,
    /// and so tells nothing of erased ones.
    fn refitted(matrix: &Matrix, keep: &RowSet) -> Option<Codec> {
        /// Rounding moves the mean of 64 rows by about 1e-4, and one other row moves it by 1e-2.
        const SAME: f32 = 1e-3;
        let vectors = keep.iter().filter_map(|row| matrix.vector(row));
        let first: Vec<Vec<f32>> = vectors.take(FITTED_ROWS).collect();
        let codec = Codec::fit(&first, matrix.codec().dimension());
        let offsets = codec.offset().iter().zip(matrix.codec().offset());
        let distance = offsets.map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt();
        (distance > SAME).then_some(codec)
    }
}

/// Scales a decoded vector to length 1. Otherwise rounding would change its length with every
/// compaction.
fn normalized(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    for x in &mut vector {
        *x /= length;
    }
    vector
}
