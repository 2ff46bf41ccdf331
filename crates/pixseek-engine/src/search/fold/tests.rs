use super::{is_burst, is_same};
use pixseek_index::PhotoFacts;

/// A photo whose difference hash has its lowest `bits` bits set.
fn hashed(bits: Option<u32>) -> PhotoFacts {
    PhotoFacts {
        difference_hash: bits.map(|bits| (1 << bits) - 1),
        ..PhotoFacts::default()
    }
}

#[test]
fn pictures_are_one_by_vector_and_difference_hash() {
    let check = |cosine: f32, bits: [Option<u32>; 2], expected: bool| {
        let [a, b] = bits.map(hashed);
        assert_eq!(is_same(cosine, &a, &b), expected, "{cosine} {bits:?}");
        assert_eq!(is_same(cosine, &b, &a), expected, "{cosine} {bits:?}");
    };
    // A copy at another size is near, and at most 26 bits differ.
    check(0.80, [Some(40), Some(66)], true);
    check(0.80, [Some(40), Some(67)], false);
    check(0.79, [Some(40), Some(40)], false);
    // A crop is nearer, and at most 34 bits differ.
    check(0.96, [Some(0), Some(34)], true);
    check(0.96, [Some(0), Some(35)], false);
    check(0.95, [Some(0), Some(34)], false);
    // If one hash is missing, the vectors alone decide.
    check(0.985, [Some(0), None], true);
    check(0.984, [Some(0), None], false);
    check(0.985, [None, None], true);
}

#[test]
fn bursts_are_of_one_camera_within_five_seconds() {
    let taken = |camera: &str, seconds: Option<i64>| PhotoFacts {
        camera: Some(camera.into()),
        taken_seconds: seconds,
        ..PhotoFacts::default()
    };
    let first = taken("a", Some(100));
    let check = |other: PhotoFacts, expected: bool| {
        assert_eq!(is_burst(&first, &other), expected, "{other:?}");
        assert_eq!(is_burst(&other, &first), expected, "{other:?}");
    };
    check(taken("a", Some(100)), true);
    check(taken("a", Some(105)), true);
    check(taken("a", Some(95)), true);
    check(taken("a", Some(106)), false);
    check(taken("b", Some(100)), false);
    check(taken("a", None), false);
    // The difference between these two times does not fit in an `i64`.
    check(taken("a", Some(i64::MIN)), false);
}
