use super::folders::{folder_as_json, folder_as_text};
use crate::arguments::{Common, Form};
use crate::location::index_to_read;
use crate::output::{Outcome, counted, grouped, json_path, plain, sized};
use anyhow::Result;
use pixseek_engine::{Manifest, bytes_of, path_of};
use serde_json::{Value, json};
use std::io::{Write, stdout};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs `pixseek status`.
pub fn status(common: &Common, form: &Form) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let manifest = Manifest::read(&index)?;
    if form.json {
        writeln!(stdout(), "{}", as_json(&index, &manifest))?;
    } else {
        print(&index, &manifest)?;
    }
    Ok(Outcome::Done)
}

fn as_json(index: &Path, manifest: &Manifest) -> Value {
    let rows: u32 = manifest.graphs.iter().map(|graph| graph.rows).sum();
    let forgotten = manifest
        .forgotten
        .iter()
        .map(|path| json_path(path.bytes()));
    json!({
        "photos": manifest.photos,
        "offline": manifest.offline,
        "in_graph": rows,
        "failures": manifest.failures,
        "model": {
            "name": manifest.model.name,
            "fingerprint": manifest.model.fingerprint,
            "folder": manifest.model.folder.as_deref().map(|folder| json_path(&bytes_of(folder))),
        },
        "precision": manifest.precision,
        "folders": manifest.roots.iter().map(folder_as_json).collect::<Vec<_>>(),
        "forgotten": forgotten.collect::<Vec<_>>(),
        "owes_erasure": manifest.owes_erasure,
        "index": json_path(&bytes_of(index)),
        "bytes": folder_bytes(index),
        "updated": manifest.published,
    })
}

fn print(index: &Path, manifest: &Manifest) -> Result<()> {
    let mut output = stdout().lock();
    let mut line = |name: &str, value: &str| writeln!(output, "{name:9} {}", plain(value));
    line("photos", &photos(manifest))?;
    line("failures", &manifest.failures.to_string())?;
    line("model", &model(manifest))?;
    let precision = manifest.precision.as_deref();
    line(
        "precision",
        precision.unwrap_or("chosen with the first photo"),
    )?;
    for (number, root) in manifest.roots.iter().enumerate() {
        let name = if number == 0 { "folders" } else { "" };
        line(name, &folder_as_text(root))?;
    }
    for (number, path) in manifest.forgotten.iter().enumerate() {
        let path = path_of(path.bytes());
        let name = if number == 0 { "forgotten" } else { "" };
        line(name, &path.to_string_lossy())?;
    }
    if manifest.owes_erasure {
        let rest = "forgotten photos are still on the disk; run `pixseek index`";
        line("", rest)?;
    }
    line("index", &index.to_string_lossy())?;
    line("size", &sized(folder_bytes(index)))?;
    line("updated", &ago(manifest.published))?;
    Ok(())
}

fn photos(manifest: &Manifest) -> String {
    let graph = match manifest.graphs.iter().map(|graph| graph.rows).sum() {
        0 => "exact search".into(),
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
            "{} (built in): everyday scenes and animals only; `pixseek model list` shows larger ones",
            manifest.model.name
        ),
        Some(folder) => format!("{} ({})", manifest.model.name, folder.display()),
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
