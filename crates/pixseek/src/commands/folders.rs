//! `pixseek folder`: the folders that are indexed, with what was said about them.

use super::forget::forget;
use crate::arguments::{Common, Folders, FoldersCommand, Form};
use crate::location::index_to_read;
use crate::output::{Outcome, json_path, plain};
use anyhow::Result;
use pixseek_engine::{Folder, RootSettings, RootState, Status, bytes_of};
use serde_json::{Value, json};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

/// Runs `pixseek folder ...`. `configured` are the folders of `config.toml`.
pub fn folders(common: &Common, arguments: &Folders, configured: &[PathBuf]) -> Result<Outcome> {
    match &arguments.command {
        FoldersCommand::List(form) => list(common, form),
        FoldersCommand::Forget(folder) => forget(common, folder, configured),
    }
}

fn list(common: &Common, form: &Form) -> Result<Outcome> {
    let status = Status::read(&index_to_read(common)?)?;
    let mut output = stdout().lock();
    for folder in &status.folders {
        if form.json {
            writeln!(output, "{}", folder_as_json(folder))?;
        } else {
            writeln!(output, "{}", plain(&folder_as_text(folder)))?;
        }
    }
    if status.folders.is_empty() && !common.quiet {
        eprintln!("no folders yet; add one with `pixseek index DIR`");
    }
    Ok(Outcome::Done)
}

/// A folder, the options that it was indexed with, and whether it is there.
pub fn folder_as_text(folder: &Folder) -> String {
    let note = match state(folder.state, &folder.path) {
        "online" => String::new(),
        "back" => "  (back; run `pixseek index`)".into(),
        "unfinished" => "  (not finished; run `pixseek index`)".into(),
        state => format!("  ({state})"),
    };
    format!(
        "{}{}{note}",
        folder.path.display(),
        options(&folder.settings)
    )
}

/// The same for scripts.
pub fn folder_as_json(folder: &Folder) -> Value {
    let settings = &folder.settings;
    json!({
        "path": json_path(&bytes_of(&folder.path)),
        "state": state(folder.state, &folder.path),
        "hidden": settings.hidden,
        "follow": settings.follow_links,
        "one_file_system": settings.one_file_system,
        "exclude": settings.excludes,
    })
}

/// The settings of a folder as the options that set them.
fn options(settings: &RootSettings) -> String {
    let flags = [
        (settings.hidden, "--hidden"),
        (settings.follow_links, "--follow"),
        (settings.one_file_system, "--one-file-system"),
    ];
    let set = flags.iter().filter(|(is_set, _)| *is_set);
    let flags = set.map(|(_, flag)| format!("  {flag}"));
    let excludes = settings.excludes.iter();
    let excludes = excludes.map(|glob| format!("  --exclude '{glob}'"));
    flags.chain(excludes).collect()
}

/// Whether a folder exists now and whether the last run found it.
fn state(last: RootState, root: &Path) -> &'static str {
    let is_there = std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
    match (last, is_there) {
        (_, false) => "offline",
        (RootState::Offline, true) => "back",
        (RootState::New, true) => "unfinished",
        (RootState::Online, true) => "online",
    }
}
