//! Distances between places on Earth.

/// The mean radius of the Earth.
const EARTH_KILOMETRES: f64 = 6371.0;

/// The great-circle distance of two places, each in degrees north and east, by the haversine
/// formula. It treats the Earth as a sphere, which is correct within 0.6 %.
#[must_use]
pub fn kilometres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let h = half(a.0, b.0) + a.0.to_radians().cos() * b.0.to_radians().cos() * half(a.1, b.1);
    2.0 * EARTH_KILOMETRES * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::kilometres;

    #[test]
    fn distances_are_those_of_a_sphere() {
        const QUARTER: f64 = 10_007.543;
        for (a, b, expected) in [
            ((10.0, 20.0), (10.0, 20.0), 0.0),
            ((0.0, 0.0), (0.0, 90.0), QUARTER),
            ((0.0, 179.5), (0.0, -179.5), QUARTER / 90.0),
            ((90.0, 0.0), (-90.0, 0.0), 2.0 * QUARTER),
            // Paris and London, by their city halls.
            ((48.8566, 2.3522), (51.5074, -0.1278), 343.56),
        ] {
            let found = kilometres(a, b);
            assert!((found - expected).abs() < 0.01, "{a:?} {b:?}: {found}");
        }
    }
}
