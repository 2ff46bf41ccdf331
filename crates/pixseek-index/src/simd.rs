//! Dot products of packed bytes, the inner loop of every search. The crate's only SIMD code.
//!
//! AVX-512 VNNI is written with intrinsics. For AVX2 the compiler vectorises the plain loop, which
//! also serves every other processor.
//!
//! Slices have a multiple of [`LANES`] bytes; the functions ignore bytes behind the last whole group.

/// Rows are padded to this many bytes: one AVX-512 register, one cache line.
pub(crate) const LANES: usize = 64;

/// The dot products `row · high` and `row · low`, of unsigned and signed bytes, in one pass over `row`.
pub(crate) fn dot_pair(row: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
    #[cfg(target_arch = "x86_64")]
    {
        if x86::has_vnni() {
            // SAFETY: `has_vnni` found the features that the function is compiled for.
            #[expect(unsafe_code, reason = "SIMD; see SAFETY")]
            return unsafe { x86::dot_pair_vnni(row, high, low) };
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, the feature that the function is compiled for.
            #[expect(unsafe_code, reason = "SIMD; see SAFETY")]
            return unsafe { x86::dot_pair_avx2(row, high, low) };
        }
    }
    plain_pair(row, high, low)
}

/// The dot product `a · (b - 128)` of two rows of unsigned bytes.
pub(crate) fn dot_rows(a: &[u8], b: &[u8]) -> i32 {
    #[cfg(target_arch = "x86_64")]
    {
        if x86::has_vnni() {
            // SAFETY: `has_vnni` found the features that the function is compiled for.
            #[expect(unsafe_code, reason = "SIMD; see SAFETY")]
            return unsafe { x86::dot_rows_vnni(a, b) };
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2, the feature that the function is compiled for.
            #[expect(unsafe_code, reason = "SIMD; see SAFETY")]
            return unsafe { x86::dot_rows_avx2(a, b) };
        }
    }
    plain_rows(a, b)
}

/// Hints the processor to load a value into its cache.
#[inline]
pub(crate) fn prefetch<T: ?Sized>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    for line in 0..size_of_val(value).div_ceil(LANES) {
        let start = std::ptr::from_ref(value).cast::<i8>();
        // SAFETY: a hint, valid for any address; SSE is part of every x86-64.
        #[expect(unsafe_code, reason = "SIMD; see SAFETY")]
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(
                start.wrapping_add(line * LANES),
            );
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

#[expect(
    clippy::inline_always,
    reason = "compiled into functions for each processor"
)]
#[inline(always)]
fn plain_pair(row: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
    let (rows, _) = row.as_chunks::<LANES>();
    let (highs, _) = high.as_chunks::<LANES>();
    let (lows, _) = low.as_chunks::<LANES>();
    let mut sums = (0, 0);
    for ((row, high), low) in rows.iter().zip(highs).zip(lows) {
        for lane in 0..LANES {
            let code = i32::from(row[lane]);
            sums.0 += code * i32::from(high[lane]);
            sums.1 += code * i32::from(low[lane]);
        }
    }
    sums
}

#[expect(
    clippy::inline_always,
    reason = "compiled into functions for each processor"
)]
#[inline(always)]
fn plain_rows(a: &[u8], b: &[u8]) -> i32 {
    let (a, _) = a.as_chunks::<LANES>();
    let (b, _) = b.as_chunks::<LANES>();
    let mut sum = 0;
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sum += i32::from(a[lane]) * (i32::from(b[lane]) - 128);
        }
    }
    sum
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{LANES, plain_pair, plain_rows};
    use std::arch::x86_64::{
        __m512i, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_reduce_add_epi32,
        _mm512_set1_epi8, _mm512_setzero_si512, _mm512_xor_si512,
    };

    pub(super) fn has_vnni() -> bool {
        std::is_x86_feature_detected!("avx512f")
            && std::is_x86_feature_detected!("avx512bw")
            && std::is_x86_feature_detected!("avx512vnni")
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn dot_pair_avx2(row: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
        plain_pair(row, high, low)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn dot_rows_avx2(a: &[u8], b: &[u8]) -> i32 {
        plain_rows(a, b)
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn dot_pair_vnni(row: &[u8], high: &[i8], low: &[i8]) -> (i32, i32) {
        let (rows, _) = row.as_chunks::<LANES>();
        let (highs, _) = high.as_chunks::<LANES>();
        let (lows, _) = low.as_chunks::<LANES>();
        let mut high_sum = _mm512_setzero_si512();
        let mut low_sum = _mm512_setzero_si512();
        for ((row, high), low) in rows.iter().zip(highs).zip(lows) {
            let row = load(row);
            high_sum = _mm512_dpbusd_epi32(high_sum, row, load(bytemuck::cast_ref(high)));
            low_sum = _mm512_dpbusd_epi32(low_sum, row, load(bytemuck::cast_ref(low)));
        }
        (
            _mm512_reduce_add_epi32(high_sum),
            _mm512_reduce_add_epi32(low_sum),
        )
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn dot_rows_vnni(a: &[u8], b: &[u8]) -> i32 {
        let (a, _) = a.as_chunks::<LANES>();
        let (b, _) = b.as_chunks::<LANES>();
        // Flipping the highest bit subtracts 128 and makes the byte signed.
        let sign = _mm512_set1_epi8(i8::MIN);
        let mut sum = _mm512_setzero_si512();
        for (a, b) in a.iter().zip(b) {
            let b = _mm512_xor_si512(load(b), sign);
            sum = _mm512_dpbusd_epi32(sum, load(a), b);
        }
        _mm512_reduce_add_epi32(sum)
    }

    #[target_feature(enable = "avx512f")]
    fn load(bytes: &[u8; LANES]) -> __m512i {
        const { assert!(size_of::<__m512i>() == LANES) };
        // SAFETY: the reference is valid for `LANES` bytes, which is what the register holds, and
        // the instruction needs no alignment.
        #[expect(unsafe_code, reason = "SIMD; see SAFETY")]
        unsafe {
            _mm512_loadu_si512(bytes.as_ptr().cast())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{dot_pair, dot_rows, plain_pair, plain_rows};

    #[test]
    fn every_implementation_returns_the_sums_of_the_plain_loop() {
        let bytes = |seed: usize, length: usize| -> Vec<u8> {
            (0..length)
                .map(|at| u8::try_from((at * 73 + seed * 151 + at * at) % 256).unwrap())
                .collect()
        };
        for length in [0, 64, 384, 512, 1152] {
            let (row, other) = (bytes(1, length), bytes(2, length));
            let high: Vec<i8> = bytes(3, length).iter().map(|x| x.cast_signed()).collect();
            let low: Vec<i8> = bytes(4, length).iter().map(|x| x.cast_signed()).collect();
            assert_eq!(dot_pair(&row, &high, &low), plain_pair(&row, &high, &low));
            assert_eq!(dot_rows(&row, &other), plain_rows(&row, &other));
        }
        // The largest sums of a row of 1,152 bytes fit in 32 bits.
        assert_eq!(
            dot_pair(&[255; 1152], &[-128; 1152], &[127; 1152]),
            (-255 * 128 * 1152, 255 * 127 * 1152)
        );
    }
}
