use super::Counts;
use crate::{CommonRules, Roots};
use pixseek_index::{ModelIdentity, RootSettings, Writer, WriterOptions};
use pixseek_photos::bytes_of;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn the_counting_walk_ends_with_the_main_walk() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.png", "b.png"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let index = tempfile::tempdir().unwrap();
    let model = ModelIdentity {
        name: "test".into(),
        fingerprint: "a".into(),
        dimension: 32,
        folder: None,
    };
    let mut writer = Writer::open(index.path(), &model, WriterOptions::default()).unwrap();
    let root = bytes_of(folder.path());
    writer.set_settings(&root, RootSettings::default()).unwrap();
    let roots = Roots::of(&writer, &CommonRules::default()).unwrap();
    let scopes = roots.scopes(&[]);
    for (is_over, expected) in [(false, 2), (true, 0)] {
        let counts = Counts::default();
        counts.is_over.store(is_over, Ordering::Relaxed);
        counts.count(&scopes, &AtomicBool::new(false));
        assert_eq!(counts.counted.load(Ordering::Relaxed), expected);
    }
}
