//! The instructions: products of a few rows with a panel of weights, and functions compiled for
//! what the processor has. The only place of this crate with `unsafe`.

#![allow(unsafe_code)]

use super::Products;

/// Columns of a panel.
pub(super) const PANEL: usize = 32;
/// Rows that are multiplied with a panel at one time: 24 sums fill AVX-512's registers.
pub(super) const BLOCK: usize = 12;

/// A product of up to [`BLOCK`] rows and a panel.
pub(super) type Tile = [[f32; PANEL]; BLOCK];

/// What the processor can do, and which products are wanted of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kernels {
    level: Level,
    products: Products,
    /// Whether weights that are exact in f16 are kept so.
    is_compact: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
enum Level {
    Avx2,
    Avx512,
}

/// Loops over values. Implemented with `#[inline(always)]`: a loop is compiled for the processor
/// where it is inlined, and a closure's body would be left outside.
pub(super) trait Work {
    fn work(self);
}

/// A line of the cache, so that weights are loaded from aligned places.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line<T, const N: usize>(pub [T; N]);

/// Half a row of a panel: 16 columns of one input.
pub(super) type Full = Line<f32, 16>;
/// A row of a panel: 32 columns of one input, as f16.
pub(super) type Compact = Line<u16, 32>;
/// Half a row of a panel: 16 columns of two inputs, as bf16.
pub(super) type Half = Line<u16, 32>;

/// Calls a function with the number of rows as a constant.
macro_rules! by_rows {
    ($function:path, $rows:expr, $($argument:expr),*) => {{
        use $function as function;
        match $rows {
            1 => function::<1>($($argument),*),
            2 => function::<2>($($argument),*),
            3 => function::<3>($($argument),*),
            4 => function::<4>($($argument),*),
            5 => function::<5>($($argument),*),
            6 => function::<6>($($argument),*),
            7 => function::<7>($($argument),*),
            8 => function::<8>($($argument),*),
            9 => function::<9>($($argument),*),
            10 => function::<10>($($argument),*),
            11 => function::<11>($($argument),*),
            12 => function::<12>($($argument),*),
            _ => unreachable!("a block has 12 rows"),
        }
    }};
}
impl Kernels {
    /// The widest instructions that there are; none on other processors, which is burn's part.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn detect() -> Option<Self> {
        let level = if is_x86_feature_detected!("avx512f") {
            Level::Avx512
        } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            Level::Avx2
        } else {
            return None;
        };
        Some(Self {
            level,
            products: Products::Full,
            is_compact: false,
        })
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn detect() -> Option<Self> {
        None
    }

    /// The same with bf16 products, where the processor has them.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn reduced(self) -> Option<Self> {
        (self.level == Level::Avx512 && is_x86_feature_detected!("avx512bf16")).then_some(Self {
            products: Products::Reduced,
            ..self
        })
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(crate) fn reduced(self) -> Option<Self> {
        None
    }

    /// The same for few rows, whose products take as long as their weights are read: weights that
    /// are exact in f16 stay f16 in memory, and are f32 again where they are multiplied.
    pub(crate) fn compact(self) -> Self {
        Self {
            is_compact: self.level == Level::Avx512 && self.products == Products::Full,
            ..self
        }
    }

    pub(super) fn is_compact(self) -> bool {
        self.is_compact
    }

    /// Those without AVX-512, to test what other processors run.
    #[cfg(test)]
    pub(crate) fn narrow() -> Self {
        Self {
            level: Level::Avx2,
            products: Products::Full,
            is_compact: false,
        }
    }

    /// Whether products are in reduced precision.
    pub(crate) fn is_reduced(self) -> bool {
        self.products == Products::Reduced
    }

    pub(super) fn products(self) -> Products {
        self.products
    }

    /// `tile[r] = a[r * stride..] . panel` for each of `rows` rows.
    ///
    /// # Panics
    ///
    /// When `a` is shorter than its rows, or `rows` is not in `1..=BLOCK`.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn full(
        self,
        a: &[f32],
        stride: usize,
        rows: usize,
        panel: &[Full],
        tile: &mut Tile,
    ) {
        assert!(a.len() >= (rows - 1) * stride + panel.len() / 2);
        // SAFETY: `detect` found the instructions of the level, and the assertion above holds
        // what the functions read of `a`.
        unsafe {
            match self.level {
                Level::Avx512 => by_rows!(x86::full_avx512, rows, a, stride, panel, tile),
                Level::Avx2 => x86::full_avx2_any(a, stride, rows, panel, tile),
            }
        }
    }

    /// The same for bf16, two inputs at a time.
    ///
    /// # Panics
    ///
    /// As [`Kernels::full`].
    #[cfg(target_arch = "x86_64")]
    #[expect(
        clippy::unused_self,
        reason = "as `full`; reduced kernels are of one level"
    )]
    pub(super) fn half(
        self,
        a: &[u16],
        stride: usize,
        rows: usize,
        panel: &[Half],
        tile: &mut Tile,
    ) {
        assert!(a.len() >= (rows - 1) * stride + panel.len());
        // SAFETY: only `reduced` makes kernels with panels of halves, and found the instructions;
        // the assertion above holds what the function reads of `a`.
        unsafe { by_rows!(x86::half_avx512, rows, a, stride, panel, tile) }
    }

    /// The same for weights in f16.
    ///
    /// # Panics
    ///
    /// As [`Kernels::full`].
    #[cfg(target_arch = "x86_64")]
    #[expect(
        clippy::unused_self,
        reason = "as `full`; compact kernels are of one level"
    )]
    pub(super) fn compact_panel(
        self,
        a: &[f32],
        stride: usize,
        rows: usize,
        panel: &[Compact],
        tile: &mut Tile,
    ) {
        assert!(a.len() >= (rows - 1) * stride + panel.len());
        // SAFETY: only `compact` makes kernels with panels of f16, at the level that has the
        // instructions; the assertion above holds what the function reads of `a`.
        unsafe { by_rows!(x86::compact_avx512, rows, a, stride, panel, tile) }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn compact_panel(self, _: &[f32], _: usize, _: usize, _: &[Compact], _: &mut Tile) {
        unreachable!("no other processor is detected");
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn full(self, _: &[f32], _: usize, _: usize, _: &[Full], _: &mut Tile) {
        unreachable!("no other processor is detected");
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn half(self, _: &[u16], _: usize, _: usize, _: &[Half], _: &mut Tile) {
        unreachable!("no other processor is detected");
    }

    /// Does work compiled for the level: its loops become wide.
    #[cfg(target_arch = "x86_64")]
    #[inline]
    pub(super) fn run(self, work: impl Work) {
        // SAFETY: `detect` found the instructions of the level.
        unsafe {
            match self.level {
                Level::Avx512 => x86::run_avx512(work),
                Level::Avx2 => x86::run_avx2(work),
            }
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn run(self, work: impl Work) {
        work.work();
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{BLOCK, Compact, Full, Half, PANEL, Tile, Work};
    use std::arch::x86_64::{
        __m512bh, _mm256_fmadd_ps, _mm256_load_ps, _mm256_load_si256, _mm256_set1_ps,
        _mm256_setzero_ps, _mm256_storeu_ps, _mm512_castsi512_ps, _mm512_cvtph_ps,
        _mm512_dpbf16_ps, _mm512_fmadd_ps, _mm512_load_ps, _mm512_load_si512, _mm512_set1_epi32,
        _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    pub(super) fn run_avx512(work: impl Work) {
        work.work();
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn run_avx2(work: impl Work) {
        work.work();
    }

    /// # Safety
    ///
    /// `a` has at least `(R - 1) * stride + panel.len() / 2` values.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn full_avx512<const R: usize>(
        a: &[f32],
        stride: usize,
        panel: &[Full],
        tile: &mut Tile,
    ) {
        let mut sums = [[_mm512_setzero_ps(); 2]; R];
        for (input, lines) in panel.as_chunks::<2>().0.iter().enumerate() {
            // SAFETY: a line has 16 values, and the caller holds `a` long enough.
            unsafe {
                let left = _mm512_load_ps(lines[0].0.as_ptr());
                let right = _mm512_load_ps(lines[1].0.as_ptr());
                for (row, sums) in sums.iter_mut().enumerate() {
                    let value = _mm512_set1_ps(*a.get_unchecked(row * stride + input));
                    sums[0] = _mm512_fmadd_ps(value, left, sums[0]);
                    sums[1] = _mm512_fmadd_ps(value, right, sums[1]);
                }
            }
        }
        for (row, sums) in tile.iter_mut().zip(sums) {
            // SAFETY: a row of a tile has 32 values.
            unsafe {
                _mm512_storeu_ps(row.as_mut_ptr(), sums[0]);
                _mm512_storeu_ps(row.as_mut_ptr().add(PANEL / 2), sums[1]);
            }
        }
    }

    /// # Safety
    ///
    /// `a` has at least `(R - 1) * stride + panel.len()` values.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn compact_avx512<const R: usize>(
        a: &[f32],
        stride: usize,
        panel: &[Compact],
        tile: &mut Tile,
    ) {
        let mut sums = [[_mm512_setzero_ps(); 2]; R];
        for (input, line) in panel.iter().enumerate() {
            // SAFETY: a line has 32 values, and the caller holds `a` long enough.
            unsafe {
                let left = _mm512_cvtph_ps(_mm256_load_si256(line.0.as_ptr().cast()));
                let right = _mm512_cvtph_ps(_mm256_load_si256(line.0.as_ptr().add(16).cast()));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let value = _mm512_set1_ps(*a.get_unchecked(row * stride + input));
                    sums[0] = _mm512_fmadd_ps(value, left, sums[0]);
                    sums[1] = _mm512_fmadd_ps(value, right, sums[1]);
                }
            }
        }
        for (row, sums) in tile.iter_mut().zip(sums) {
            // SAFETY: a row of a tile has 32 values.
            unsafe {
                _mm512_storeu_ps(row.as_mut_ptr(), sums[0]);
                _mm512_storeu_ps(row.as_mut_ptr().add(PANEL / 2), sums[1]);
            }
        }
    }

    /// # Safety
    ///
    /// `a` has at least `(R - 1) * stride + panel.len()` values.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub(super) unsafe fn half_avx512<const R: usize>(
        a: &[u16],
        stride: usize,
        panel: &[Half],
        tile: &mut Tile,
    ) {
        let mut sums = [[_mm512_setzero_ps(); 2]; R];
        for (pair, lines) in panel.as_chunks::<2>().0.iter().enumerate() {
            // SAFETY: a line has 32 halves, and the caller holds `a` long enough; `__m512bh` is 64
            // bytes of any content.
            unsafe {
                let left = _mm512_load_si512(lines[0].0.as_ptr().cast());
                let right = _mm512_load_si512(lines[1].0.as_ptr().cast());
                let [left, right]: [__m512bh; 2] = std::mem::transmute([left, right]);
                for (row, sums) in sums.iter_mut().enumerate() {
                    let two = a.as_ptr().add(row * stride + 2 * pair).cast::<[u8; 4]>();
                    let two = _mm512_set1_epi32(i32::from_le_bytes(two.read()));
                    let two: __m512bh = std::mem::transmute(_mm512_castsi512_ps(two));
                    sums[0] = _mm512_dpbf16_ps(sums[0], two, left);
                    sums[1] = _mm512_dpbf16_ps(sums[1], two, right);
                }
            }
        }
        for (row, sums) in tile.iter_mut().zip(sums) {
            // SAFETY: a row of a tile has 32 values.
            unsafe {
                _mm512_storeu_ps(row.as_mut_ptr(), sums[0]);
                _mm512_storeu_ps(row.as_mut_ptr().add(PANEL / 2), sums[1]);
            }
        }
    }

    /// All rows, six at a time: AVX2 has half the registers.
    ///
    /// # Safety
    ///
    /// `a` has at least `(rows - 1) * stride + panel.len() / 2` values, and `rows <= BLOCK`.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn full_avx2_any(
        a: &[f32],
        stride: usize,
        rows: usize,
        panel: &[Full],
        tile: &mut Tile,
    ) {
        debug_assert!(rows <= BLOCK);
        for first in (0..rows).step_by(6) {
            let (a, tile) = (&a[first * stride..], &mut tile[first..]);
            // SAFETY: what is left of `a` is long enough for what is left of the rows.
            unsafe {
                match (rows - first).min(6) {
                    1 => full_avx2::<1>(a, stride, panel, tile),
                    2 => full_avx2::<2>(a, stride, panel, tile),
                    3 => full_avx2::<3>(a, stride, panel, tile),
                    4 => full_avx2::<4>(a, stride, panel, tile),
                    5 => full_avx2::<5>(a, stride, panel, tile),
                    _ => full_avx2::<6>(a, stride, panel, tile),
                }
            }
        }
    }

    /// # Safety
    ///
    /// `a` has at least `(R - 1) * stride + panel.len() / 2` values.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn full_avx2<const R: usize>(
        a: &[f32],
        stride: usize,
        panel: &[Full],
        tile: &mut [[f32; PANEL]],
    ) {
        for half in 0..2 {
            let mut sums = [[_mm256_setzero_ps(); 2]; R];
            for (input, lines) in panel.as_chunks::<2>().0.iter().enumerate() {
                // SAFETY: a line has 16 values, and the caller holds `a` long enough.
                unsafe {
                    let left = _mm256_load_ps(lines[half].0.as_ptr());
                    let right = _mm256_load_ps(lines[half].0.as_ptr().add(8));
                    for (row, sums) in sums.iter_mut().enumerate() {
                        let value = _mm256_set1_ps(*a.get_unchecked(row * stride + input));
                        sums[0] = _mm256_fmadd_ps(value, left, sums[0]);
                        sums[1] = _mm256_fmadd_ps(value, right, sums[1]);
                    }
                }
            }
            for (row, sums) in tile.iter_mut().zip(sums) {
                // SAFETY: half a row of a tile has 16 values.
                unsafe {
                    _mm256_storeu_ps(row.as_mut_ptr().add(16 * half), sums[0]);
                    _mm256_storeu_ps(row.as_mut_ptr().add(16 * half + 8), sums[1]);
                }
            }
        }
    }
}
