use super::date_words;

#[test]
fn dates_become_words() {
    for (iso, latitude, expected) in [
        (
            "2019-12-25T10:00:00",
            None,
            "2019 december 25 wednesday winter christmas xmas",
        ),
        (
            "2008-05-30T15:56:01+02:00",
            Some(45.4),
            "2008 may 30 friday spring",
        ),
        ("1965-03-01T00:00:00", None, "1965 march 1 monday spring"),
        (
            "2019-12-31",
            None,
            "2019 december 31 tuesday winter new year",
        ),
        (
            "2020-01-01",
            None,
            "2020 january 1 wednesday winter new year",
        ),
        (
            "2020-02-14",
            None,
            "2020 february 14 friday winter valentine",
        ),
        ("2020-02-29", None, "2020 february 29 saturday winter"),
        ("2000-03-01", None, "2000 march 1 wednesday spring"),
        ("1900-01-01", None, "1900 january 1 monday winter new year"),
        (
            "2019-10-31",
            Some(0.0),
            "2019 october 31 thursday autumn fall halloween",
        ),
        ("2019-02-30T10:00:00", None, ""),
        ("2019-13-01", None, ""),
        ("nonsense", None, ""),
    ] {
        assert_eq!(date_words(iso, latitude), expected);
    }
}

/// Sydney lies at 33.9 degrees south.
#[test]
fn seasons_are_those_of_the_hemisphere() {
    let names = ["winter", "spring", "summer", "autumn"];
    for month in 1..=12 {
        let season = |latitude| {
            let words = date_words(&format!("2019-{month:02}-15T10:00:00"), latitude);
            let found = names.iter().position(|name| words.contains(name));
            found.unwrap()
        };
        let northern = month % 12 / 3;
        assert_eq!(season(None), northern);
        assert_eq!(season(Some(51.5)), northern);
        assert_eq!(season(Some(-33.9)), (northern + 2) % 4);
    }
}
