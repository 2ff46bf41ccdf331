//! What takes a moment and may fail, done on a thread of its own: opening, exporting, saving.

mod export;

use crate::action::Errand;
use crate::history;
use crossbeam_channel::{Sender, unbounded};
use pixseek_engine::{EngineError, Saved, path_of, plain};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

/// What is said when an errand is done, and whether saved queries have changed.
pub struct Said {
    pub words: String,
    pub has_saved: bool,
}

/// The thread, and the way to it. It ends when the sender is dropped, with its last errand done.
pub struct Errands {
    pub sender: Sender<Errand>,
    pub thread: JoinHandle<()>,
}

/// Starts the thread.
pub fn start(
    index: PathBuf,
    history: Option<PathBuf>,
    said: impl Fn(Said) + Send + 'static,
) -> Errands {
    let (sender, errands) = unbounded();
    let thread = std::thread::spawn(move || {
        for errand in errands {
            let has_saved = matches!(errand, Errand::Save { .. });
            if let Some(words) = run(&index, history.as_deref(), errand) {
                said(Said { words, has_saved });
            }
        }
    });
    Errands { sender, thread }
}

fn run(index: &Path, history: Option<&Path>, errand: Errand) -> Option<String> {
    match errand {
        Errand::Open(paths) => Some(open_all(&paths)),
        Errand::Reveal(path) => {
            let path = path_of(&path);
            Some(open_all(&[path.parent().unwrap_or(&path)]))
        }
        Errand::Export {
            paths,
            folder,
            form,
        } => Some(export::export(&paths, &folder, form)),
        Errand::Save { name, query } => Some(match Saved::keep(index, &name, &query) {
            Ok(()) => format!("saved; @{name} asks it"),
            Err(EngineError::Query { error, .. }) => format!("not saved: {}", error.message),
            Err(error) => format!("not saved: {error}"),
        }),
        Errand::Remember(query) => {
            let kept = history.map(|file| history::append(file, &query));
            let error = kept?.err()?;
            Some(format!("the history is not written: {error}"))
        }
    }
}

/// Opens files with the program that the system has for them.
fn open_all(paths: &[impl ToPath]) -> String {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    for path in paths {
        let path = path.to_path();
        if !path.exists() {
            return format!("{} is not there any more", plain(&path.to_string_lossy()));
        }
        let started = Command::new(program)
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            // Whoever waits for it is only the system.
            Ok(mut child) => drop(std::thread::spawn(move || child.wait())),
            Err(error) => return format!("{program} does not start: {error}"),
        }
    }
    match paths {
        [path] => format!("opened {}", plain(&path.to_path().to_string_lossy())),
        paths => format!("opened {}", paths.len()),
    }
}

trait ToPath {
    fn to_path(&self) -> PathBuf;
}

impl ToPath for Vec<u8> {
    fn to_path(&self) -> PathBuf {
        path_of(self)
    }
}

impl ToPath for &Path {
    fn to_path(&self) -> PathBuf {
        self.to_path_buf()
    }
}
