//! The products for x86-64: sums stay in registers while a panel passes by.
//!
//! The functions are safe to call where their instructions are: each asserts that its slices hold
//! what it reads, once for all inputs of a panel.

mod int8;

pub(super) use int8::{multiply_int8_avx2, multiply_int8_avx512, multiply_int8_avxvnni};

use super::{BLOCK, Bf16Line, F16Line, F32Line, Kernel, PANEL, Tile, assert_holds};
use std::arch::x86_64::{
    __m512, __m512bh, __m512i, _mm256_fmadd_ps, _mm256_load_ps, _mm256_load_si256, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_storeu_ps, _mm512_cvtph_ps, _mm512_dpbf16_ps, _mm512_fmadd_ps,
    _mm512_load_ps, _mm512_load_si512, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_storeu_ps,
};

/// Calls a function with the number of rows as a constant, so that its sums are registers.
macro_rules! with_constant_rows {
    ($function:ident, $rows:expr, $($argument:expr),*) => {
        match $rows {
            1 => $function::<1>($($argument),*),
            2 => $function::<2>($($argument),*),
            3 => $function::<3>($($argument),*),
            4 => $function::<4>($($argument),*),
            5 => $function::<5>($($argument),*),
            6 => $function::<6>($($argument),*),
            7 => $function::<7>($($argument),*),
            8 => $function::<8>($($argument),*),
            9 => $function::<9>($($argument),*),
            10 => $function::<10>($($argument),*),
            11 => $function::<11>($($argument),*),
            12 => $function::<12>($($argument),*),
            rows => panic!("a block has 1 to 12 rows, not {rows}"),
        }
    };
}
use with_constant_rows;

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub(super) fn run_avx512(kernel: impl Kernel) {
    kernel.run();
}

#[target_feature(enable = "avx2,fma")]
pub(super) fn run_avx2(kernel: impl Kernel) {
    kernel.run();
}

#[target_feature(enable = "avx512f")]
pub(super) fn multiply_f32_avx512(
    a: &[f32],
    stride: usize,
    rows: usize,
    panel: &[F32Line],
    tile: &mut Tile,
) {
    with_constant_rows!(f32_avx512, rows, a, stride, panel, tile);
}

#[target_feature(enable = "avx512f")]
fn f32_avx512<const R: usize>(a: &[f32], stride: usize, panel: &[F32Line], tile: &mut Tile) {
    let (panel, _) = panel.as_chunks::<2>();
    assert_holds(a.len(), stride, R, panel.len());
    let mut sums = [[_mm512_setzero_ps(); 2]; R];
    for (input, lines) in panel.iter().enumerate() {
        #[expect(unsafe_code, reason = "aligned loads, and no check for each value")]
        // SAFETY: a line has 16 values and is aligned to 64 bytes. `row < R` and
        // `input < panel.len()`, and `assert_holds` has checked that
        // `a.len() >= (R - 1) * stride + panel.len()`.
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
    store(tile, sums);
}

#[target_feature(enable = "avx512f")]
pub(super) fn multiply_f16_avx512(
    a: &[f32],
    stride: usize,
    rows: usize,
    panel: &[F16Line],
    tile: &mut Tile,
) {
    with_constant_rows!(f16_avx512, rows, a, stride, panel, tile);
}

#[target_feature(enable = "avx512f")]
fn f16_avx512<const R: usize>(a: &[f32], stride: usize, panel: &[F16Line], tile: &mut Tile) {
    assert_holds(a.len(), stride, R, panel.len());
    let mut sums = [[_mm512_setzero_ps(); 2]; R];
    for (input, line) in panel.iter().enumerate() {
        #[expect(unsafe_code, reason = "aligned loads, and no check for each value")]
        // SAFETY: a line has 32 values and is aligned to 64 bytes. `row < R` and
        // `input < panel.len()`, and `assert_holds` has checked that
        // `a.len() >= (R - 1) * stride + panel.len()`.
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
    store(tile, sums);
}

#[target_feature(enable = "avx512f,avx512bf16")]
pub(super) fn multiply_bf16_avx512(
    a: &[u16],
    stride: usize,
    rows: usize,
    panel: &[Bf16Line],
    tile: &mut Tile,
) {
    with_constant_rows!(bf16_avx512, rows, a, stride, panel, tile);
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn bf16_avx512<const R: usize>(a: &[u16], stride: usize, panel: &[Bf16Line], tile: &mut Tile) {
    let (panel, _) = panel.as_chunks::<2>();
    assert_holds(a.len(), stride, R, 2 * panel.len());
    let mut sums = [[_mm512_setzero_ps(); 2]; R];
    for (pair, lines) in panel.iter().enumerate() {
        #[expect(unsafe_code, reason = "aligned loads, and no check for each value")]
        // SAFETY: a line has 32 values and is aligned to 64 bytes. `row < R` and
        // `2 * pair + 1 < 2 * panel.len()`, and `assert_holds` has checked that
        // `a.len() >= (R - 1) * stride + 2 * panel.len()`. `[u8; 4]` needs no alignment.
        unsafe {
            let left = as_bf16(_mm512_load_si512(lines[0].0.as_ptr().cast()));
            let right = as_bf16(_mm512_load_si512(lines[1].0.as_ptr().cast()));
            for (row, sums) in sums.iter_mut().enumerate() {
                let two = a.as_ptr().add(row * stride + 2 * pair).cast::<[u8; 4]>();
                let two = as_bf16(_mm512_set1_epi32(i32::from_le_bytes(two.read())));
                sums[0] = _mm512_dpbf16_ps(sums[0], two, left);
                sums[1] = _mm512_dpbf16_ps(sums[1], two, right);
            }
        }
    }
    store(tile, sums);
}

/// The same 64 bytes as bf16.
#[target_feature(enable = "avx512f")]
#[inline]
fn as_bf16(bits: __m512i) -> __m512bh {
    #[expect(unsafe_code, reason = "the standard library has no cast to `__m512bh`")]
    // SAFETY: both are 64 bytes, of any content.
    unsafe {
        std::mem::transmute(bits)
    }
}

/// Multiplies all rows, six at a time: AVX2 has half the registers.
#[target_feature(enable = "avx2,fma")]
pub(super) fn multiply_f32_avx2(
    a: &[f32],
    stride: usize,
    rows: usize,
    panel: &[F32Line],
    tile: &mut Tile,
) {
    assert!(
        (1..=BLOCK).contains(&rows),
        "a block has 1 to 12 rows, not {rows}"
    );
    for first in (0..rows).step_by(6) {
        let (a, tile) = (&a[first * stride..], &mut tile[first..]);
        match (rows - first).min(6) {
            1 => f32_avx2::<1>(a, stride, panel, tile),
            2 => f32_avx2::<2>(a, stride, panel, tile),
            3 => f32_avx2::<3>(a, stride, panel, tile),
            4 => f32_avx2::<4>(a, stride, panel, tile),
            5 => f32_avx2::<5>(a, stride, panel, tile),
            _ => f32_avx2::<6>(a, stride, panel, tile),
        }
    }
}

#[target_feature(enable = "avx2,fma")]
fn f32_avx2<const R: usize>(
    a: &[f32],
    stride: usize,
    panel: &[F32Line],
    tile: &mut [[f32; PANEL]],
) {
    let (panel, _) = panel.as_chunks::<2>();
    assert_holds(a.len(), stride, R, panel.len());
    for half in 0..2 {
        let mut sums = [[_mm256_setzero_ps(); 2]; R];
        for (input, lines) in panel.iter().enumerate() {
            #[expect(unsafe_code, reason = "aligned loads, and no check for each value")]
            // SAFETY: a line has 16 values and is aligned to 64 bytes. `row < R` and
            // `input < panel.len()`, and `assert_holds` has checked that
            // `a.len() >= (R - 1) * stride + panel.len()`.
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
            #[expect(unsafe_code, reason = "stores go through pointers")]
            // SAFETY: a row of a tile has 32 values, and half of them begin at 0 or 16.
            unsafe {
                _mm256_storeu_ps(row.as_mut_ptr().add(16 * half), sums[0]);
                _mm256_storeu_ps(row.as_mut_ptr().add(16 * half + 8), sums[1]);
            }
        }
    }
}

/// Writes sums to the first rows of a tile.
#[target_feature(enable = "avx512f")]
fn store<const R: usize>(tile: &mut Tile, sums: [[__m512; 2]; R]) {
    for (row, sums) in tile.iter_mut().zip(sums) {
        #[expect(unsafe_code, reason = "stores go through pointers")]
        // SAFETY: a row of a tile has 32 values.
        unsafe {
            _mm512_storeu_ps(row.as_mut_ptr(), sums[0]);
            _mm512_storeu_ps(row.as_mut_ptr().add(PANEL / 2), sums[1]);
        }
    }
}
