mod damage;
mod dead_rows;
mod endings;
mod erasing;
mod failing;
mod films;
mod filtering;
mod golden;
mod impossible;
mod motion;
mod mutations;
mod remaking;
mod roots;
mod searching;

use crate::{
    Batch, FailureKind, FailureRecord, GraphBuilder, IndexError, Manifest, ModelIdentity, NewPhoto,
    PhotoFacts, Reader, Route, RowFilter, SearchMode, Stamp, Writer, WriterOptions, read_failures,
};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

const DIMENSION: usize = 32;

/// The error of a cosine by 12-bit codes. Each of 32 components is rounded by up to half a step,
/// and a step is at most 1/2032 of a residual below 1.
const CODED: f32 = 2e-4;

fn model(fingerprint: &str) -> ModelIdentity {
    ModelIdentity {
        name: "test".into(),
        fingerprint: fingerprint.into(),
        dimension: DIMENSION,
        folder: None,
    }
}

/// Builds a graph as soon as there is a row.
const GRAPH_AT_ONCE: WriterOptions = WriterOptions {
    graph_from: 1,
    graph_builder: GraphBuilder::Flat,
};

fn open(index: &Path) -> Result<Writer, IndexError> {
    let mut writer = Writer::open(index, &model("a"), GRAPH_AT_ONCE)?;
    writer.set_precision("f32")?;
    Ok(writer)
}

/// Numbers that look random and are the same in every run (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    #[expect(clippy::cast_precision_loss, reason = "24 bits are exact in f32")]
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / 8_388_608.0 - 1.0
    }

    /// A unit vector in a narrow cone, as CLIP's: the sum of a common and a random direction.
    fn vector(&mut self) -> Vec<f32> {
        let mut vector: Vec<f32> = (0..DIMENSION).map(|_| self.next()).collect();
        vector[0] += 1.5;
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter().map(|x| x / length).collect()
    }

    /// The vectors of two frames of a film.
    fn frames(&mut self) -> [Vec<f32>; 2] {
        [self.vector(), self.vector()]
    }
}

fn photo(name: &str, vector: Option<Vec<f32>>) -> NewPhoto {
    let content = name.rsplit('/').next().unwrap_or(name);
    let mut hash = [0; 32];
    hash[..content.len()].copy_from_slice(content.as_bytes());
    NewPhoto {
        path: name.into(),
        content: hash,
        stamp: Stamp {
            size: 1,
            modified: 2,
            changed: 4,
            identity: 3,
        },
        facts: PhotoFacts::default(),
        vectors: vector.into_iter().collect(),
    }
}

fn photos(batch: Vec<NewPhoto>) -> Batch {
    Batch {
        photos: batch,
        ..Batch::default()
    }
}

/// Makes an index of `count` photos. Returns the generator of its vectors, too.
fn filled(count: usize) -> (TempDir, Writer, Numbers) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path()).unwrap();
    let mut numbers = Numbers(1);
    let all: Vec<NewPhoto> = (0..count)
        .map(|number| photo(&format!("/p/{number:05}"), Some(numbers.vector())))
        .collect();
    for batch in all.chunks(64) {
        writer.commit(photos(batch.to_vec())).unwrap();
    }
    (folder, writer, numbers)
}

fn extend_graph(writer: &mut Writer) {
    let stop = AtomicBool::new(false);
    writer.extend_graph(&stop, &mut |_| {}).unwrap();
}

/// The paths of the `k` nearest rows.
fn paths(reader: &Reader, query: &[f32], k: usize, mode: SearchMode) -> (Vec<String>, Route) {
    let (rows, route) = reader.nearest(query, k, mode, RowFilter::All).unwrap();
    let photos = rows
        .into_iter()
        .flat_map(|(row, _)| reader.photos_of(row, None).unwrap());
    let paths = photos.map(|(path, _)| String::from_utf8(path).unwrap());
    (paths.collect(), route)
}

#[test]
fn every_commit_updates_the_counts() {
    let (_folder, mut writer, _) = filled(3);
    let failure = FailureRecord {
        stamp: photo("x", None).stamp,
        kind: FailureKind::Corrupt,
        reason: "cut off".into(),
    };
    let mut check = |batch: Batch, expected: (u64, u64, u64)| {
        writer.commit(batch).unwrap();
        writer.publish().unwrap();
        let manifest = writer.manifest();
        assert_eq!(
            (manifest.photos, manifest.offline, manifest.failures),
            expected
        );
    };
    let offline = |path: &str| Batch {
        offline: vec![path.into()],
        ..Batch::default()
    };
    let failed = |path: &str| Batch {
        failures: vec![(path.into(), failure.clone())],
        ..Batch::default()
    };
    let removed = |path: &str| Batch {
        removed: vec![path.into()],
        ..Batch::default()
    };
    check(offline("/p/00000"), (3, 1, 0));
    check(offline("/p/00000"), (3, 1, 0));
    check(failed("/p/00000"), (2, 0, 1));
    check(failed("/p/00000"), (2, 0, 1));
    check(photos(vec![photo("/p/00000", None)]), (3, 0, 0));
    check(removed("/p/00001"), (2, 0, 0));
    check(removed("/p/00001"), (2, 0, 0));
    check(failed("/elsewhere"), (2, 0, 1));
    check(removed("/elsewhere"), (2, 0, 0));
}

#[test]
fn failures_are_published_with_their_bytes() {
    let (folder, mut writer, _) = filled(1);
    let failure = FailureRecord {
        stamp: photo("x", None).stamp,
        kind: FailureKind::Corrupt,
        reason: "cut off\nhere".into(),
    };
    let path = b"/caf\xe9.jpg".to_vec();
    writer
        .commit(Batch {
            failures: vec![(path.clone(), failure.clone())],
            ..Batch::default()
        })
        .unwrap();
    writer.publish().unwrap();
    let failures = read_failures(folder.path()).unwrap();
    assert_eq!(failures[0].path.bytes(), path);
    assert_eq!(failures[0].failure, failure);
}

#[test]
fn uncommitted_rows_are_truncated() {
    let (folder, writer, mut numbers) = filled(70);
    drop(writer);
    let path = folder.path().join("vectors/1.bin");
    let whole = std::fs::read(&path).unwrap();
    let mut longer = whole.clone();
    longer.extend([0xab; 777]);
    std::fs::write(&path, longer).unwrap();
    let mut writer = open(folder.path()).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    writer
        .commit(photos(vec![photo("/new", Some(numbers.vector()))]))
        .unwrap();
    writer.publish().unwrap();
    drop(writer);
    Reader::open(folder.path()).unwrap();
    // A file with fewer rows than the catalog has is damaged.
    std::fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    assert!(matches!(
        open(folder.path()),
        Err(IndexError::Damaged { .. })
    ));
}

#[test]
fn a_batch_with_a_vector_of_another_length_is_refused_as_a_whole() {
    let (_folder, mut writer, mut numbers) = filled(2);
    for bad in [
        vec![f32::NAN; DIMENSION],
        vec![0.0; DIMENSION],
        vec![1.0; DIMENSION],
        vec![1.0],
    ] {
        let batch = vec![
            photo("/good", Some(numbers.vector())),
            photo("/bad", Some(bad)),
        ];
        assert!(matches!(
            writer.commit(photos(batch)),
            Err(IndexError::Vector { .. })
        ));
    }
    assert!(
        writer
            .commit(photos(vec![photo("/unknown", None)]))
            .is_err()
    );
    // The next commits count only the rows of accepted batches.
    writer.set_root(b"/p", crate::RootState::Online).unwrap();
    writer.publish().unwrap();
    assert_eq!((writer.manifest().rows, writer.manifest().photos), (2, 2));
    writer
        .commit(photos(vec![photo("/good", Some(numbers.vector()))]))
        .unwrap();
    writer.publish().unwrap();
    assert_eq!((writer.manifest().rows, writer.manifest().photos), (3, 3));
}

#[test]
fn another_model_and_another_format_are_refused_by_name() {
    let (folder, writer, _) = filled(1);
    drop(writer);
    let other = Writer::open(folder.path(), &model("b"), GRAPH_AT_ONCE);
    assert!(matches!(other, Err(IndexError::OtherModel { .. })));
    let whole = Manifest::read(folder.path()).unwrap();
    for format in [whole.format - 1, whole.format + 1] {
        let other = Manifest {
            format,
            ..whole.clone()
        };
        other.write(folder.path()).unwrap();
        for refused in [
            Reader::open(folder.path()).map(drop),
            open(folder.path()).map(drop),
        ] {
            assert!(
                matches!(refused, Err(IndexError::OtherFormat { found, .. }) if found == format)
            );
        }
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        Reader::open(empty.path()),
        Err(IndexError::Absent(_))
    ));
}

#[test]
fn known_paths_are_sorted_and_below_their_root() {
    let (_folder, mut writer, mut numbers) = filled(0);
    let mut names = ["/r-x/a", "/r/a", "/r/b/c", "/r/b.c", "/r0", "/q"];
    let all = names
        .iter()
        .map(|name| photo(name, Some(numbers.vector())))
        .map(|found| NewPhoto {
            content: [found.path[found.path.len() - 1]; 32],
            ..found
        })
        .collect();
    writer.commit(photos(all)).unwrap();
    let failure = FailureRecord {
        stamp: photo("x", None).stamp,
        kind: FailureKind::Corrupt,
        reason: String::new(),
    };
    writer
        .commit(Batch {
            failures: vec![(b"/r/b".to_vec(), failure)],
            ..Batch::default()
        })
        .unwrap();
    let view = writer.view();
    let known = |root: &str| -> Vec<String> {
        view.known_below(root.as_bytes())
            .map(|entry| String::from_utf8(entry.unwrap().0).unwrap())
            .collect()
    };
    assert_eq!(known("/r"), ["/r/a", "/r/b", "/r/b.c", "/r/b/c"]);
    assert_eq!(known("/r/b"), ["/r/b", "/r/b/c"]);
    assert_eq!(known("/q"), ["/q"]);
    names.sort_unstable();
    assert_eq!(known("").len(), names.len() + 1);
}
