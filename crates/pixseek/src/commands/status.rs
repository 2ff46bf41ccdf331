use super::folders::{folder_as_json, folder_as_text};
use crate::advice::explained;
use crate::arguments::{Common, Form};
use crate::location::index_to_read;
use crate::output::{Outcome, counted, grouped, json_path, plain, sized};
use anyhow::Result;
use pixseek_engine::{
    EngineError, FormatCounts, Photos, Status, bytes_of, count_formats, failures,
};
use serde_json::{Value, json};
use std::io::{Write, stdout};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs `pixseek status`.
pub fn status(common: &Common, form: &Form) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let status = Status::read(&index)?;
    let formats = Formats::count(&index);
    if form.json {
        writeln!(stdout(), "{}", as_json(&index, &status, &formats))?;
    } else {
        print(&index, &status, &formats)?;
    }
    Ok(Outcome::Done)
}

/// Files by format; `None` where the list of them is damaged.
struct Formats {
    photos: Option<FormatCounts>,
    failures: Option<FormatCounts>,
}

impl Formats {
    /// Counts what can be read. A damage is said on stderr: the rest of the status is true.
    fn count(index: &Path) -> Self {
        let photos = Photos::open(index).and_then(|photos| photos.formats());
        let failures = failures(index).map(|failures| {
            let paths = failures.iter().map(|(path, _)| path.as_slice());
            count_formats(paths)
        });
        let counted = |counts: Result<FormatCounts, EngineError>| {
            let say = |error: &EngineError| {
                eprintln!("formats are not counted: {}", plain(&explained(error)));
            };
            counts.inspect_err(say).ok()
        };
        Self {
            photos: counted(photos),
            failures: counted(failures),
        }
    }
}

fn formats_as_json(counts: Option<&FormatCounts>) -> Value {
    counts.map_or(Value::Null, |counts| {
        let counts = counts.iter();
        counts
            .map(|(name, count)| ((*name).to_owned(), json!(count)))
            .collect()
    })
}

fn formats_as_text(counts: &FormatCounts) -> String {
    let one = |(name, count): &(&str, u64)| match *name {
        "film" | "Windows icon" => counted(*count, name),
        _ => format!("{} {name}", grouped(*count)),
    };
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn as_json(index: &Path, status: &Status, formats: &Formats) -> Value {
    let forgotten = status.forgotten.iter();
    let forgotten = forgotten.map(|path| json_path(&bytes_of(path)));
    json!({
        "photos": status.photos,
        "offline": status.offline,
        "in_graphs": status.in_graphs,
        "formats": formats_as_json(formats.photos.as_ref()),
        "failures": status.failures,
        "failed_formats": formats_as_json(formats.failures.as_ref()),
        "model": {
            "name": status.model.name,
            "fingerprint": status.model.fingerprint,
            "folder": status.model.folder.as_deref().map(|folder| json_path(&bytes_of(folder))),
        },
        "precision": status.precision,
        "folders": status.folders.iter().map(folder_as_json).collect::<Vec<_>>(),
        "forgotten": forgotten.collect::<Vec<_>>(),
        "owes_erasure": status.owes_erasure,
        "index": json_path(&bytes_of(index)),
        "bytes": folder_bytes(index),
        "updated": status.published,
    })
}

fn print(index: &Path, status: &Status, formats: &Formats) -> Result<()> {
    let mut output = stdout().lock();
    let mut line = |name: &str, value: &str| writeln!(output, "{name:9} {}", plain(value));
    line("photos", &photos(status))?;
    let some = |counts: &&FormatCounts| !counts.is_empty();
    if let Some(counts) = formats.photos.as_ref().filter(some) {
        line("formats", &formats_as_text(counts))?;
    }
    let failed = formats.failures.as_ref().filter(some);
    let failed = failed.map_or_else(String::new, |counts| {
        format!(" ({})", formats_as_text(counts))
    });
    let failures = grouped(status.failures);
    line("failures", &format!("{failures}{failed}"))?;
    line("model", &model(status))?;
    let precision = status.precision.as_deref();
    line(
        "precision",
        precision.unwrap_or("chosen with the first photo"),
    )?;
    for (number, folder) in status.folders.iter().enumerate() {
        let name = if number == 0 { "folders" } else { "" };
        line(name, &folder_as_text(folder))?;
    }
    for (number, path) in status.forgotten.iter().enumerate() {
        let name = if number == 0 { "forgotten" } else { "" };
        line(name, &path.to_string_lossy())?;
    }
    if status.owes_erasure {
        let rest = "forgotten photos are still on the disk; run `pixseek index`";
        line("", rest)?;
    }
    line("index", &index.to_string_lossy())?;
    line("size", &sized(folder_bytes(index)))?;
    line("updated", &ago(status.published))?;
    Ok(())
}

fn photos(status: &Status) -> String {
    let graph = match status.in_graphs {
        0 => "exact search".into(),
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
            "{} (built in): everyday scenes and animals only; `pixseek model list` shows larger ones",
            status.model.name
        ),
        Some(folder) => format!("{} ({})", status.model.name, folder.display()),
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
