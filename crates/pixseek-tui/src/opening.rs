//! Opens photos and folders: with the opener of the configuration, or with the programs that the
//! system has for them.

use crate::command;
use crate::message::Message;
use crossbeam_channel::Sender;
use pixseek_engine::{path_of, plain};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The system's command that opens a file with the program for its type.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};
/// The advice for a system where no program opens a photo.
const ADVICE: &str = "set `opener` in config.toml or PIXSEEK_OPENER, as in opener = \"feh {}\"";

/// The advice for a program that the user has set.
const OWN_ADVICE: &str = "check PIXSEEK_OPENER, or `opener` in config.toml";

/// Opens photos, and returns a notice of success or failure. A program that fails later sends a
/// message.
pub fn open_photos(opener: Option<&str>, paths: &[Vec<u8>], messages: &Sender<Message>) -> String {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path_of(path)).collect();
    if let Some(gone) = paths.iter().find(|path| !path.exists()) {
        return format!("file is missing: {}", printed(gone));
    }
    let failure = match opener {
        Some(opener) => command::words(opener, &paths)
            .map_err(|error| error.to_string())
            .and_then(|words| start(&words[0], &words[1..], OWN_ADVICE, messages))
            .err(),
        None => paths
            .iter()
            .find_map(|path| start(OPENER, &[path], ADVICE, messages).err()),
    };
    match (failure, &*paths) {
        (Some(failure), _) => format!("cannot open: {failure}"),
        (None, [path]) => format!("opened {}", printed(path)),
        (None, paths) => format!("opened {} photos", paths.len()),
    }
}

/// Opens the folder of a photo, and returns a notice of success or failure.
pub fn open_folder(photo: &[u8], messages: &Sender<Message>) -> String {
    let photo = path_of(photo);
    let folder = photo.parent().unwrap_or(&photo);
    match start(OPENER, &[folder], "y copies the path", messages) {
        Ok(()) => format!("opened {}", printed(folder)),
        Err(failure) => format!("cannot open the folder: {failure}"),
    }
}

/// Starts a program, and waits for it on its own thread: an unawaited child stays a zombie, and
/// `xdg-open` starts even if it then finds no program for the file.
fn start<T: AsRef<std::ffi::OsStr>>(
    program: impl AsRef<std::ffi::OsStr>,
    arguments: &[T],
    advice: &'static str,
    messages: &Sender<Message>,
) -> Result<(), String> {
    let program = program.as_ref();
    let is_system = program == OPENER;
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let has_screen = cfg!(target_os = "macos") || has("DISPLAY") || has("WAYLAND_DISPLAY");
    if is_system && has("SSH_CONNECTION") && !has_screen {
        return Err(format!("there is no screen over ssh; {advice}"));
    }
    let name = plain(&program.to_string_lossy()).into_owned();
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("{name} is not installed; {advice}"),
        _ => format!("{name} does not start: {error}; {advice}"),
    })?;
    let messages = messages.clone();
    std::thread::spawn(move || {
        if let Ok(status) = child.wait()
            && !status.success()
        {
            let notice = format!("{name} could not open it ({status}); {advice}");
            let _ = messages.send(Message::Notice(notice));
        }
    });
    Ok(())
}

fn printed(path: &Path) -> String {
    plain(&path.to_string_lossy()).into_owned()
}
