use super::search::open;
use crate::arguments::{Common, Dupes};
use crate::location::index_to_read;
use crate::output::{Outcome, counted, grouped, plain, put_path};
use anyhow::Result;
use pixseek_engine::{Group, Likeness};
use serde_json::json;
use std::io::{BufWriter, IsTerminal, Write, stderr, stdout};

/// Number of photos between two reports of progress.
const REPORT_EVERY: u64 = 500;

/// Runs `pixseek dupes`.
pub fn dupes(common: &Common, arguments: &Dupes) -> Result<Outcome> {
    let searcher = open(common, &index_to_read(common)?)?;
    let likeness = if arguments.near {
        Likeness::Near
    } else {
        Likeness::Exact
    };
    let tells = stderr().is_terminal() && !common.quiet;
    let total = searcher.photo_count();
    let groups = searcher.duplicates(likeness, &mut |number| {
        if tells && number % REPORT_EVERY == 0 {
            eprint!("\r{} of {} compared", grouped(number), grouped(total));
        }
    })?;
    if tells && arguments.near {
        eprint!("\r\x1b[K");
    }
    let mut output = BufWriter::new(stdout().lock());
    for (number, group) in (1..).zip(&groups) {
        if arguments.json {
            writeln!(output, "{}", as_json(group))?;
            continue;
        }
        for (path, record) in &group.photos {
            if arguments.null {
                output.write_all(path)?;
                output.write_all(b"\0")?;
            } else {
                let path = String::from_utf8_lossy(path);
                let (word, size) = (word(group.likeness), record.bytes);
                writeln!(output, "{number}\t{word}\t{size}\t{}", plain(&path))?;
            }
        }
    }
    output.flush()?;
    if !common.quiet {
        let photos: usize = groups.iter().map(|group| group.photos.len()).sum();
        let groups = counted(groups.len() as u64, "group");
        eprintln!(
            "{groups} of {}; nothing was deleted",
            counted(photos as u64, "photo")
        );
    }
    Ok(if groups.is_empty() {
        Outcome::NothingFound
    } else {
        Outcome::Done
    })
}

fn word(likeness: Likeness) -> &'static str {
    match likeness {
        Likeness::Exact => "exact",
        Likeness::Near => "near",
    }
}

fn as_json(group: &Group) -> serde_json::Value {
    let photos: Vec<_> = group
        .photos
        .iter()
        .map(|(path, record)| {
            let mut photo = json!({
                "bytes": record.bytes,
                "width": record.facts.width,
                "height": record.facts.height,
            });
            put_path(&mut photo, path);
            photo
        })
        .collect();
    json!({ "likeness": word(group.likeness), "photos": photos })
}
