use super::{Links, Walk, WalkItem, WalkOptions};
use crate::bytes_of;
use std::path::Path;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The files and the errors of a walk, relative to its folder.
fn walk(folder: &Path, options: &WalkOptions) -> (Vec<String>, Vec<String>) {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for found in Walk::new(folder, options).unwrap() {
        let (path, list) = match &found {
            WalkItem::File(seen) => (&seen.path, &mut files),
            WalkItem::Error(error) => (&error.path, &mut errors),
        };
        list.push(
            path.strip_prefix(folder)
                .unwrap()
                .to_string_lossy()
                .into_owned(),
        );
    }
    (files, errors)
}

#[test]
fn files_come_in_the_order_of_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "a-b.png",
        "a.png",
        "a/b.png",
        "a/z/c.png",
        "a0.png",
        "a/b/c.png",
        "B.png",
    ];
    for name in names {
        write(folder.path(), name, PNG);
    }
    let (files, errors) = walk(folder.path(), &WalkOptions::default());
    let mut sorted = names.map(String::from);
    sorted.sort_by(|a, b| bytes_of(Path::new(a)).cmp(&bytes_of(Path::new(b))));
    assert_eq!(files, sorted);
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn names_and_magic_decide_what_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.JPG", "b.heic", "c.txt", "d.doc"] {
        write(folder.path(), name, b"");
    }
    write(folder.path(), "magic", PNG);
    write(folder.path(), "no-magic", b"BM is no bitmap");
    let (files, _) = walk(folder.path(), &WalkOptions::default());
    assert_eq!(files, ["a.JPG", "b.heic", "magic"]);
}

#[test]
fn ignore_files_and_excludes_hold_below_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "x/a.png",
        "x/b.png",
        "x/y/a.png",
        "y/a.png",
        "z/keep.png",
        "z/w/a.png",
    ] {
        write(folder.path(), name, PNG);
    }
    write(
        folder.path(),
        "x/.pixseekignore",
        b"# here\n/a.png\ny/\n!b.png\n[\n",
    );
    let options = WalkOptions {
        excludes: vec!["z/w".into()],
        ..WalkOptions::default()
    };
    let (files, errors) = walk(folder.path(), &options);
    assert_eq!(files, ["x/b.png", "y/a.png", "z/keep.png"]);
    assert_eq!(errors, ["x/.pixseekignore"; 2], "`!` and `[` are reported");
    let bad = WalkOptions {
        excludes: vec!["[".into()],
        ..WalkOptions::default()
    };
    assert!(Walk::new(folder.path(), &bad).is_err());
}

#[cfg(unix)]
#[test]
fn links_are_followed_only_on_wish_and_never_in_circles() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    write(elsewhere.path(), "far.png", PNG);
    write(folder.path(), "near/a.png", PNG);
    symlink(elsewhere.path(), folder.path().join("link")).unwrap();
    symlink(folder.path(), folder.path().join("near/circle")).unwrap();
    let (files, errors) = walk(folder.path(), &WalkOptions::default());
    assert_eq!((files, errors.len()), (vec!["near/a.png".to_owned()], 0));
    let options = WalkOptions {
        links: Links::Follow,
        ..WalkOptions::default()
    };
    let (files, errors) = walk(folder.path(), &options);
    assert_eq!(files, ["link/far.png", "near/a.png"]);
    assert_eq!(errors, ["near/circle"]);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_kept() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let name = OsStr::from_bytes(b"caf\xe9.png");
    std::fs::write(folder.path().join(name), PNG).unwrap();
    let found = Walk::new(folder.path(), &WalkOptions::default())
        .unwrap()
        .next();
    let Some(WalkItem::File(seen)) = found else {
        panic!("{found:?}");
    };
    assert_eq!(seen.path.file_name(), Some(name));
    assert_eq!(crate::path_of(&bytes_of(&seen.path)), seen.path);
}

#[test]
fn folders_apart_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.png", "x-old/b.png", "x/c.png", "x/y/d.png", "z.png"] {
        write(folder.path(), name, PNG);
    }
    let options = WalkOptions {
        apart: vec![folder.path().join("x"), folder.path().join("z.png")],
        ..WalkOptions::default()
    };
    let (files, errors) = walk(folder.path(), &options);
    assert_eq!(files, ["a.png", "x-old/b.png"]);
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn a_part_of_a_walk_obeys_the_rules_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in [
        "a/b/one.png",
        "a/b/two.tmp.png",
        "a/b/three.png",
        "a/.h/four.png",
    ] {
        write(root, name, PNG);
    }
    write(root, "a/.pixseekignore", b"three.*\n");
    let options = WalkOptions {
        excludes: vec!["*.tmp.*".into()],
        ..WalkOptions::default()
    };
    let part = |below: &str| Walk::below(root, &root.join(below), &options).unwrap();
    let files = |walk: Walk| -> Vec<_> {
        walk.map(|found| match found {
            WalkItem::File(seen) => seen.path,
            WalkItem::Error(error) => panic!("{error:?}"),
        })
        .collect()
    };
    for below in ["", "a", "a/b"] {
        assert_eq!(
            files(part(below).unwrap()),
            [root.join("a/b/one.png")],
            "{below}"
        );
    }
    assert!(part("a/.h").is_none());
    let folders: Vec<_> = part("a").unwrap().folders().collect();
    assert_eq!(folders, [root.join("a"), root.join("a/b")]);
}

#[test]
fn a_folder_whose_ignore_file_cannot_be_read_is_not_walked() {
    for bytes in [&b"private\ncaf\xe9\n"[..], &vec![b'#'; (1 << 20) + 1]] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "x/private/a.png", PNG);
        write(folder.path(), "y.png", PNG);
        write(folder.path(), "x/.pixseekignore", bytes);
        let (files, errors) = walk(folder.path(), &WalkOptions::default());
        assert_eq!(
            (files, errors),
            (vec!["y.png".to_owned()], vec!["x".to_owned()])
        );
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_an_ignore_file_s_place_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.png", PNG);
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join(".pixseekignore"))
        .status();
    assert!(made.unwrap().success());
    let (files, errors) = walk(folder.path(), &WalkOptions::default());
    assert_eq!((files, errors), (vec![], vec![String::new()]));
}

/// walkdir does not open a folder of another file system, and skipping what is not open skips
/// the folder around it.
#[cfg(target_os = "linux")]
#[test]
fn a_left_out_folder_of_another_file_system_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "z.png", PNG);
    std::os::unix::fs::symlink("/proc/self", folder.path().join(".proc")).unwrap();
    let options = WalkOptions {
        links: Links::Follow,
        one_file_system: true,
        ..WalkOptions::default()
    };
    let (files, errors) = walk(folder.path(), &options);
    assert_eq!((files, errors.len()), (vec!["z.png".to_owned()], 0));
}

/// std's sort may panic when the order of two names changes meanwhile.
#[cfg(unix)]
#[test]
fn the_order_of_links_holds_while_their_targets_change() {
    use std::cmp::Ordering;
    let folder = tempfile::tempdir().unwrap();
    let target = tempfile::tempdir().unwrap();
    write(folder.path(), "a-b.png", PNG);
    std::os::unix::fs::symlink(target.path(), folder.path().join("a")).unwrap();
    let mut names: Vec<walkdir::DirEntry> = walkdir::WalkDir::new(folder.path())
        .min_depth(1)
        .into_iter()
        .map(Result::unwrap)
        .collect();
    names.sort_by_key(|name| name.file_name().len());
    let mut order = super::Order::new(Links::Follow);
    // As a folder, `a/` comes behind `a-b.png`; as a file, `a` comes in front of it.
    assert_eq!(order.compare(&names[0], &names[1]), Ordering::Greater);
    drop(target);
    assert_eq!(order.compare(&names[0], &names[1]), Ordering::Greater);
}
