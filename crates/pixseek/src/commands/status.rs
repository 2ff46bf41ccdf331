use crate::arguments::Common;
use crate::location::index_to_read;
use crate::output::{Outcome, counted, plain};
use anyhow::Result;
use pixseek_engine::Manifest;
use std::io::{Write, stdout};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// `pixseek status`
pub fn status(common: &Common) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let manifest = Manifest::read(&index)?;
    let mut output = stdout().lock();
    let mut line = |name: &str, value: &str| writeln!(output, "{name:9} {}", plain(value));
    line("photos", &photos(&manifest))?;
    line("failures", &manifest.failures.to_string())?;
    line("model", &model(&manifest))?;
    for (number, root) in manifest.roots.iter().enumerate() {
        let state = if has_entries(root) { "" } else { "  (offline)" };
        let name = if number == 0 { "folders" } else { "" };
        line(name, &format!("{}{state}", root.display()))?;
    }
    line("index", &index.to_string_lossy())?;
    line("size", &megabytes(folder_bytes(&index)))?;
    line("updated", &ago(manifest.published))?;
    Ok(Outcome::Done)
}

fn photos(manifest: &Manifest) -> String {
    let graph = match &manifest.graph {
        Some(graph) => format!("graph over {}", graph.rows),
        None => "compared one by one".into(),
    };
    let offline = match manifest.offline {
        0 => String::new(),
        count => format!(", {count} offline"),
    };
    format!("{}{offline} ({graph})", manifest.photos)
}

fn model(manifest: &Manifest) -> String {
    match &manifest.model.folder {
        None => format!(
            "{}, built in and small: knows everyday scenes, little that is fine-grained; \
             --model DIR takes a larger one",
            manifest.model.name
        ),
        Some(folder) => format!("{} ({})", manifest.model.name, folder.display()),
    }
}

fn has_entries(root: &Path) -> bool {
    root.is_file() || std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some())
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
