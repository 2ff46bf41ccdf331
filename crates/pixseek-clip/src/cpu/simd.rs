//! The instructions: products of a few rows with a panel of weights, and functions compiled for
//! what the processor has. The only place of this crate with `unsafe`, with its part for x86-64.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod x86;

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
        // All that the functions of a level are compiled for: some processors have AVX-512 in part.
        let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let has_avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        let level = match (has_avx2, has_avx512) {
            (true, true) => Level::Avx512,
            (true, false) => Level::Avx2,
            (false, _) => return None,
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
