use crate::arguments::Common;
use crate::location::index_to_read;
use crate::output::{Outcome, counted, grouped, plain};
use anyhow::Result;
use pixseek_engine::{RootSettings, RootState, Status};
use std::io::{Write, stdout};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs `pixseek status`.
pub fn status(common: &Common) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let status = Status::read(&index)?;
    let mut output = stdout().lock();
    let mut line = |name: &str, value: &str| writeln!(output, "{name:9} {}", plain(value));
    line("photos", &photos(&status))?;
    line("failures", &status.failures.to_string())?;
    line("model", &model(&status))?;
    let precision = status.precision.as_deref();
    line(
        "precision",
        precision.unwrap_or("chosen with the first photo"),
    )?;
    for (number, folder) in status.folders.iter().enumerate() {
        let path = &folder.path;
        let name = if number == 0 { "folders" } else { "" };
        let (settings, state) = (settings(&folder.settings), state(folder.state, path));
        line(name, &format!("{}{settings}{state}", path.display()))?;
    }
    for (number, path) in status.forgotten.iter().enumerate() {
        let name = if number == 0 { "forgotten" } else { "" };
        line(name, &path.to_string_lossy())?;
    }
    if status.owes_erasure {
        line(
            "",
            "what was forgotten is on the disk still; run `pixseek index`",
        )?;
    }
    line("index", &index.to_string_lossy())?;
    line("size", &megabytes(folder_bytes(&index)))?;
    line("updated", &ago(status.published))?;
    Ok(Outcome::Done)
}

fn photos(status: &Status) -> String {
    let graph = match status.in_graphs {
        0 => "compared one by one".into(),
        rows => format!("graph over {}", grouped(rows)),
    };
    let offline = match status.offline {
        0 => String::new(),
        count => format!(", {} offline", grouped(count)),
    };
    format!("{}{offline} ({graph})", grouped(status.photos))
}

fn model(status: &Status) -> String {
    match &status.model.folder {
        None => format!(
            "{}, built in and small: knows everyday scenes, little that is fine-grained; \
             `pixseek model list` has larger ones",
            status.model.name
        ),
        Some(folder) => format!("{} ({})", status.model.name, folder.display()),
    }
}

/// Prints the settings of a folder as the options that set them.
fn settings(settings: &RootSettings) -> String {
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

/// Describes whether a folder exists now and whether the last run found it.
fn state(last: RootState, root: &Path) -> &'static str {
    let is_there =
        root.is_file() || std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
    match (last, is_there) {
        (_, false) => "  (offline)",
        (RootState::Offline, true) => "  (back; run `pixseek index`)",
        (RootState::New, true) => "  (not finished; run `pixseek index`)",
        (RootState::Online, true) => "",
    }
}

fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some(if metadata.is_dir() {
                folder_bytes(&entry.path())
            } else {
                metadata.len()
            })
        })
        .sum()
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

fn ago(published: u64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    match now.saturating_sub(published) {
        seconds @ 0..60 => format!("{} ago", counted(seconds, "second")),
        seconds @ 60..3600 => format!("{} ago", counted(seconds / 60, "minute")),
        seconds @ 3600..172_800 => format!("{} ago", counted(seconds / 3600, "hour")),
        seconds => format!("{} ago", counted(seconds / 86_400, "day")),
    }
}
