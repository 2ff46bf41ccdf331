//! Prints hits in the requested form.

use super::paths::{put_path, put_paths};
use super::plain;
use crate::arguments::{Common, Hits};
use anyhow::Result;
use pixseek_engine::{Hit, bytes_of, path_of};
use serde_json::json;
use std::fmt::Write as _;
use std::io::{BufWriter, IsTerminal, Write, stdout};
use std::path::PathBuf;

/// Eighths of a cell, so that a bar is finer than whole cells.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const BAR_CELLS: usize = 10;

/// Prints hits as JSON, zero-terminated, with scores, for a terminal, or one path per line.
pub fn print_hits(common: &Common, hits: &[Hit], form: &Hits) -> Result<()> {
    let mut output = BufWriter::new(stdout().lock());
    let is_terminal = stdout().is_terminal();
    for (index, hit) in hits.iter().enumerate() {
        if form.json {
            writeln!(output, "{}", as_json(index + 1, hit))?;
        } else if form.null {
            output.write_all(&hit.path)?;
            output.write_all(b"\0")?;
        } else if is_terminal {
            writeln!(output, "{}", for_terminal(common, hit, form))?;
        } else {
            if form.scores {
                // Without a description there is no score.
                match hit.score {
                    Some(score) => write!(output, "{score:.1}\t")?,
                    None => write!(output, "-\t")?,
                }
            }
            output.write_all(&hit.path)?;
            output.write_all(b"\n")?;
        }
    }
    Ok(output.flush()?)
}

fn as_json(rank: usize, hit: &Hit) -> serde_json::Value {
    let facts = &hit.record.facts;
    let mut object = json!({
        "rank": rank,
        "score": hit.score.map(|score| rounded(score, 10.0)),
        "cosine": hit.cosine.map(|cosine| rounded(cosine, 1e4)),
        "words": hit.coverage.map(|coverage| rounded(coverage, 100.0)),
        "taken": facts.taken,
        "width": facts.width,
        "height": facts.height,
        "camera": facts.camera,
        "lens": facts.lens,
        "iso": facts.iso,
        "latitude": facts.place.map(|place| place.0),
        "longitude": facts.place.map(|place| place.1),
        "title": facts.notes.title,
        "caption": facts.notes.caption,
        "keywords": facts.notes.keywords,
        "rating": facts.notes.rating,
        "offline": hit.record.offline,
    });
    put_path(&mut object, &hit.path);
    put_paths(&mut object, "folded", &hit.folded);
    object
}

/// Rounds to a multiple of `1 / parts`.
fn rounded(value: f32, parts: f64) -> f64 {
    (f64::from(value) * parts).round() / parts
}

/// Formats a hit for a terminal: its score with a bar, its path, its day, and the number of folded
/// paths.
fn for_terminal(common: &Common, hit: &Hit, form: &Hits) -> String {
    let (accent, weak, end) = if common.has_colour() {
        ("\u{1b}[36m", "\u{1b}[2m", "\u{1b}[0m")
    } else {
        ("", "", "")
    };
    let mut line = match hit.score {
        Some(score) => format!("{accent}{score:3.0} {}{end} ", bar(score / 100.0)),
        None => String::new(),
    };
    line.push_str(&plain(&short_path(&hit.path)));
    line.push_str(weak);
    let taken = hit.record.facts.taken.as_deref();
    if let Some(day) = taken.and_then(|iso| iso.get(..10)) {
        let _ = write!(line, "  {}", plain(day));
    }
    if !hit.folded.is_empty() {
        let _ = write!(line, "  (+{})", hit.folded.len());
    }
    if hit.record.offline {
        line.push_str("  (offline)");
    }
    if form.explain {
        if let Some(cosine) = hit.cosine {
            let _ = write!(line, "  cosine {cosine:.3}");
        }
        if let Some(coverage) = hit.coverage {
            let _ = write!(line, "  words {:.0} %", coverage * 100.0);
        }
    }
    line + end
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a part of 1 becomes a small number of eighths"
)]
fn bar(part: f32) -> String {
    let eighths = (part.clamp(0.0, 1.0) * (BAR_CELLS * 8) as f32) as usize;
    let mut bar = "█".repeat(eighths / 8);
    if bar.chars().count() < BAR_CELLS {
        bar.push(EIGHTHS[eighths % 8]);
    }
    let cells = bar.chars().count();
    bar + &" ".repeat(BAR_CELLS - cells)
}

/// Shortens a path: relative to the current folder if it is below that, else with `~` for home.
fn short_path(bytes: &[u8]) -> String {
    let path = path_of(bytes);
    if let Some(relative) = std::env::current_dir()
        .ok()
        .and_then(|folder| path.strip_prefix(folder).ok())
    {
        return relative.to_string_lossy().into_owned();
    }
    let home = std::env::home_dir().filter(|home| !bytes_of(home).is_empty());
    match home.and_then(|home| path.strip_prefix(home).map(PathBuf::from).ok()) {
        Some(relative) => format!("~/{}", relative.to_string_lossy()),
        None => path.to_string_lossy().into_owned(),
    }
}
