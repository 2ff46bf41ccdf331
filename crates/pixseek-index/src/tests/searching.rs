//! The photos that searches by vector return.

use super::{CODED, Numbers, extend_graph, filled, paths, photo, photos};
use crate::{Batch, Reader, Route, RowFilter, RowId, SearchMode};

#[test]
fn the_graph_finds_what_the_exact_scan_finds() {
    const QUERIES: usize = 50;
    let (folder, mut writer, mut numbers) = filled(3000);
    writer.publish().unwrap();
    extend_graph(&mut writer);
    // Rows without a graph, which are scanned.
    let fresh = (0..100)
        .map(|number| photo(&format!("/f/{number}"), Some(numbers.vector())))
        .collect();
    writer.commit(photos(fresh)).unwrap();
    writer.publish().unwrap();

    let reader = Reader::open(folder.path()).unwrap();
    let mut found = 0;
    for _ in 0..QUERIES {
        let query = numbers.vector();
        let (exact, route) = paths(&reader, &query, 10, SearchMode::Exact);
        assert_eq!(route, Route::Scan { rows: 3100 });
        let (walked, route) = paths(&reader, &query, 10, SearchMode::Auto);
        assert_eq!(
            route,
            Route::Graph {
                rows: 3000,
                scanned: 100
            }
        );
        found += walked.iter().filter(|path| exact.contains(path)).count();
    }
    assert!(
        found * 100 >= QUERIES * 10 * 99,
        "recall@10 {found} of {}",
        QUERIES * 10
    );
}

#[test]
fn the_scan_returns_what_sorting_by_cosine_returns() {
    let (folder, mut writer, mut numbers) = filled(200);
    writer.publish().unwrap();
    let mut again = Numbers(1);
    let vectors: Vec<Vec<f32>> = (0..200).map(|_| again.vector()).collect();
    let reader = Reader::open(folder.path()).unwrap();
    let query = numbers.vector();
    let mut expected: Vec<(f32, String)> = vectors
        .iter()
        .enumerate()
        .map(|(number, vector)| {
            let cosine = vector.iter().zip(&query).map(|(a, b)| a * b).sum();
            (cosine, format!("/p/{number:05}"))
        })
        .collect();
    expected.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (rows, _) = reader
        .nearest(&query, 20, SearchMode::Exact, RowFilter::All)
        .unwrap();
    assert_eq!(rows.len(), 20);
    for ((row, found), (cosine, path)) in rows.iter().zip(&expected) {
        let photos = reader.photos_of(*row, None).unwrap();
        assert_eq!(photos[0].0, path.as_bytes());
        assert!((found - cosine).abs() < CODED, "{found} {cosine}");
    }
}

/// A block of 64 rows is mapped as a whole, and later commits fill its other rows.
#[test]
fn rows_that_are_written_into_a_published_block_are_not_read() {
    let (folder, mut writer, mut numbers) = filled(100);
    writer.publish().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    let vectors = || (0..100).map(|row| reader.vector(RowId(row)));
    let before: Vec<_> = vectors().collect();
    assert!(before.iter().all(Option::is_some));
    let more = (0..20).map(|number| photo(&format!("/q/{number}"), Some(numbers.vector())));
    writer.commit(photos(more.collect())).unwrap();
    assert!(vectors().eq(before));
    assert!((100..130).all(|row| reader.vector(RowId(row)).is_none()));
    assert_eq!(reader.vector(RowId(u32::MAX)), None);
    assert!(reader.damage().is_empty());
}

#[test]
fn paths_of_one_content_share_a_row_and_are_both_found() {
    let (folder, mut writer, mut numbers) = filled(5);
    let vector = numbers.vector();
    let twins = vec![
        photo("/a/twin", Some(vector.clone())),
        photo("/b/twin", None),
    ];
    writer.commit(photos(twins)).unwrap();
    writer.publish().unwrap();
    assert_eq!(writer.manifest().rows, 6);
    assert_eq!(writer.manifest().photos, 7);
    let reader = Reader::open(folder.path()).unwrap();
    let (found, _) = paths(&reader, &vector, 1, SearchMode::Auto);
    assert_eq!(found, ["/a/twin", "/b/twin"]);
}

#[test]
fn removed_photos_are_not_found_and_keep_their_row() {
    let (folder, mut writer, mut numbers) = filled(40);
    let removed = (0..39)
        .map(|number| format!("/p/{number:05}").into())
        .collect();
    writer
        .commit(Batch {
            removed,
            ..Batch::default()
        })
        .unwrap();
    writer.publish().unwrap();
    let reader = Reader::open(folder.path()).unwrap();
    let (found, _) = paths(&reader, &numbers.vector(), 10, SearchMode::Auto);
    assert_eq!(found, ["/p/00039"]);
    writer
        .commit(photos(vec![photo("/p/00007", None)]))
        .unwrap();
    writer.publish().unwrap();
    assert_eq!((writer.manifest().rows, writer.manifest().photos), (40, 2));
    // A new reader sees the photo again.
    let reader = Reader::open(folder.path()).unwrap();
    let (mut found, _) = paths(&reader, &numbers.vector(), 10, SearchMode::Auto);
    found.sort();
    assert_eq!(found, ["/p/00007", "/p/00039"]);
}
