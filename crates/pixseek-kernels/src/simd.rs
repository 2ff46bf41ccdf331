//! What the processor can do, and everything that is compiled for it: products of a few rows with
//! a panel of weights, and plain loops. All of the crate's `unsafe` is here and in `simd/x86.rs`.
//!
//! A [`Kernels`] exists only if the processor has the instructions of its level, because
//! [`Kernels::at`] alone makes one: that is what each call of a compiled function rests on. What the
//! functions read of their slices they assert themselves, once a panel.

#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(
        dead_code,
        unreachable_code,
        unused_variables,
        reason = "without levels there is no `Kernels`, and nothing here can be called"
    )
)]

#[cfg(target_arch = "x86_64")]
mod x86;

use std::fmt;

/// Columns of a panel.
pub(crate) const PANEL: usize = 32;
/// Rows that are multiplied with a panel at one time: their 24 sums fill AVX-512's registers.
pub(crate) const BLOCK: usize = 12;

/// The product of up to [`BLOCK`] rows and a panel.
pub(crate) type Tile = [[f32; PANEL]; BLOCK];

/// One line of the cache, so that weights are loaded from aligned places.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct CacheLine<T, const N: usize>(pub [T; N]);

/// Half a row of a panel in f32: 16 columns of one input.
pub(crate) type F32Line = CacheLine<f32, 16>;
/// A row of a panel in f16: 32 columns of one input.
pub(crate) type F16Line = CacheLine<u16, 32>;
/// Half a row of a panel in bf16: 16 columns of two inputs, which alternate.
pub(crate) type Bf16Line = CacheLine<u16, 32>;

/// Vector instructions that kernels are compiled for. On other processors than x86-64 there are
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// AVX2 and FMA: 8 values at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 (F, BW, DQ and VL): 16 values at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The kernels that a tower runs. A value exists only on a processor that has the instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernels {
    level: Level,
    /// Whether large products are in bf16. True only where the processor multiplies bf16.
    is_reduced: bool,
}

/// A loop over values that is compiled for the processor.
///
/// Implementations mark `run` as `#[inline(always)]`: a loop is compiled for the instructions of
/// the function into which it is inlined, and the body of a closure would stay outside.
pub(crate) trait Kernel {
    fn run(self);
}

impl Level {
    /// All levels, the fastest first.
    pub const ALL: &[Self] = &[
        #[cfg(target_arch = "x86_64")]
        Self::Avx512,
        #[cfg(target_arch = "x86_64")]
        Self::Avx2,
    ];

    /// Whether this processor has all instructions of the level: some have AVX-512 only in part.
    fn is_here(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                Self::Avx2.is_here()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
            }
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => formatter.write_str("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => formatter.write_str("avx512"),
        }
    }
}

impl Kernels {
    /// The fastest kernels that this processor runs, with products in f32; `None` on a processor
    /// that runs none.
    #[must_use]
    pub fn detect() -> Option<Self> {
        Level::ALL.iter().find_map(|level| Self::at(*level))
    }

    /// The kernels of a level, if this processor has its instructions. Tests use it to run what
    /// other processors run.
    #[must_use]
    pub fn at(level: Level) -> Option<Self> {
        level.is_here().then_some(Self {
            level,
            is_reduced: false,
        })
    }

    /// The same kernels with large products in bf16, if this processor multiplies bf16. bf16 has
    /// eight bits of precision, f32's range, and twice its speed; sums stay in f32.
    #[must_use]
    pub fn reduced(self) -> Option<Self> {
        let has_bf16: bool = match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => false,
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => is_x86_feature_detected!("avx512bf16"),
        };
        has_bf16.then_some(Self {
            is_reduced: true,
            ..self
        })
    }

    /// Whether large products are in bf16.
    #[must_use]
    pub fn is_reduced(self) -> bool {
        self.is_reduced
    }

    /// Whether panels in f16 can be multiplied.
    pub(crate) fn has_f16_panels(self) -> bool {
        match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => false,
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => true,
        }
    }

    /// Computes `tile[r] = a[r * stride..] · panel` for each of `rows` rows.
    ///
    /// # Shapes
    ///
    /// `panel`: `[inputs, 32]`, two lines an input.
    ///
    /// # Panics
    ///
    /// When `a` does not hold the rows, or `rows` is not in `1..=BLOCK`.
    pub(crate) fn multiply_f32(
        self,
        a: &[f32],
        stride: usize,
        rows: usize,
        panel: &[F32Line],
        tile: &mut Tile,
    ) {
        match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => {
                #[expect(unsafe_code, reason = "the function needs AVX-512")]
                // SAFETY: `Kernels::at` found AVX-512.
                unsafe {
                    x86::multiply_f32_avx512(a, stride, rows, panel, tile);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => {
                #[expect(unsafe_code, reason = "the function needs AVX2")]
                // SAFETY: `Kernels::at` found AVX2 and FMA.
                unsafe {
                    x86::multiply_f32_avx2(a, stride, rows, panel, tile);
                }
            }
        }
    }

    /// The same for a panel in f16, one line an input.
    ///
    /// # Panics
    ///
    /// As [`Kernels::multiply_f32`], and without [`Kernels::has_f16_panels`].
    pub(crate) fn multiply_f16(
        self,
        a: &[f32],
        stride: usize,
        rows: usize,
        panel: &[F16Line],
        tile: &mut Tile,
    ) {
        assert!(self.has_f16_panels(), "panels in f16 need AVX-512");
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "the function needs AVX-512")]
        // SAFETY: `Kernels::at` found AVX-512, the only level that has panels in f16.
        unsafe {
            x86::multiply_f16_avx512(a, stride, rows, panel, tile);
        }
    }

    /// The same for rows and a panel in bf16, two lines for two inputs.
    ///
    /// # Panics
    ///
    /// As [`Kernels::multiply_f32`], and when the kernels are not reduced.
    pub(crate) fn multiply_bf16(
        self,
        a: &[u16],
        stride: usize,
        rows: usize,
        panel: &[Bf16Line],
        tile: &mut Tile,
    ) {
        assert!(self.is_reduced, "panels in bf16 need AVX-512 with bf16");
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "the function needs AVX-512 with bf16")]
        // SAFETY: `Kernels::reduced` alone sets `is_reduced`, and found the instructions.
        unsafe {
            x86::multiply_bf16_avx512(a, stride, rows, panel, tile);
        }
    }

    /// Runs a kernel, compiled for the level.
    #[inline]
    pub(crate) fn run(self, kernel: impl Kernel) {
        match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => {
                #[expect(unsafe_code, reason = "the function needs AVX-512")]
                // SAFETY: `Kernels::at` found AVX-512.
                unsafe {
                    x86::run_avx512(kernel);
                }
            }
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => {
                #[expect(unsafe_code, reason = "the function needs AVX2")]
                // SAFETY: `Kernels::at` found AVX2 and FMA.
                unsafe {
                    x86::run_avx2(kernel);
                }
            }
        }
    }
}

/// Checks that a slice of `length` values holds rows of `inputs` values that begin `stride` apart.
///
/// # Panics
///
/// When it does not, or without rows.
#[inline]
#[cfg(target_arch = "x86_64")]
fn assert_holds(length: usize, stride: usize, rows: usize, inputs: usize) {
    let needed = rows
        .checked_sub(1)
        .and_then(|last| last.checked_mul(stride))
        .and_then(|start| start.checked_add(inputs));
    assert!(
        needed.is_some_and(|needed| needed <= length),
        "{length} values do not hold {rows} rows"
    );
}
