//! What the processor can do, and everything that is compiled for it: products of a few rows with
//! a panel of weights, and plain loops. All of the crate's `unsafe` is here, in `simd/x86.rs` and below it.
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
/// Half a row of a panel in int8: 16 columns of four inputs, which alternate.
pub(crate) type Int8Line = CacheLine<i8, 64>;

/// The most that the weights of two neighbouring inputs may be together, without their signs:
/// AVX2's products of two int8 are added in 16 bits, and 255 * 128 is the largest sum that fits.
pub(crate) const LARGEST_PAIR: u8 = 128;

/// A block of rows in unsigned int8.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Int8Rows<'a> {
    /// The first value of each row is `stride` behind the last row's.
    pub values: &'a [u8],
    pub stride: usize,
    /// For each row.
    pub ranges: &'a [Int8Range],
}

/// The values that a row's 256 numbers stand for: `least + scale * q`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Int8Range {
    pub least: f32,
    pub scale: f32,
}

/// The constants of a panel's outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Int8Columns {
    /// A weight is `scale * q`.
    pub scales: [f32; PANEL],
    /// The sums of the weights, which a row's least value is multiplied with.
    pub sums: [f32; PANEL],
}

/// Vector instructions that kernels are compiled for. On other processors than x86-64 there are
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// AVX2 and FMA: 8 values at a time.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX2, FMA and AVX-VNNI: as AVX2, with products of four int8 in one instruction.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// AVX-512 (F, BW, DQ and VL): 16 values at a time.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The kernels that a tower runs. A value exists only on a processor that has the instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernels {
    level: Level,
    products: Products,
    /// How products in int8 are computed, at this level on this processor.
    dots: Dots,
}

/// The numbers that large products multiply: those of a Vision Transformer's blocks and patches,
/// and of a text tower's blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Products {
    /// f32.
    F32,
    /// bf16: eight bits of precision, f32's range, and up to twice its speed; sums are f32.
    Bf16,
    /// int8: weights have a scale for each output, activations one for each row, and sums are
    /// exact.
    Int8,
}

/// The instructions that multiply int8. All of them compute the same sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dots {
    /// AVX-512 VNNI: 64 products an instruction.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// AVX-VNNI: 32 products an instruction.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// AVX2: 32 products in three instructions.
    #[cfg(target_arch = "x86_64")]
    Avx2,
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
        Self::AvxVnni,
        #[cfg(target_arch = "x86_64")]
        Self::Avx2,
    ];

    /// Whether this processor has all instructions of the level: some have AVX-512 only in part.
    fn is_here(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => Self::Avx2.is_here() && is_x86_feature_detected!("avxvnni"),
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

    /// The fastest instructions for int8 that the processor has at this level. One with AVX-512
    /// and without its VNNI has AVX2.
    fn dots(self) -> Dots {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Dots::Avx2,
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => Dots::AvxVnni,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 if is_x86_feature_detected!("avx512vnni") => Dots::Avx512Vnni,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Dots::Avx2,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => formatter.write_str("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => formatter.write_str("avxvnni"),
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
        level.is_here().then(|| Self {
            level,
            products: Products::F32,
            dots: level.dots(),
        })
    }

    /// The same kernels with large products in other numbers, if this processor multiplies them.
    #[must_use]
    pub fn with(self, products: Products) -> Option<Self> {
        let is_here: bool = match (products, self.level) {
            (Products::F32 | Products::Int8, _) => true,
            #[cfg(target_arch = "x86_64")]
            (Products::Bf16, Level::Avx2 | Level::AvxVnni) => false,
            #[cfg(target_arch = "x86_64")]
            (Products::Bf16, Level::Avx512) => is_x86_feature_detected!("avx512bf16"),
        };
        is_here.then_some(Self { products, ..self })
    }

    /// The numbers that large products multiply.
    #[must_use]
    pub fn products(self) -> Products {
        self.products
    }

    /// Whether panels in f16 can be multiplied.
    pub(crate) fn has_f16_panels(self) -> bool {
        match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::AvxVnni => false,
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
            Level::Avx2 | Level::AvxVnni => {
                #[expect(unsafe_code, reason = "the function needs AVX2")]
                // SAFETY: `Kernels::at` found AVX2 and FMA: both levels have them.
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
    /// As [`Kernels::multiply_f32`], and when the kernels' products are not in bf16.
    pub(crate) fn multiply_bf16(
        self,
        a: &[u16],
        stride: usize,
        rows: usize,
        panel: &[Bf16Line],
        tile: &mut Tile,
    ) {
        assert_eq!(self.products, Products::Bf16, "the numbers of a panel");
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "the function needs AVX-512 with bf16")]
        // SAFETY: `Kernels::with` alone sets `products`, and found the instructions.
        unsafe {
            x86::multiply_bf16_avx512(a, stride, rows, panel, tile);
        }
    }

    /// The same for rows in unsigned and a panel in signed int8, two lines for four inputs. The sum
    /// of the products of both `q` is exact where no two neighbouring inputs' weights of an output
    /// are together larger than [`LARGEST_PAIR`], which is AVX2's limit. Its value is
    /// `tile[r][c] = sum * scales[c] * scale + least * sums[c]`: the same bits in all instructions.
    ///
    /// # Panics
    ///
    /// As [`Kernels::multiply_f32`].
    pub(crate) fn multiply_int8(
        self,
        rows: Int8Rows<'_>,
        panel: &[Int8Line],
        columns: &Int8Columns,
        tile: &mut Tile,
    ) {
        #[expect(unsafe_code, reason = "each function needs its instructions")]
        // SAFETY: `Level::dots` returns instructions that the processor has.
        unsafe {
            match self.dots {
                #[cfg(target_arch = "x86_64")]
                Dots::Avx512Vnni => x86::multiply_int8_avx512(rows, panel, columns, tile),
                #[cfg(target_arch = "x86_64")]
                Dots::AvxVnni => x86::multiply_int8_avxvnni(rows, panel, columns, tile),
                #[cfg(target_arch = "x86_64")]
                Dots::Avx2 => x86::multiply_int8_avx2(rows, panel, columns, tile),
            }
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
            Level::Avx2 | Level::AvxVnni => {
                #[expect(unsafe_code, reason = "the function needs AVX2")]
                // SAFETY: `Kernels::at` found AVX2 and FMA: both levels have them.
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
