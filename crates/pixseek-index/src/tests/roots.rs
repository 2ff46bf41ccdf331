//! Roots with settings, and forgetting.

use super::{filled, open, photo, photos};
use crate::catalog::Transaction;
use crate::{Forgotten, Manifest, RootSettings, RootState, Writer};
use std::sync::atomic::AtomicBool;

fn known(writer: &Writer) -> Vec<String> {
    let view = writer.view();
    let known = view.known_below(b"").map(|entry| entry.unwrap().0);
    known.map(|path| String::from_utf8(path).unwrap()).collect()
}

fn marks(writer: &Writer) -> Vec<Vec<u8>> {
    let marks = writer.forgotten().unwrap();
    marks.iter().map(|mark| mark.bytes().to_vec()).collect()
}

/// Photos /p/00000 to /p/00002, /p/x/a and /p-old/b, and roots.
fn library(roots: &[&str]) -> (tempfile::TempDir, Writer) {
    let (folder, mut writer, mut numbers) = filled(3);
    for name in ["/p/x/a", "/p-old/b"] {
        let photo = photo(name, Some(numbers.vector()));
        writer.commit(photos(vec![photo])).unwrap();
    }
    for root in roots {
        let settings = RootSettings::default();
        writer.set_settings(root.as_bytes(), settings).unwrap();
    }
    (folder, writer)
}

#[test]
fn a_forgotten_folder_is_marked_while_a_root_lies_above() {
    let (_folder, mut writer) = library(&["/p", "/p-old"]);
    let forgotten = Forgotten {
        photos: 1,
        roots: 0,
        is_marked: true,
    };
    assert_eq!(writer.forget(b"/p/x").unwrap(), forgotten);
    assert_eq!(marks(&writer), [b"/p/x"]);
    assert_eq!(writer.forget(b"/p/x").unwrap(), Forgotten::default());
    let forgotten = Forgotten {
        photos: 3,
        roots: 1,
        is_marked: false,
    };
    assert_eq!(writer.forget(b"/p").unwrap(), forgotten);
    assert!(marks(&writer).is_empty());
    assert_eq!(known(&writer), ["/p-old/b"], "its name only begins alike");
    assert_eq!(writer.forget(b"/nowhere").unwrap(), Forgotten::default());
}

/// A run is killed after the mark and before the last photo is removed.
#[test]
fn the_next_run_finishes_a_killed_forget() {
    for (roots, marked) in [(&["/p"][..], true), (&[], false)] {
        let (_folder, mut writer) = library(roots);
        let mut begun = Transaction {
            forgotten: vec![(b"/p/x".to_vec(), true)],
            ..Transaction::default()
        };
        writer.apply(&mut begun).unwrap();
        assert_eq!(writer.finish_forgetting().unwrap(), 1);
        assert_eq!(known(&writer).len(), 4);
        assert_eq!(marks(&writer).len(), usize::from(marked), "{roots:?}");
        assert_eq!(writer.finish_forgetting().unwrap(), 0);
    }
}

#[test]
fn a_root_below_a_forgotten_folder_keeps_its_photos() {
    let (_folder, mut writer) = library(&["/p"]);
    writer.forget(b"/p").unwrap();
    let (_folder, mut writer) = library(&["/"]);
    writer.forget(b"/p").unwrap();
    assert_eq!(marks(&writer), [b"/p"]);
    let settings = RootSettings::default();
    writer.set_settings(b"/p/x", settings.clone()).unwrap();
    writer.commit(photos(vec![photo("/p/x/a", None)])).unwrap();
    assert_eq!(writer.finish_forgetting().unwrap(), 0);
    assert_eq!(known(&writer), ["/p-old/b", "/p/x/a"]);
    // Indexing the folder itself again ends the forgetting.
    writer.set_settings(b"/p", settings).unwrap();
    assert!(marks(&writer).is_empty());
}

#[test]
fn a_remade_catalog_has_the_settings() {
    let (folder, mut writer) = library(&["/p"]);
    let index = folder.path();
    let published = RootSettings {
        hidden: true,
        excludes: vec!["*.tmp.*".into()],
        ..RootSettings::default()
    };
    writer.set_settings(b"/p", published.clone()).unwrap();
    writer.set_root(b"/p", RootState::Online).unwrap();
    writer.forget(b"/p/x").unwrap();
    assert!(!writer.is_published().unwrap());
    writer.publish().unwrap();
    assert!(writer.is_published().unwrap());
    // Only the journal has this commit.
    let followed = RootSettings {
        follow_links: true,
        ..published.clone()
    };
    writer.set_settings(b"/p-old", followed.clone()).unwrap();
    writer.forget(b"/p/00001").unwrap();
    assert!(!writer.is_published().unwrap());
    let roots = writer.roots().unwrap();
    drop(writer);
    std::fs::remove_file(index.join("catalog/1.sealed")).unwrap();
    std::fs::write(index.join("catalog/1/db"), b"nothing").unwrap();

    let writer = open(index).unwrap();
    assert_eq!(writer.roots().unwrap(), roots);
    assert_eq!(roots[0].settings, published);
    assert_eq!(roots[0].state, RootState::Online);
    assert_eq!(roots[1].settings, followed);
    assert_eq!(roots[1].state, RootState::New);
    assert_eq!(marks(&writer), [&b"/p/00001"[..], b"/p/x"]);
}

#[test]
fn compacting_keeps_settings_and_forgotten_paths() {
    let (folder, mut writer) = library(&["/p-old"]);
    let settings = RootSettings {
        hidden: true,
        excludes: vec!["*.tmp.*".into()],
        ..RootSettings::default()
    };
    writer.set_settings(b"/p", settings).unwrap();
    writer.publish().unwrap();
    // Committed but not published.
    writer.forget(b"/p/x").unwrap();
    let roots = writer.roots().unwrap();

    let report = writer.compact(&AtomicBool::new(false)).unwrap().unwrap();
    assert_eq!(report.dropped_rows, 1);
    assert!(writer.is_published().unwrap());
    let manifest = Manifest::read(folder.path()).unwrap();
    assert_eq!(manifest.roots, roots);
    assert_eq!(manifest.forgotten[0].bytes(), b"/p/x");
    drop(writer);

    let writer = open(folder.path()).unwrap();
    assert_eq!(writer.roots().unwrap(), roots);
    assert_eq!(marks(&writer), [b"/p/x"]);
}
