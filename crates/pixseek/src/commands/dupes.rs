use super::search::open;
use crate::arguments::{Common, Dupes};
use crate::location::index_to_read;
use crate::output::{Outcome, counted, grouped, json_path, plain, sized};
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
        } else if arguments.null {
            for (path, _) in &group.photos {
                output.write_all(path)?;
                output.write_all(b"\0")?;
            }
        } else if stdout().is_terminal() {
            for_terminal(&mut output, group)?;
        } else {
            for_pipe(&mut output, number, group)?;
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

/// Prints a group for people: what it is, the photos with their sizes, and an empty line.
fn for_terminal(output: &mut impl Write, group: &Group) -> Result<()> {
    let photos = group.photos.len();
    match group.likeness {
        Likeness::Exact => writeln!(output, "{photos} copies")?,
        Likeness::Near => writeln!(output, "{photos} near-duplicates")?,
    }
    for (path, record) in &group.photos {
        let (size, path) = (sized(record.bytes), String::from_utf8_lossy(path));
        let (width, height) = (record.facts.width, record.facts.height);
        let pixels = format!("{width} x {height}");
        writeln!(output, "  {size:>9}  {pixels:>11}  {}", plain(&path))?;
    }
    Ok(writeln!(output)?)
}

/// Prints a group for scripts: its number, its kind, bytes and path of each photo, with tabs.
fn for_pipe(output: &mut impl Write, number: usize, group: &Group) -> Result<()> {
    let word = word(group.likeness);
    for (path, record) in &group.photos {
        write!(output, "{number}\t{word}\t{}\t", record.bytes)?;
        output.write_all(path)?;
        output.write_all(b"\n")?;
    }
    Ok(())
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
            json!({
                "path": json_path(path),
                "bytes": record.bytes,
                "width": record.facts.width,
                "height": record.facts.height,
            })
        })
        .collect();
    json!({ "likeness": word(group.likeness), "photos": photos })
}
