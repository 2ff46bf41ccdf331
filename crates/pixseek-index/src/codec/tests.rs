use super::{Code, Codec, coarse_product, coarse_sum};

fn vectors(count: usize, dimension: usize) -> Vec<Vec<f32>> {
    let mut state = 7_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        f32::from(u16::try_from(state >> 48).unwrap()) / 32_768.0 - 1.0
    };
    (0..count)
        .map(|_| {
            let mut vector: Vec<f32> = (0..dimension).map(|_| next()).collect();
            // The one large component of CLIP's vectors.
            vector[3] += 0.7 * f32::from(u16::try_from(dimension).unwrap()).sqrt();
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter().map(|x| x / length).collect()
        })
        .collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Codes have the precision that the doc says, with and without padding.
#[test]
fn scores_are_those_of_the_vectors() {
    for dimension in [32, 64, 100, 512] {
        let rows = vectors(50, dimension);
        let codec = Codec::fit(&rows[..20], dimension);
        let all: Vec<Code> = rows.iter().map(|row| codec.encode(row).unwrap()).collect();
        let mut buffer = vec![0.0; codec.stride()];
        for query in &vectors(10, dimension) {
            let prepared = codec.query(query);
            for (row, code) in rows.iter().zip(&all) {
                let exact = dot(row, query);
                let score = prepared.score(code.scale, &code.coarse, &code.fine, &mut buffer);
                // The error of each component is random and at most half a step.
                assert!((score - exact).abs() < 6.0 * code.scale, "{score} {exact}");
                let coarse = prepared.coarse_score(code.scale, &code.coarse);
                let deviation = Codec::coarse_deviation(code.scale);
                assert!((coarse - exact).abs() < 6.0 * deviation, "{coarse} {exact}");
                let decoded = codec.decode(code.scale, &code.coarse, &code.fine);
                assert!((dot(&decoded, query) - score).abs() < 1e-5);
            }
        }
    }
}

/// A step is 1/2032 of the largest difference of a row from the mean.
#[test]
fn each_component_is_rounded_by_at_most_half_a_step() {
    for dimension in [32, 100, 512] {
        let rows = vectors(20, dimension);
        let codec = Codec::fit(&rows[..10], dimension);
        for row in &rows {
            let residuals = row.iter().zip(codec.offset()).map(|(a, b)| (a - b).abs());
            let step = residuals.fold(0.0, f32::max) / 2032.0;
            let code = codec.encode(row).unwrap();
            assert!((code.scale - step).abs() <= 1e-6 * step);
            let decoded = codec.decode(code.scale, &code.coarse, &code.fine);
            assert_eq!(decoded.len(), dimension);
            for (found, expected) in decoded.iter().zip(row) {
                let off = (found - expected).abs();
                assert!(off <= 0.5 * step + 1e-7, "{off} of {step}");
            }
        }
    }
}

/// Scans rely on this deviation: too small a value loses rows, too large a value costs time.
#[test]
fn errors_of_coarse_scores_have_the_stated_deviation() {
    let rows = vectors(100, 512);
    let codec = Codec::fit(&rows, 512);
    let mut squares = Vec::new();
    for query in &vectors(20, 512) {
        let prepared = codec.query(query);
        assert!((prepared.base() - dot(query, codec.offset())).abs() < 1e-6);
        for row in &rows {
            let code = codec.encode(row).unwrap();
            let off = prepared.coarse_score(code.scale, &code.coarse) - dot(row, query);
            squares.push((off / Codec::coarse_deviation(code.scale)).powi(2));
        }
    }
    let mean = squares.iter().sum::<f32>() / 2000.0;
    assert!((0.7..1.4).contains(&mean), "{mean}");
}

#[test]
fn products_of_rows_are_those_of_the_coarse_parts() {
    let rows = vectors(2, 96);
    let codec = Codec::with_offset(vec![0.0; 96]);
    let [a, b] = [0, 1].map(|at| codec.encode(&rows[at]).unwrap());
    let found = coarse_product(
        (a.scale, &a.coarse),
        (b.scale, &b.coarse),
        coarse_sum(&b.coarse),
    );
    let deviation = Codec::coarse_deviation(a.scale.max(b.scale));
    assert!(
        (found - dot(&rows[0], &rows[1])).abs() < 9.0 * deviation,
        "{found}"
    );
}

#[test]
fn the_mean_itself_has_a_code() {
    let rows = vectors(1, 64);
    let codec = Codec::fit(&rows, 64);
    let code = codec.encode(&rows[0]).unwrap();
    assert_eq!(codec.decode(code.scale, &code.coarse, &code.fine), rows[0]);
}

#[test]
fn only_unit_vectors_are_encoded() {
    let codec = Codec::with_offset(vec![0.0; 4]);
    for bad in [vec![1.0], vec![1.0; 4], vec![0.0; 4], vec![f32::NAN; 4]] {
        assert!(codec.encode(&bad).is_err());
    }
}
