//! Only the user can read what pixseek writes, and forgotten photos leave no trace on the disk.

use crate::interface::{Window, wait_for};
use crate::pixseek::{Run, World, jpeg};
use libtest_mimic::Trial;
use pixseek_engine::Pictures;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    let trial = |name: &str, run: fn(&World), is_possible: bool| {
        Trial::test(name, move || {
            run(&World::new());
            Ok(())
        })
        .with_ignored_flag(!is_possible)
    };
    vec![
        trial(
            "privacy::files_are_private_under_any_umask",
            no_umask,
            cfg!(unix),
        ),
        trial(
            "privacy::files_of_the_interface_are_private_under_any_umask",
            no_umask_with_an_interface,
            cfg!(unix) && Window::is_possible(),
        ),
        trial("privacy::forgetting_leaves_no_byte", forgotten, true),
        trial(
            "privacy::an_index_with_open_modes_is_made_private",
            closed_again,
            cfg!(unix),
        ),
    ]
}

/// Runs the program with its default folders and with the umask of the shell.
fn run_under(world: &World, umask: &str, arguments: &[&str]) -> Run {
    let home = world.home();
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_pixseek"))
        .args(arguments)
        .current_dir(world.photos())
        .env("HOME", &home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_CONFIG_HOME", home.join("config"));
    Run::of(&command.output().unwrap())
}

/// A folder and everything below it.
fn everything(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_path_buf()];
    let mut at = 0;
    while at < found.len() {
        for entry in std::fs::read_dir(&found[at]).into_iter().flatten() {
            found.push(entry.unwrap().path());
        }
        at += 1;
    }
    found
}

/// The files and folders that other users can read, write or enter.
fn open_to_others(folder: &Path) -> Vec<PathBuf> {
    #[cfg(unix)]
    let is_open = |path: &PathBuf| {
        let permissions = path.symlink_metadata().unwrap().permissions();
        std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o077 != 0
    };
    #[cfg(not(unix))]
    let is_open = |_: &PathBuf| false;
    everything(folder).into_iter().filter(is_open).collect()
}

fn no_umask(_: &World) {
    for umask in ["000", "022"] {
        let world = World::new();
        world.draw("a.png", 1);
        world.draw("b.png", 2);
        world.write("broken.jpg", &jpeg(1)[..200]);
        let model = Path::new("../../tests/parity/siglip");
        let model = model.canonicalize().unwrap();
        for (arguments, code) in [
            (&["index", "."][..], 3),
            (&["search", "--all", "stripes"], 0),
            (&["name", "add", "rex", "a.png"], 0),
            (&["query", "add", "old", "ext:png"], 0),
            (&["tag", "add", "dog,cat"], 0),
            (&["compact"], 0),
            (&["model", "import", model.to_str().unwrap()], 0),
            (&["model", "use", "siglip"], 0),
            (&["index", "."], 3),
        ] {
            run_under(&world, umask, arguments).exits(code);
        }
        let said = run_under(&world, umask, &["folder", "forget", "a.png"]).exits(0);
        said.says("another index knows it too");
        let data = world.home().join("data");
        let written = everything(&data);
        for part in [
            "pixseek/model.json",
            "pixseek/models/siglip/pixseek-model.json",
            "catalog/2/db",
            "catalog/2.sealed",
            "vectors/2.bin",
            "MANIFEST",
            "calibration",
            "names",
            "saved",
            "tags/2",
            "names.lock",
            "failures.jsonl",
        ] {
            let is_there = written.iter().any(|path| path.ends_with(part));
            assert!(is_there, "no {part} in {written:?}");
        }
        let open = open_to_others(&data);
        assert!(open.is_empty(), "umask {umask}: {open:?}");
    }
}

fn no_umask_with_an_interface(world: &World) {
    world.draw("one.png", 1);
    world.index_photos().exits(0);
    let line = "umask 000; PIXSEEK_LOG=debug pixseek --pictures blocks";
    let window = Window::open(world, (80, 24), line);
    window.shows("1/1");
    window.keys(&["-l", "ext:png"]);
    window.keys(&["Enter"]);
    let is_written = |part: &str| {
        let written = everything(&world.home());
        written.iter().any(|path| path.ends_with(part))
    };
    wait_for("a picture, a query and a log", &|| {
        !pictures(world).is_empty() && is_written("pixseek.log")
    });
    window.keys(&["q"]);
    window.shows("ended with 0");
    assert!(is_written("history"));
    let open = open_to_others(&world.home());
    // pixseek does not create the home folder itself.
    let open: Vec<&PathBuf> = open.iter().filter(|path| **path != world.home()).collect();
    assert!(open.is_empty(), "{open:?}");
    world.run(&["folder", "forget", "photos"]).exits(0);
    assert_eq!(pictures(world), Vec::<PathBuf>::new());
}

/// The stored thumbnails.
fn pictures(world: &World) -> Vec<PathBuf> {
    let mut kept = everything(&world.home().join("pixseek/thumbnails"));
    kept.retain(|path| path.extension() == Some("jpg".as_ref()));
    kept
}

/// No file contains the name, caption, hash, vector or picture of a forgotten photo.
fn forgotten(world: &World) {
    /// More photos than the first commit has: the codes of all rows are relative to its mean.
    const KEPT: u8 = 70;
    const CAPTION: &str = "quokkaquokka";
    for number in 0..KEPT {
        world.draw(&format!("kept/{number}.png"), number);
    }
    world.index_photos().exits(0);
    let first = world.photos().join("kept/0.png");
    let secrets = [
        world.write("secret/zyxwvu-1.jpg", &captioned(CAPTION)),
        world.draw("secret/zyxwvu-2.png", KEPT + 1),
        world.write("secret/zyxwvu-3.jpg", &jpeg(1)[..200]),
    ];
    let copy = world.write("secret/zyxwvu-4.png", &std::fs::read(&first).unwrap());
    world.index_photos().exits(3);
    let mut bytes: Vec<Vec<u8>> = ["zyxwvu-", CAPTION].map(Into::into).to_vec();
    bytes.extend(codes(&world.index(), usize::from(KEPT)));
    for photo in [&secrets[0], &secrets[1], &copy, &first] {
        let picture = picture_of(world, photo);
        std::fs::create_dir_all(picture.parent().unwrap()).unwrap();
        std::fs::write(&picture, "a picture").unwrap();
        if *photo != copy && *photo != first {
            bytes.push(hash(photo).to_vec());
        }
    }
    assert_eq!(bytes.len(), 6, "two vectors and two hashes");
    let found = |bytes: &[u8]| {
        let mut files = everything(&world.index());
        files.extend(everything(&world.home()));
        files.retain(|path| {
            let content = std::fs::read(path).unwrap_or_default();
            content.windows(bytes.len()).any(|part| part == bytes)
        });
        files
    };
    for bytes in &bytes {
        assert!(!found(bytes).is_empty(), "{bytes:?}");
    }
    let said = world.run(&["folder", "forget", "photos/secret"]).exits(0);
    said.says("forgot 3 photos");
    for bytes in &bytes {
        assert_eq!(found(bytes), Vec::<PathBuf>::new(), "{bytes:?}");
    }
    assert_eq!(pictures(world), [picture_of(world, &first)]);
    assert_eq!(world.searchable().len(), usize::from(KEPT));
    world.index_photos().exits(0).says("0 new");
    world.run(&["verify"]).exits(0);
}

/// Makes a JPEG with an XMP caption.
fn captioned(caption: &str) -> Vec<u8> {
    let xmp = format!(
        "http://ns.adobe.com/xap/1.0/\0\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:description><rdf:Alt>\
         <rdf:li xml:lang=\"x-default\">{caption}</rdf:li>\
         </rdf:Alt></dc:description></rdf:Description></rdf:RDF>"
    );
    let length = u16::try_from(xmp.len() + 2).unwrap().to_be_bytes();
    let mut bytes = jpeg(1);
    let segment = [&[0xff, 0xe1], &length[..], xmp.as_bytes()].concat();
    bytes.splice(2..2, segment);
    bytes
}

fn hash(photo: &Path) -> [u8; 32] {
    Pictures::default().read(photo, 1).unwrap().content
}

/// The path of a photo's thumbnail.
fn picture_of(world: &World, photo: &Path) -> PathBuf {
    let mut name = String::new();
    for byte in hash(photo) {
        write!(name, "{byte:02x}").unwrap();
    }
    let folder = world.home().join("pixseek/thumbnails").join(&name[..2]);
    folder.join(format!("{name}.jpg"))
}

/// The coarse codes of the rows from `first` on: see `index/FORMAT.md`.
fn codes(index: &Path, first: usize) -> Vec<Vec<u8>> {
    let manifest = std::fs::read_to_string(index.join("MANIFEST")).unwrap();
    let (json, _) = manifest.rsplit_once("\ncrc32").unwrap();
    let manifest: serde_json::Value = serde_json::from_str(json).unwrap();
    let number = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let dimension = number(&manifest["model"]["dimension"]);
    let bytes = std::fs::read(index.join("vectors/1.bin")).unwrap();
    let stride = dimension.next_multiple_of(64);
    let header = (24 + 4 * dimension).next_multiple_of(64);
    let block = 64 * (stride + stride / 2 + 12);
    let rows = first..number(&manifest["rows"]);
    rows.map(|row| {
        let start = header + row / 64 * block + row % 64 * stride;
        bytes[start..start + dimension].to_vec()
    })
    .collect()
}

fn closed_again(world: &World) {
    #[cfg(unix)]
    fn opened(path: &Path) {
        use std::os::unix::fs::PermissionsExt;
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    fn opened(_: &Path) {}

    world.draw("a.png", 1);
    // A person made this folder, with the default mode.
    std::fs::create_dir(world.index()).unwrap();
    opened(&world.index());
    world.index_photos().exits(0);
    assert!(open_to_others(&world.index()).is_empty());
    // A backup that stores no modes restores the files like this.
    for path in everything(&world.index()) {
        opened(&path);
    }
    world.index_photos().exits(0).says("1 unchanged");
    let open = open_to_others(&world.index());
    assert!(open.is_empty(), "{open:?}");
    // If the folder contains other files than an index, its mode is the user's choice.
    let neighbour = world.index().join("letters");
    std::fs::write(&neighbour, "kept").unwrap();
    for path in everything(&world.index()) {
        opened(&path);
    }
    world.index_photos().exits(0);
    assert_eq!(open_to_others(&world.index()), [world.index(), neighbour]);
}
