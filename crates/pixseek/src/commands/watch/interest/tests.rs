use super::concerns;
use notify::event::{AccessKind, CreateKind, DataChange, Flag, ModifyKind, RemoveKind, RenameMode};
use notify::{Event, EventKind};
use pixseek_engine::{CommonRules, Index, Interest, ModelIdentity, SettingsChange};
use std::path::Path;

const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
const REMOVED: EventKind = EventKind::Remove(RemoveKind::Any);
const MOVED: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::From));

/// Creates a root with the index inside it, a second root in a hidden folder, and a forgotten
/// folder.
fn interest(root: &Path) -> Interest {
    for folder in ["a/cache", "a/gone", ".own", "forgotten"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    std::fs::write(root.join("a/.pixseekignore"), "cache/\n*.tmp.*\n").unwrap();
    std::fs::write(root.join("text.txt"), "").unwrap();
    std::fs::write(root.join("text"), "no photo").unwrap();
    std::fs::write(root.join("magic"), b"\x89PNG\r\n\x1a\n").unwrap();
    let index = root.join("index");
    let model = ModelIdentity {
        name: "test".into(),
        fingerprint: "a".into(),
        dimension: 32,
        folder: None,
    };
    let common = CommonRules::default();
    let mut writing = Index::open(&index, &model).unwrap();
    for folder in [
        root.to_path_buf(),
        root.join(".own"),
        root.join("forgotten"),
    ] {
        let change = SettingsChange {
            exclude: vec!["*.left.*".into()],
            ..SettingsChange::default()
        };
        writing.add_folder(&folder, &change, &common).unwrap();
    }
    writing.forget(&root.join("forgotten")).unwrap();
    let scopes = writing.roots(&common).unwrap().scopes(&[]);
    let mut interest = Interest::new(&index);
    for folder in scopes.iter().flat_map(|scope| scope.folders().unwrap()) {
        interest.add_folder(folder);
    }
    interest.set_scopes(scopes);
    interest
}

#[test]
fn only_changes_that_a_walk_would_see_start_a_pass() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let mut interest = interest(&root);
    std::fs::remove_dir(root.join("a/gone")).unwrap();
    for (kind, path, expected) in [
        (WRITTEN, "x.jpg", true),
        (WRITTEN, "x.mp4", cfg!(feature = "video")),
        (WRITTEN, "x.mp3", false),
        (WRITTEN, "magic", true),
        (WRITTEN, "text", false),
        (WRITTEN, "text.txt", false),
        (REMOVED, "x.jpg", true),
        (REMOVED, "x.txt", false),
        (REMOVED, "lock", false),
        (MOVED, "a/gone", true),
        (EventKind::Remove(RemoveKind::Folder), "new", true),
        (EventKind::Create(CreateKind::Folder), "new", true),
        (EventKind::Access(AccessKind::Any), "x.jpg", false),
        (WRITTEN, "index/LOCK", false),
        (WRITTEN, "index/x.jpg", false),
        (WRITTEN, ".git/x.jpg", false),
        (WRITTEN, ".x.jpg", false),
        (WRITTEN, ".own/x.jpg", true),
        (WRITTEN, ".own/.x.jpg", false),
        (WRITTEN, "a/x.jpg", true),
        (WRITTEN, "a/x.tmp.jpg", false),
        (WRITTEN, "a/x.left.jpg", false),
        (WRITTEN, "a/cache/x.jpg", false),
        (EventKind::Create(CreateKind::Folder), "a/cache/new", false),
        (WRITTEN, "a/.pixseekignore", true),
        (WRITTEN, ".git/.pixseekignore", false),
        (WRITTEN, "forgotten/x.jpg", false),
    ] {
        let event = Event::new(kind).add_path(root.join(path));
        assert_eq!(concerns(&mut interest, &event), expected, "{kind:?} {path}");
    }
    let elsewhere = Event::new(WRITTEN).add_path(root.with_file_name("x.jpg"));
    assert!(!concerns(&mut interest, &elsewhere));
    let lost = Event::new(EventKind::Other).set_flag(Flag::Rescan);
    assert!(concerns(&mut interest, &lost), "the system lost messages");
}
