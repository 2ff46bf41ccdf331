//! Products of unsigned with signed int8. All three functions compute the same sums.

use super::with_constant_rows;
use crate::simd::{BLOCK, Int8Columns, Int8Line, Int8Range, Int8Rows, PANEL, Tile, assert_holds};
use std::arch::x86_64::{
    __m256i, __m512, __m512i, _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_dpbusd_avx_epi32,
    _mm256_fmadd_ps, _mm256_load_si256, _mm256_loadu_ps, _mm256_madd_epi16, _mm256_maddubs_epi16,
    _mm256_mul_ps, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256,
    _mm256_storeu_ps, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_load_si512,
    _mm512_loadu_ps, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512,
    _mm512_storeu_ps,
};

/// Rows that are multiplied at one time in 16 registers of 32 bytes.
const NARROW_BLOCK: usize = 6;

#[target_feature(enable = "avx512f,avx512vnni")]
pub(in crate::simd) fn multiply_int8_avx512(
    rows: Int8Rows<'_>,
    panel: &[Int8Line],
    columns: &Int8Columns,
    tile: &mut Tile,
) {
    with_constant_rows!(int8_avx512, rows.ranges.len(), rows, panel, columns, tile);
}

#[target_feature(enable = "avx512f,avx512vnni")]
fn int8_avx512<const R: usize>(
    rows: Int8Rows<'_>,
    panel: &[Int8Line],
    columns: &Int8Columns,
    tile: &mut Tile,
) {
    let Int8Rows { values, stride, .. } = rows;
    let (panel, _) = panel.as_chunks::<2>();
    assert_holds(values.len(), stride, R, 4 * panel.len());
    let mut sums = [[_mm512_setzero_si512(); 2]; R];
    for (four, lines) in panel.iter().enumerate() {
        #[expect(unsafe_code, reason = "aligned loads, and no check for each value")]
        // SAFETY: a line has 64 bytes and is aligned to as many. `row < R` and
        // `four < panel.len()`, and `assert_holds` has checked that
        // `values.len() >= (R - 1) * stride + 4 * panel.len()`.
        unsafe {
            let left = _mm512_load_si512(lines[0].0.as_ptr().cast());
            let right = _mm512_load_si512(lines[1].0.as_ptr().cast());
            for (row, sums) in sums.iter_mut().enumerate() {
                let values = four_of(values.as_ptr().add(row * stride + 4 * four));
                let values = _mm512_set1_epi32(values);
                sums[0] = _mm512_dpbusd_epi32(sums[0], values, left);
                sums[1] = _mm512_dpbusd_epi32(sums[1], values, right);
            }
        }
    }
    for ((row, sums), range) in tile.iter_mut().zip(sums).zip(rows.ranges) {
        for (half, sums) in sums.into_iter().enumerate() {
            let first = half * PANEL / 2;
            #[expect(unsafe_code, reason = "loads and stores go through pointers")]
            // SAFETY: a row of a tile and the columns have 32 values, and half of them begin at 0
            // or 16.
            unsafe {
                let scales = _mm512_loadu_ps(columns.scales.as_ptr().add(first));
                let of_least = _mm512_loadu_ps(columns.sums.as_ptr().add(first));
                let values = wide_values(sums, *range, scales, of_least);
                _mm512_storeu_ps(row.as_mut_ptr().add(first), values);
            }
        }
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn wide_values(sums: __m512i, range: Int8Range, scales: __m512, of_least: __m512) -> __m512 {
    let sums = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), scales);
    let least = _mm512_mul_ps(_mm512_set1_ps(range.least), of_least);
    _mm512_fmadd_ps(sums, _mm512_set1_ps(range.scale), least)
}

/// Writes the two functions that multiply with registers of 32 bytes: `$multiply` takes a block in
/// parts, `$part` is compiled for the number of their rows, and `$dot` adds the products of four
/// inputs to a sum.
macro_rules! narrow_products {
    ($features:literal, $multiply:ident, $part:ident, $dot:ident) => {
        #[target_feature(enable = $features)]
        pub(in crate::simd) fn $multiply(
            rows: Int8Rows<'_>,
            panel: &[Int8Line],
            columns: &Int8Columns,
            tile: &mut Tile,
        ) {
            let count = rows.ranges.len();
            assert!(
                (1..=BLOCK).contains(&count),
                "a block has 1 to 12 rows, not {count}"
            );
            for first in (0..count).step_by(NARROW_BLOCK) {
                let tile = &mut tile[first..];
                let rows = Int8Rows {
                    values: &rows.values[first * rows.stride..],
                    ranges: &rows.ranges[first..],
                    ..rows
                };
                match rows.ranges.len() {
                    1 => $part::<1>(rows, panel, columns, tile),
                    2 => $part::<2>(rows, panel, columns, tile),
                    3 => $part::<3>(rows, panel, columns, tile),
                    4 => $part::<4>(rows, panel, columns, tile),
                    5 => $part::<5>(rows, panel, columns, tile),
                    _ => $part::<NARROW_BLOCK>(rows, panel, columns, tile),
                }
            }
        }

        #[target_feature(enable = $features)]
        fn $part<const R: usize>(
            rows: Int8Rows<'_>,
            panel: &[Int8Line],
            columns: &Int8Columns,
            tile: &mut [[f32; PANEL]],
        ) {
            let Int8Rows { values, stride, .. } = rows;
            let (panel, _) = panel.as_chunks::<2>();
            assert_holds(values.len(), stride, R, 4 * panel.len());
            for half in 0..2 {
                let mut sums = [[_mm256_setzero_si256(); 2]; R];
                for (four, lines) in panel.iter().enumerate() {
                    #[expect(unsafe_code, reason = "aligned loads, and no check for each value")]
                    // SAFETY: a line has 64 bytes and is aligned to as many. `row < R` and
                    // `four < panel.len()`, and `assert_holds` has checked that
                    // `values.len() >= (R - 1) * stride + 4 * panel.len()`.
                    unsafe {
                        let line: *const __m256i = lines[half].0.as_ptr().cast();
                        let (left, right) =
                            (_mm256_load_si256(line), _mm256_load_si256(line.add(1)));
                        for (row, sums) in sums.iter_mut().enumerate() {
                            let values = four_of(values.as_ptr().add(row * stride + 4 * four));
                            let values = _mm256_set1_epi32(values);
                            sums[0] = $dot(sums[0], values, left);
                            sums[1] = $dot(sums[1], values, right);
                        }
                    }
                }
                for ((row, sums), range) in tile.iter_mut().zip(sums).zip(rows.ranges) {
                    for (quarter, sums) in sums.into_iter().enumerate() {
                        let first = 16 * half + 8 * quarter;
                        let [scales, of_least] =
                            [&columns.scales, &columns.sums].map(|of| of[first..].as_ptr());
                        #[expect(unsafe_code, reason = "loads and stores go through pointers")]
                        // SAFETY: a row of a tile and the columns have 32 values, and a quarter of
                        // them begins at 0, 8, 16 or 24.
                        unsafe {
                            let values =
                                _mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_loadu_ps(scales));
                            let least = _mm256_mul_ps(
                                _mm256_set1_ps(range.least),
                                _mm256_loadu_ps(of_least),
                            );
                            let scale = _mm256_set1_ps(range.scale);
                            let values = _mm256_fmadd_ps(values, scale, least);
                            _mm256_storeu_ps(row.as_mut_ptr().add(first), values);
                        }
                    }
                }
            }
        }
    };
}

narrow_products!(
    "avx2,fma,avxvnni",
    multiply_int8_avxvnni,
    int8_avxvnni,
    dot_avxvnni
);
narrow_products!("avx2,fma", multiply_int8_avx2, int8_avx2, dot_avx2);

#[target_feature(enable = "avx2,avxvnni")]
#[inline]
fn dot_avxvnni(sum: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
    _mm256_dpbusd_avx_epi32(sum, unsigned, signed)
}

/// `maddubs` adds two products in 16 bits, and `LARGEST_PAIR` keeps that sum exact. Widening both
/// sides to 16 bits first needs no such limit, and a third more instructions.
#[target_feature(enable = "avx2")]
#[inline]
fn dot_avx2(sum: __m256i, unsigned: __m256i, signed: __m256i) -> __m256i {
    let pairs = _mm256_maddubs_epi16(unsigned, signed);
    let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    _mm256_add_epi32(sum, fours)
}

/// Four bytes as one number, in the order in which they lie in memory.
///
/// # Safety
///
/// Four bytes can be read from `from`, at any alignment.
#[expect(unsafe_code, reason = "reads without a check for each value")]
#[inline(always)]
unsafe fn four_of(from: *const u8) -> i32 {
    // SAFETY: the caller's, and `[u8; 4]` needs no alignment.
    i32::from_le_bytes(unsafe { from.cast::<[u8; 4]>().read() })
}
