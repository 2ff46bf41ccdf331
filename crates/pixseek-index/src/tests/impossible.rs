//! Files with correct checksums and impossible numbers, from a bug or an attacker. The error names
//! the file, and no code computes with the numbers.

use super::damage::copy;
use super::{GRAPH_AT_ONCE, extend_graph, filled, model, paths};
use crate::chunks::sums;
use crate::rows::MOST_ROWS;
use crate::{IndexError, Manifest, Reader, RowFilter, SearchMode, Writer, graph, verify};
use std::path::Path;
use tempfile::TempDir;

const PHOTOS: usize = 128;

fn whole() -> (TempDir, Vec<f32>) {
    let (folder, mut writer, mut numbers) = filled(PHOTOS);
    writer.publish().unwrap();
    extend_graph(&mut writer);
    (folder, numbers.vector())
}

fn is_damaged(result: Result<(), IndexError>, file: &Path) -> bool {
    matches!(result, Err(IndexError::Damaged { path, .. }) if path == file)
}

#[test]
fn impossible_numbers_in_a_manifest_are_refused() {
    let (folder, _) = whole();
    let copied = tempfile::tempdir().unwrap();
    let index = copied.path();
    copy(folder.path(), index);
    let whole = Manifest::read(index).unwrap();
    assert_eq!(whole.graphs.len(), 1);
    let check = |case: &str, change: &dyn Fn(&mut Manifest)| {
        let mut manifest = whole.clone();
        change(&mut manifest);
        manifest.write(index).unwrap();
        let file = index.join("MANIFEST");
        assert!(is_damaged(Reader::open(index).map(drop), &file), "{case}");
        let opened = Writer::open(index, &model("a"), GRAPH_AT_ONCE);
        assert!(is_damaged(opened.map(drop), &file), "{case}");
        assert_eq!(verify(index).unwrap().damaged.len(), 1, "{case}");
    };
    for dimension in [0, 65_537, usize::MAX / 4, usize::MAX] {
        check("dimension", &|it| it.model.dimension = dimension);
    }
    check("epoch", &|it| it.epoch = u64::MAX);
    check("generation", &|it| it.generation = u64::MAX);
    check("commit", &|it| it.commit = u64::MAX);
    check("row_changes", &|it| it.row_changes = u64::MAX);
    check("rows", &|it| it.rows = MOST_ROWS + 1);
    check("live", &|it| it.live.insert(crate::RowId(it.rows)));
    check("first", &|it| it.graphs[0].first = u32::MAX);
    check("rows of a graph", &|it| it.graphs[0].rows += 1);
    check("graphs over one another", &|it| {
        it.graphs.push(it.graphs[0].clone());
    });
    // The original is still accepted.
    whole.write(index).unwrap();
    assert!(Reader::open(index).is_ok());
}

#[test]
fn a_graph_that_is_longer_than_any_file_is_damaged() {
    let (folder, _) = whole();
    let index = folder.path();
    let mut manifest = Manifest::read(index).unwrap();
    for bytes in [u64::MAX, u64::MAX - 4096, 1 << 62] {
        manifest.graphs[0].bytes = bytes;
        manifest.write(index).unwrap();
        let file = graph::path(index, manifest.graphs[0].generation);
        let damaged = verify(index).unwrap().damaged;
        let is_named =
            |error: &IndexError| matches!(error, IndexError::Damaged { path, .. } if *path == file);
        assert!(damaged.iter().any(is_named), "{bytes}: {damaged:?}");
    }
}

#[test]
fn links_that_lead_outside_end_the_walk_and_the_rows_are_scanned() {
    let (folder, query) = whole();
    let index = folder.path();
    let exact = {
        let reader = Reader::open(index).unwrap();
        paths(&reader, &query, 9, SearchMode::Exact).0
    };
    let mut manifest = Manifest::read(index).unwrap();
    let entry = &mut manifest.graphs[0];
    let path = graph::path(index, entry.generation);
    let bytes = std::fs::read(&path).unwrap();
    let mut body = bytes[..usize::try_from(entry.bytes).unwrap()].to_vec();
    // The header of 16 words is followed by the offsets of all rows, and then by their links.
    let offsets = 16 * 4;
    let links = offsets + (PHOTOS + 1) * 4;
    let last = u32::from_le_bytes(body[links - 4..links].try_into().unwrap());
    let end = links + usize::try_from(last).unwrap() * 4;
    body[links..end].fill(0xff);
    let sums: Vec<u8> = sums(&body, 4096)
        .iter()
        .flat_map(|sum| sum.to_le_bytes())
        .collect();
    entry.crc = crc32fast::hash(&sums);
    std::fs::write(&path, [body, sums].concat()).unwrap();
    manifest.write(index).unwrap();
    let reader = Reader::open(index).unwrap();
    assert!(reader.damage().is_empty(), "nothing was read yet");
    let mode = SearchMode::Beam(64);
    assert_eq!(paths(&reader, &query, 5, mode).0, exact[..5]);
    assert!(!reader.damage().is_empty());
    assert!(!verify(index).unwrap().damaged.is_empty());
}

/// A beam that is wider than the number of rows takes no more memory than all rows.
#[test]
fn the_memory_of_a_beam_is_limited_by_the_rows() {
    let (folder, query) = whole();
    let reader = Reader::open(folder.path()).unwrap();
    let found = |mode| reader.nearest(&query, 5, mode, RowFilter::All).unwrap().0;
    assert_eq!(
        found(SearchMode::Beam(usize::MAX)),
        found(SearchMode::Exact)
    );
}
