//! The number of photos for each ending of their names.

use super::{Numbers, open, photo, photos};
use crate::{Batch, Reader};

#[test]
fn photos_are_counted_by_ending() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(folder.path()).unwrap();
    let counts = || {
        let endings = Reader::open(folder.path()).unwrap().endings().unwrap();
        let endings = endings.into_iter();
        endings
            .map(|(ending, count)| format!("{ending}:{count}"))
            .collect::<Vec<_>>()
    };
    writer.publish().unwrap();
    assert!(counts().is_empty());
    let mut numbers = Numbers(3);
    // Two publications make two segments, which number their endings differently.
    for names in [
        &["a.jpg", "b.JPG", "c.heic", "folder.d/none"][..],
        &["d.avif", "e.heic", "f.tar.jpg"],
    ] {
        let some = names
            .iter()
            .map(|name| photo(&format!("/p/{name}"), Some(numbers.vector())));
        writer.commit(photos(some.collect())).unwrap();
        writer.publish().unwrap();
    }
    assert_eq!(counts(), [":1", "avif:1", "heic:2", "jpg:3"]);
    writer
        .commit(Batch {
            removed: vec![b"/p/b.JPG".to_vec(), b"/p/d.avif".to_vec()],
            ..Batch::default()
        })
        .unwrap();
    writer.publish().unwrap();
    assert_eq!(counts(), [":1", "heic:2", "jpg:2"]);
}
