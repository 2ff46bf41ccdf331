//! Distances between rows, for building a graph.

use crate::codec::{coarse_product, coarse_sum};
use crate::matrix::Matrix;
use crate::{IndexError, RowId, simd};
use std::ops::Range;

/// The rows of a graph. Rows are counted from its first.
pub(crate) struct Pairs {
    matrix: Matrix,
    first: u32,
    offset_square: f32,
    terms: Vec<Term>,
}

/// The terms that a row contributes to its products with all others, which are computed once.
#[derive(Debug, Clone, Copy)]
#[repr(align(16))]
struct Term {
    /// Its product with the offset.
    offset: f32,
    scale: f32,
    /// The sum of its coarse codes.
    sum: i32,
}

impl Pairs {
    /// Prepares the rows of `range`, all of which must be whole.
    pub(crate) fn new(matrix: Matrix, range: Range<u32>) -> Result<Self, IndexError> {
        let offset = matrix.codec().offset().to_vec();
        let prepared = matrix.query(&offset);
        let offset_square: f32 = offset.iter().map(|x| x * x).sum();
        let first = range.start;
        let mut terms = Vec::with_capacity(range.len());
        for row in range.map(RowId) {
            let coarse = matrix.coarse(row).ok_or_else(|| matrix.lack())?;
            terms.push(Term {
                offset: prepared.coarse_score(coarse.scale, coarse.codes) - offset_square,
                scale: coarse.scale,
                sum: coarse_sum(coarse.codes),
            });
        }
        Ok(Self {
            matrix,
            first,
            offset_square,
            terms,
        })
    }

    /// The number of rows. They fit in 32 bits, because the writer refuses more.
    pub(crate) fn rows(&self) -> u32 {
        u32::try_from(self.terms.len()).unwrap_or(u32::MAX)
    }

    /// The 1st percentile of the products with the offset, of the rows below `end`.
    pub(crate) fn inside(&self, end: u32) -> f32 {
        let terms = &self.terms[..end as usize];
        let mut products: Vec<f32> = terms.iter().map(|term| term.offset).collect();
        let at = products.len() / 100;
        if at >= products.len() {
            return f32::MIN;
        }
        let (_, product, _) = products.select_nth_unstable_by(at, f32::total_cmp);
        self.offset_square + *product
    }

    /// The distance `1 - cosine` of two rows, from their coarse parts. It is never negative or NaN.
    #[inline]
    pub(crate) fn distance(&self, a: u32, b: u32) -> f32 {
        let (left, right) = (&self.terms[a as usize], &self.terms[b as usize]);
        let residuals = coarse_product(
            (left.scale, self.codes(a)),
            (right.scale, self.codes(b)),
            right.sum,
        );
        (1.0 - (self.offset_square + left.offset + right.offset + residuals)).max(0.0)
    }

    /// Hints the processor to load what [`Pairs::distance`] reads of a row.
    #[inline]
    pub(crate) fn prefetch(&self, row: u32) {
        simd::prefetch(&self.terms[row as usize]);
        simd::prefetch(self.codes(row));
    }

    /// The coarse codes of a row, which `new` has checked.
    #[inline]
    fn codes(&self, row: u32) -> &[u8] {
        self.matrix.checked_codes(RowId(self.first + row))
    }
}
