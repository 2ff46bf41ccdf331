//! Exports photos into folders, and reads them back.

use super::export;
use crate::effect::{Export, ExportForm};
use crate::message::Message;
use pixseek_engine::bytes_of;
use std::path::Path;

/// Exports photos, creates the folder if needed, and returns the notice.
fn put(paths: &[Vec<u8>], folder: &Path, form: ExportForm) -> String {
    let end = export(Export {
        paths: paths.to_vec(),
        folder: folder.to_str().unwrap().into(),
        form,
        makes_folder: true,
    });
    let Message::Notice(said) = end else {
        panic!("{end:?}");
    };
    said
}

#[test]
fn copies_and_links_replace_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (a, b) = (
        place.path().join("a/dog.jpg"),
        place.path().join("b/dog.jpg"),
    );
    for (path, content) in [(&a, "one"), (&b, "two")] {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let paths = [&a, &b].map(|path| bytes_of(path).to_vec());
    let folder = place.path().join("new/folder");
    let said = put(&paths, &folder, ExportForm::Copies);
    assert!(said.starts_with("copied 2 into "), "{said}");
    let said = put(&paths, &folder, ExportForm::Copies);
    assert!(said.ends_with(", 2 there already"), "{said}");
    let said = put(&paths[..1], &folder, ExportForm::Links);
    assert!(said.starts_with("linked 1 into "), "{said}");
    let said = put(&paths[..1], &folder, ExportForm::Links);
    assert!(said.ends_with(", 1 there already"), "{said}");
    for (name, content) in [
        ("dog.jpg", "one"),
        ("dog (2).jpg", "two"),
        ("dog (3).jpg", "one"),
    ] {
        assert_eq!(
            std::fs::read_to_string(folder.join(name)).unwrap(),
            content,
            "{name}"
        );
    }
    let facts = |path: &std::path::Path| path.metadata().unwrap().modified().unwrap();
    assert_eq!(
        facts(&folder.join("dog.jpg")),
        facts(&a),
        "the date is kept"
    );
    std::fs::remove_file(&a).unwrap();
    for form in [ExportForm::Copies, ExportForm::Links] {
        let said = put(&paths[..1], &folder, form);
        assert!(
            said.starts_with("1 failed: No such file") && said.contains("dog.jpg"),
            "{said}"
        );
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 3);
}

#[cfg(unix)]
#[test]
fn copies_keep_their_mode_and_follow_no_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("shared");
    std::fs::create_dir(&folder).unwrap();
    let valuable = place.path().join("valuable");
    std::fs::write(&valuable, "kept").unwrap();
    // An attacker has put links at a guessable temporary name and at the name of the copy.
    let part = format!(".pixseek-{}.part", std::process::id());
    symlink(&valuable, folder.join(part)).unwrap();
    symlink(place.path().join("nothing"), folder.join("dog.jpg")).unwrap();
    let photo = place.path().join("dog.jpg");
    for mode in [0o600, 0o640, 0o4755] {
        // Each mode has its own content: the export would skip a copy that exists already.
        std::fs::write(&photo, format!("dog {}", mode & 0o777)).unwrap();
        std::fs::set_permissions(&photo, PermissionsExt::from_mode(mode)).unwrap();
        let paths = [bytes_of(&photo).to_vec()];
        let said = put(&paths, &folder, ExportForm::Copies);
        assert!(said.starts_with("copied 1 into "), "{said}");
    }
    for (name, mode) in [(2, 0o600), (3, 0o640), (4, 0o755)] {
        let copy = folder.join(format!("dog ({name}).jpg"));
        let facts = copy.symlink_metadata().unwrap();
        assert!(facts.is_file());
        assert_eq!(facts.permissions().mode() & 0o7777, mode);
        let content = std::fs::read_to_string(&copy).unwrap();
        assert_eq!(content, format!("dog {mode}"));
    }
    assert_eq!(std::fs::read_to_string(&valuable).unwrap(), "kept");
    assert!(!place.path().join("nothing").exists());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 5);
}

#[test]
fn a_folder_is_made_only_when_asked_and_a_reason_comes_first() {
    let place = tempfile::tempdir().unwrap();
    let wanted = Export {
        paths: vec![b"/dog.jpg".to_vec()],
        folder: place.path().join("new").to_str().unwrap().into(),
        form: ExportForm::Copies,
        makes_folder: false,
    };
    let end = export(wanted.clone());
    assert!(matches!(end, Message::NoFolder(again) if again == wanted));
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    let said = put(&[], &place.path().join("y".repeat(300)), ExportForm::Copies);
    assert!(
        said.starts_with("cannot use the folder: File name too long"),
        "{said}"
    );
}
