use super::{CITIES, cities, kilometres, place_named, place_words, places_beginning};
use std::borrow::Cow;

#[test]
fn every_line_is_read() {
    let lines = CITIES.lines().filter(|line| !line.starts_with('='));
    assert_eq!(cities().len(), lines.count());
}

#[test]
fn photos_have_cities_and_countries() {
    for (latitude, longitude, expected) in [
        (45.44, 12.33, "Venice Italy"),
        (48.858, 2.294, "Passy France"),
        // A field in Utah, far from every city.
        (39.0, -109.7, "United States"),
        // The middle of the Atlantic.
        (30.0, -40.0, ""),
        (-90.0, 0.0, ""),
    ] {
        let words = place_words(latitude, longitude);
        assert!(words.ends_with(expected), "{latitude} {longitude}: {words}");
        assert_eq!(words.is_empty(), expected.is_empty());
    }
}

fn lower(text: &str) -> Cow<'_, str> {
    text.to_lowercase().into()
}

#[test]
fn names_find_the_largest() {
    for (name, latitude, longitude) in [
        ("Venice", 45.44, 12.33),
        ("paris", 48.85, 2.35),
        ("london", 51.51, -0.13),
        ("London Canada", 42.98, -81.23),
    ] {
        let place = place_named(name, lower).unwrap();
        assert!(
            kilometres(place, (latitude, longitude)) < 20.0,
            "{name}: {place:?}"
        );
    }
    assert_eq!(place_named("nowhere at all", lower), None);
    assert_eq!(place_named("london nowhere", lower), None);
    assert_eq!(place_named("londonx", lower), None);
    assert_eq!(place_named("", lower), None);
}

#[test]
fn distances_are_those_of_a_globe() {
    // Paris to London is 344 km, a quarter of the equator 10,008 km.
    assert!((kilometres((48.8566, 2.3522), (51.5074, -0.1278)) - 343.6).abs() < 1.0);
    assert!((kilometres((0.0, 0.0), (0.0, 90.0)) - 10_007.5).abs() < 1.0);
}

#[test]
fn cities_complete_the_largest_first() {
    assert_eq!(places_beginning("Berl", 1, lower), ["Berlin"]);
    let found = places_beginning("san", 5, lower);
    assert_eq!(found.len(), 5);
    assert!(
        found
            .iter()
            .all(|name| name.to_lowercase().starts_with("san"))
    );
    let mut once = found.clone();
    once.dedup();
    assert_eq!(once, found, "each name once");
    assert!(places_beginning("s\u{e3}o p", 5, lower).contains(&"S\u{e3}o Paulo"));
    assert!(places_beginning("nowhere at all", 5, lower).is_empty());
}
