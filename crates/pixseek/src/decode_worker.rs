//! The hidden command that decodes files for another `pixseek`, and how the other one starts it.
//!
//! It is no part of the table of arguments: nobody types it, and a worker must not read the
//! configuration or the log's settings before it has closed itself off.

use pixseek_engine::{Workers, serve_decoding};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

/// The command's name.
const COMMAND: &str = "decode-worker";

/// Serves another `pixseek` if this process was started for that, and returns its exit code.
pub fn answer() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(COMMAND)) || arguments.next().is_some() {
        return None;
    }
    Some(match serve_decoding() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    })
}

/// Workers that run this program. `None` if the system does not say where it is; then this process
/// decodes everything.
pub fn workers() -> Option<Workers> {
    let program = this_program()?;
    Some(Workers::new(program, vec![COMMAND.into()]))
}

/// The running program, even if an update has put another one in its place.
#[cfg(target_os = "linux")]
fn this_program() -> Option<PathBuf> {
    let running = PathBuf::from("/proc/self/exe");
    running
        .exists()
        .then_some(running)
        .or_else(|| std::env::current_exe().ok())
}

#[cfg(not(target_os = "linux"))]
fn this_program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}
