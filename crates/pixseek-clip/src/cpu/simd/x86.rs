//! The products themselves, for x86-64: sums stay in registers while a panel passes by.

use super::{BLOCK, Compact, Full, Half, PANEL, Tile, Work};
use std::arch::x86_64::{
    __m512, __m512bh, _mm256_fmadd_ps, _mm256_load_ps, _mm256_load_si256, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_storeu_ps, _mm512_castsi512_ps, _mm512_cvtph_ps, _mm512_dpbf16_ps,
    _mm512_fmadd_ps, _mm512_load_ps, _mm512_load_si512, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_storeu_ps,
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
    store(tile, sums);
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
    store(tile, sums);
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
    store(tile, sums);
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

/// Sums to the first rows of a tile.
#[target_feature(enable = "avx512f")]
fn store<const R: usize>(tile: &mut Tile, sums: [[__m512; 2]; R]) {
    for (row, sums) in tile.iter_mut().zip(sums) {
        // SAFETY: a row of a tile has 32 values.
        unsafe {
            _mm512_storeu_ps(row.as_mut_ptr(), sums[0]);
            _mm512_storeu_ps(row.as_mut_ptr().add(PANEL / 2), sums[1]);
        }
    }
}
