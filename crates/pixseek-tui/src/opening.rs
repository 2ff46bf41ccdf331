//! Opens photos and folders with the programs that the system has for them.

use pixseek_engine::{path_of, plain};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The system's command that opens a file with the program for its type.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Opens photos, and returns how that went.
pub fn open_photos(paths: &[Vec<u8>]) -> String {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path_of(path)).collect();
    open(&paths)
}

/// Opens the folder of a photo, and returns how that went.
pub fn open_folder(photo: &[u8]) -> String {
    let photo = path_of(photo);
    let folder = photo.parent().unwrap_or(&photo);
    open(&[folder.to_path_buf()])
}

fn open(paths: &[PathBuf]) -> String {
    for path in paths {
        if !path.exists() {
            return format!("{} is not there any more", printed(path));
        }
        let started = Command::new(OPENER)
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            // A child that nobody waits for stays a zombie.
            Ok(mut child) => drop(std::thread::spawn(move || child.wait())),
            Err(error) => return format!("{OPENER} does not start: {error}"),
        }
    }
    match paths {
        [path] => format!("opened {}", printed(path)),
        paths => format!("opened {}", paths.len()),
    }
}

fn printed(path: &Path) -> String {
    plain(&path.to_string_lossy()).into_owned()
}
