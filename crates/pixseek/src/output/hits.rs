//! Prints hits in the requested form.

use super::paths::json_path;
use super::plain;
use crate::arguments::{Color, Common, Hits};
use anyhow::Result;
use pixseek_engine::{
    FilmFacts, GivenLabels, Hit, Labels, MatchedFile, bytes_of, clock, path_of, rounded_score,
};
use serde_json::json;
use std::fmt::Write as _;
use std::io::{BufWriter, IsTerminal, Write, stdout};
use std::path::PathBuf;

/// Eighths of a cell, so that a bar is finer than whole cells.
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const BAR_CELLS: usize = 10;

/// The computed labels, if there are any, and those that a person gave.
type HitLabels<'a> = (Option<Labels<'a>>, GivenLabels);

/// Prints hits as JSON, by a template, zero-terminated, with scores, for a terminal, or one path per
/// line.
pub fn print_hits(
    common: &Common,
    hits: &[Hit],
    labels: Option<&HitLabels<'_>>,
    form: &Hits,
) -> Result<()> {
    let mut output = BufWriter::new(stdout().lock());
    let end: &[u8] = if form.null { b"\0" } else { b"\n" };
    let is_for_people = is_for_people(common);
    for (rank, hit) in (1..).zip(hits) {
        if form.json {
            write!(output, "{}", as_json(rank, hit, labels)?)?;
        } else if let Some(template) = &form.format {
            let tags = labels.map(|labels| all_labels(hit, labels)).transpose()?;
            let tags = tags.unwrap_or_default();
            template.write(&mut output, rank, hit, &tags)?;
        } else if is_for_people && !form.null {
            write!(output, "{}", for_terminal(common, hit, form))?;
        } else {
            if form.scores {
                // Without a description there is no score.
                match hit.score {
                    Some(score) => write!(output, "{:.1}\t", rounded_score(score, 10))?,
                    None => write!(output, "-\t")?,
                }
            }
            output.write_all(&hit.path)?;
            if form.scores
                && let Some(matched) = &hit.matched
            {
                write!(output, "\t")?;
                output.write_all(&matched.path)?;
                write!(output, "{}", at(matched.frame))?;
            }
        }
        output.write_all(end)?;
    }
    Ok(output.flush()?)
}

/// Says on stderr where each hit comes from, where stdout has only paths.
pub fn explain_hits(common: &Common, hits: &[Hit], form: &Hits) {
    if form.json || (is_for_people(common) && !form.null && form.format.is_none()) {
        return;
    }
    for (rank, hit) in (1..).zip(hits) {
        let path = short_path(&hit.path);
        let matched = hit.matched.as_ref().map(matching);
        let matched = matched.map_or_else(String::new, |matched| format!("  {matched}"));
        eprintln!("{rank}: {}{}{matched}", plain(&path), origin(hit));
    }
}

/// Whether stdout is a terminal, or a person wants colours in a pipe.
fn is_for_people(common: &Common) -> bool {
    stdout().is_terminal() || common.color == Some(Color::Always)
}

/// The labels of a hit: those that a person gave, then the computed ones.
fn all_labels<'a>(hit: &Hit, (computed, given): &'a HitLabels<'_>) -> Result<Vec<&'a str>> {
    let mut labels: Vec<&str> = given.of(&hit.record.content).collect();
    if let Some(computed) = computed {
        labels.extend(computed.of(&hit.path)?.into_iter().map(|(label, _)| label));
    }
    Ok(labels)
}

fn as_json(rank: usize, hit: &Hit, labels: Option<&HitLabels<'_>>) -> Result<serde_json::Value> {
    let facts = &hit.record.facts;
    let folded = hit.folded.iter().map(|path| json_path(path));
    let given = labels.map(|(_, given)| given.of(&hit.record.content).collect::<Vec<_>>());
    let computed = labels.and_then(|(computed, _)| computed.as_ref());
    let tags = computed.map(|labels| labels.of(&hit.path)).transpose()?;
    let tag =
        |(label, probability)| json!({ "label": label, "probability": rounded(probability, 1e3) });
    let tags = tags.map(|tags| tags.into_iter().map(tag).collect::<Vec<_>>());
    Ok(json!({
        "rank": rank,
        "path": json_path(&hit.path),
        "score": hit.score.map(|score| rounded_score(score, 10)),
        "cosine": hit.cosine.map(|cosine| rounded(cosine, 1e4)),
        "words": hit.coverage.map(|coverage| rounded(coverage, 100.0)),
        "taken": facts.taken,
        "width": known(facts.width),
        "height": known(facts.height),
        "camera": facts.camera,
        "lens": facts.lens,
        "iso": facts.iso,
        "latitude": facts.place.map(|place| place.0),
        "longitude": facts.place.map(|place| place.1),
        "title": facts.notes.title,
        "caption": facts.notes.caption,
        "keywords": facts.notes.keywords,
        "rating": facts.notes.rating,
        "motion": facts.has_motion,
        "duration": facts.film.as_ref().and_then(FilmFacts::duration).map(seconds),
        "at": hit.frame.map(|time| seconds(time.into())),
        "match": hit.matched.as_ref().map(|matched| json!({
            "path": json_path(&matched.path),
            "at": matched.frame.map(|time| seconds(time.into())),
        })),
        "tags": tags,
        "tags_by_hand": given,
        "offline": hit.record.offline,
        "folded": folded.collect::<Vec<_>>(),
    }))
}

/// A side of a picture; `None` if it is unknown.
fn known(side: u32) -> Option<u32> {
    (side > 0).then_some(side)
}

#[expect(clippy::cast_precision_loss, reason = "a film's length")]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
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
        Some(score) => {
            let (number, bar) = (rounded_score(score, 1), bar(score / 100.0));
            format!("{accent}{number:3.0} {bar}{end} ")
        }
        None => String::new(),
    };
    line.push_str(&plain(&short_path(&hit.path)));
    line.push_str(&at(hit.frame));
    line.push_str(weak);
    let taken = hit.record.facts.taken.as_deref();
    if let Some(day) = taken.and_then(|iso| iso.get(..10)) {
        let _ = write!(line, "  {}", plain(day));
    }
    if !hit.folded.is_empty() {
        let _ = write!(line, "  (+{})", hit.folded.len());
    }
    if let Some(matched) = &hit.matched {
        let _ = write!(line, "  ({})", matching(matched));
    }
    if hit.record.offline {
        line.push_str("  (offline)");
    }
    if form.explain {
        line.push_str(&origin(hit));
    }
    line + end
}

/// The time of a film's key frame, behind its name.
fn at(frame: Option<u32>) -> String {
    frame.map_or_else(String::new, |time| format!(" @ {}", clock(time.into())))
}

/// Says which file behind a hit has the hit's score.
fn matching(matched: &MatchedFile) -> String {
    let path = path_of(&matched.path);
    let name = path.file_name().unwrap_or(path.as_os_str());
    let name = plain(&name.to_string_lossy()).into_owned();
    format!("match: {name}{}", at(matched.frame))
}

/// What a hit's score comes from: the cosine of its picture, and the part of the words.
fn origin(hit: &Hit) -> String {
    let mut origin = String::new();
    if let Some(cosine) = hit.cosine {
        let _ = write!(origin, "  cosine {cosine:.3}");
    }
    if let Some(coverage) = hit.coverage {
        let _ = write!(origin, "  words {:.0} %", coverage * 100.0);
    }
    origin
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
