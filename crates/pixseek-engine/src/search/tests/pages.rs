//! A page does not depend on its length: a shorter one is a prefix of a longer one, by relevance
//! and by date, and the longest one equals a scan of every photo.

use super::open;
use crate::made_library::MadeLibrary;
use crate::prompts::{dot, normalized};
use crate::search::{Answer, FindOptions, Folding, Order, Searcher, Shown};
use crate::{Query, Wording, query_context};
use pixseek_index::PhotoFacts;
use pixseek_record::FilmFacts;

const PHOTOS: u32 = 1500;

/// The description that the generated photos resemble more or less.
const SUBJECT: &str = "snow on the mountains";

const QUERIES: [&str; 12] = [
    SUBJECT,
    "snow on the mountains italy",
    "snow on the mountains italy 2019 roma",
    "snow on the mountains -people",
    "snow on the mountains -\"snow in italy\" in:italy",
    "snow on the mountains in:italy",
    "snow on the mountains OR in:roma",
    "snow on the mountains in:italy OR \"a red car\" in:spain",
    "text:italy",
    "text:\"italy 2019\" OR in:roma",
    "-people",
    "in:italy",
];

/// Photos near to a description and farther away, some of them copied, some in bursts, and with
/// rare and frequent words in their paths.
fn library() -> MadeLibrary {
    let mut library = MadeLibrary::new();
    library.writer.publish().unwrap();
    let searcher = open(&library);
    let subject = searcher
        .encode_description(SUBJECT, Wording::Ensemble)
        .unwrap();
    drop(searcher);
    let subject = subject.as_slice();
    let mut photos = Vec::new();
    for number in 0..PHOTOS {
        let country = ["italy", "spain", "france"][number as usize % 3];
        let city = ["roma", "oslo", "bern", "kyiv", "bonn"][number as usize / 3 % 5];
        let path = format!("/{country}/{}/{city}/{number:04}", 2015 + number % 7);
        let other = library.vector();
        let part = 0.2 * (library.number() + 1.0);
        let vector = other.iter().zip(subject).map(|(a, b)| a + part * b);
        let mut photo = library.photo(&path, normalized(vector.collect()));
        photo.facts = PhotoFacts {
            // Some photos share a moment, and some have no date.
            taken_seconds: (number % 10 != 3).then(|| i64::from(number * 7919 % 700) * 60),
            difference_hash: Some(u128::from(number) * 0x0123_4567_89ab_cdef_0fed_cba9),
            ..PhotoFacts::default()
        };
        if number % 13 == 5 {
            // A film, of which some frames are nearer to the subject than others.
            for _ in 0..3 {
                let frame = library.vector();
                let part = 0.2 * (library.number() + 1.0);
                let frame = frame.iter().zip(subject).map(|(a, b)| a + part * b);
                photo.vectors.push(normalized(frame.collect()));
            }
            photo.facts.film = Some(FilmFacts {
                milliseconds: 4000,
                frames: vec![0, 1000, 2000, 3000],
            });
        }
        if number % 9 == 1 {
            // Add a copy at another path.
            let mut copy = photo.clone();
            copy.path = format!("/copies/{country}/{number:04}").into();
            copy.vectors.clear();
            photos.push(photo.clone());
            photos.push(copy);
            continue;
        }
        if number % 11 == 2 {
            // Add the same picture in another size.
            let mut smaller = library.photo(&format!("{path}-small"), photo.vectors[0].clone());
            smaller.facts = photo.facts.clone();
            photos.push(smaller);
        }
        photos.push(photo);
    }
    for photos in photos.chunks(100) {
        library.add_all(photos.to_vec());
    }
    library.writer.publish().unwrap();
    library.measure();
    library
}

fn ask(searcher: &Searcher, query: &str, options: &FindOptions) -> Answer {
    let query = Query::parse(query, query_context()).unwrap();
    searcher.find(&query, options).unwrap()
}

/// A hit as a person sees it: its path, its score, and the paths folded behind it.
type ShownHit<'a> = (&'a [u8], Option<f32>, &'a [Vec<u8>]);

fn shown(answer: &Answer) -> Vec<ShownHit<'_>> {
    let hits = answer.hits.iter();
    hits.map(|hit| (hit.path.as_slice(), hit.score, hit.folded.as_slice()))
        .collect()
}

#[test]
fn a_page_is_the_beginning_of_a_longer_one() {
    let library = library();
    let searcher = open(&library);
    assert!(searcher.is_calibrated());
    for query in QUERIES {
        for (order, shows, folding) in [
            (Order::Relevance, Shown::Matches, Folding::Near),
            (Order::Relevance, Shown::All, Folding::Near),
            (Order::Relevance, Shown::All, Folding::None),
            (Order::Date, Shown::Matches, Folding::Near),
            (Order::Date, Shown::All, Folding::None),
            (Order::Name, Shown::Matches, Folding::None),
            (Order::Size, Shown::Matches, Folding::None),
        ] {
            let options = FindOptions {
                limit: 10_000,
                order,
                shown: shows,
                folding,
                ..FindOptions::default()
            };
            let all = ask(&searcher, query, &options);
            let all = shown(&all);
            for limit in [1, 2, 20, 129, 257, 500, 1000, 1400] {
                let page = ask(&searcher, query, &FindOptions { limit, ..options });
                let expected = &all[..limit.min(all.len())];
                assert!(shown(&page) == expected, "{query} {options:?} -n {limit}");
            }
        }
    }
}

/// By date, all matching photos are found; by relevance, scores never rise down a page.
#[test]
fn by_date_all_matches_are_found_and_by_relevance_scores_fall() {
    let library = library();
    let searcher = open(&library);
    for query in QUERIES {
        for shows in [Shown::Matches, Shown::All] {
            let options = FindOptions {
                limit: 10_000,
                shown: shows,
                folding: Folding::None,
                ..FindOptions::default()
            };
            let best = ask(&searcher, query, &options);
            let scores: Vec<f32> = best.hits.iter().filter_map(|hit| hit.score).collect();
            assert!(scores.is_sorted_by(|a, b| a >= b), "{query}");
            let order = Order::Date;
            let newest = ask(&searcher, query, &FindOptions { order, ..options });
            let taken = |hit: &super::super::Hit| hit.record.facts.taken_seconds;
            let dates: Vec<_> = newest.hits.iter().map(taken).collect();
            assert!(dates.is_sorted_by(|a, b| a >= b), "{query}");
            let order = Order::Size;
            let largest = ask(&searcher, query, &FindOptions { order, ..options });
            let sizes = largest.hits.iter().map(|hit| hit.record.bytes);
            assert!(sizes.is_sorted_by(|a, b| a >= b), "{query}");
            let mut by_path = [shown(&best), shown(&newest), shown(&largest)];
            for hits in &mut by_path {
                hits.sort_by_key(|hit| hit.0);
            }
            assert!(by_path[0] == by_path[1], "{query} {shows:?}");
            assert!(by_path[0] == by_path[2], "{query} {shows:?}");
        }
    }
    let all = FindOptions {
        limit: 10_000,
        folding: Folding::None,
        ..FindOptions::default()
    };
    let matches = ask(&searcher, SUBJECT, &all).hits.len();
    assert!(
        (500..1200).contains(&matches),
        "{matches} of {PHOTOS} match"
    );
}

/// Each photo is scored by itself; no better photo may be missing from the page.
#[test]
fn the_best_hits_equal_those_of_a_full_scan() {
    let library = library();
    let searcher = open(&library);
    let calibration = searcher.calibration.as_ref().unwrap();
    let vector = searcher
        .encode_description(SUBJECT, Wording::Ensemble)
        .unwrap();
    let reader = &searcher.reader;
    let mut expected: Vec<f32> = Vec::new();
    for row in reader.live().iter() {
        let photo = reader.vector(row).unwrap();
        let merit = dot(vector.as_slice(), &photo) - calibration.hubness(&photo);
        let score = 100.0 * calibration.score(merit, 1.0);
        let paths = reader.photos_of(row, None).unwrap();
        expected.extend(paths.iter().map(|_| score));
    }
    expected.sort_by(|a, b| b.total_cmp(a));
    let page = FindOptions {
        limit: 400,
        folding: Folding::None,
        ..FindOptions::default()
    };
    let answer = ask(&searcher, SUBJECT, &page);
    assert_eq!(answer.hits.len(), 400);
    for (hit, expected) in answer.hits.iter().zip(expected) {
        assert!((hit.score.unwrap() - expected).abs() < 0.01);
    }
}
