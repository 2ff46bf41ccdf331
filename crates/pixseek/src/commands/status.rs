use crate::arguments::Common;
use crate::location::index_to_read;
use crate::output::{Outcome, counted, grouped, plain};
use anyhow::Result;
use pixseek_engine::{Manifest, RootSettings, RootState, path_of};
use std::io::{Write, stdout};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs `pixseek status`.
pub fn status(common: &Common) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let manifest = Manifest::read(&index)?;
    let mut output = stdout().lock();
    let mut line = |name: &str, value: &str| writeln!(output, "{name:9} {}", plain(value));
    line("photos", &photos(&manifest))?;
    line("failures", &manifest.failures.to_string())?;
    line("model", &model(&manifest))?;
    let precision = manifest.precision.as_deref();
    line(
        "precision",
        precision.unwrap_or("chosen with the first photo"),
    )?;
    for (number, root) in manifest.roots.iter().enumerate() {
        let path = path_of(root.path.bytes());
        let name = if number == 0 { "folders" } else { "" };
        let (settings, state) = (settings(&root.settings), state(root.state, &path));
        line(name, &format!("{}{settings}{state}", path.display()))?;
    }
    for (number, path) in manifest.forgotten.iter().enumerate() {
        let path = path_of(path.bytes());
        let name = if number == 0 { "forgotten" } else { "" };
        line(name, &path.to_string_lossy())?;
    }
    if manifest.owes_erasure {
        line(
            "",
            "what was forgotten is on the disk still; run `pixseek index`",
        )?;
    }
    line("index", &index.to_string_lossy())?;
    line("size", &megabytes(folder_bytes(&index)))?;
    line("updated", &ago(manifest.published))?;
    Ok(Outcome::Done)
}

fn photos(manifest: &Manifest) -> String {
    let graph = match manifest.graphs.iter().map(|graph| graph.rows).sum() {
        0 => "compared one by one".into(),
        rows => format!("graph over {}", grouped(u64::from(rows))),
    };
    let offline = match manifest.offline {
        0 => String::new(),
        count => format!(", {} offline", grouped(count)),
    };
    format!("{}{offline} ({graph})", grouped(manifest.photos))
}

fn model(manifest: &Manifest) -> String {
    match &manifest.model.folder {
        None => format!(
            "{}, built in and small: knows everyday scenes, little that is fine-grained; \
             `pixseek model list` has larger ones",
            manifest.model.name
        ),
        Some(folder) => format!("{} ({})", manifest.model.name, folder.display()),
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
