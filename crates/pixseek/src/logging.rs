//! Writes the log: to stderr, or to a file while the interface owns the screen.

use crate::arguments::Arguments;
use directories::ProjectDirs;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// A log file larger than this is truncated at the next start, in bytes.
const LARGEST: u64 = 4 << 20;

/// Starts logging: `-v` logs what takes how long, `-vv` more; `PIXSEEK_LOG` overrides both.
pub fn start(arguments: &Arguments) {
    let has_screen = arguments.command.is_none();
    let level = match arguments.common.verbose {
        0 if has_screen => "error",
        0 => "off",
        1 => "pixseek=info,pixseek_engine=info,pixseek_tui=info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env("PIXSEEK_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let writer = match file().filter(|_| has_screen) {
        Some(file) => BoxMakeWriter::new(Mutex::new(LogFile {
            path: file,
            file: None,
        })),
        None if has_screen => BoxMakeWriter::new(io::sink),
        None => BoxMakeWriter::new(io::stderr),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(!has_screen && arguments.common.has_colour())
        .without_time()
        .init();
}

/// The log file of the terminal interface.
pub fn file() -> Option<PathBuf> {
    let folders = ProjectDirs::from("", "", "pixseek")?;
    let folder = folders.state_dir().unwrap_or(folders.data_local_dir());
    Some(folder.join("pixseek.log"))
}

/// A log file that is created when its first line is written.
struct LogFile {
    path: PathBuf,
    file: Option<File>,
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.file.is_none() {
            if let Some(folder) = self.path.parent() {
                pixseek_files::make_folder(folder)?;
            }
            let is_large = self
                .path
                .metadata()
                .is_ok_and(|facts| facts.len() > LARGEST);
            let mut options = pixseek_files::options();
            let options = options
                .create(true)
                .append(!is_large)
                .write(true)
                .truncate(is_large);
            self.file = Some(options.open(&self.path)?);
        }
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}
