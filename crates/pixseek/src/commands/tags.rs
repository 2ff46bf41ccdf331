//! `pixseek tag`: labels that the model gives every photo, and labels that a person gives.

use super::search::open;
use crate::arguments::{
    AddLabels, Common, Form, HandLabel, Labels as Arguments, LabelsCommand, RemoveLabels,
};
use crate::location::{absolute, index_to_read};
use crate::output::{Outcome, counted, plain};
use anyhow::{Context, Result, bail};
use pixseek_engine::{Labels, Photos, Searcher, TagOptions, bytes_of};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

/// Labels are stored as 16-bit numbers, of which the highest means "no label".
const MOST_LABELS: usize = (1 << 16) - 1;

/// Runs `pixseek tag ...`.
pub fn tags(common: &Common, arguments: &Arguments) -> Result<Outcome> {
    let index = index_to_read(common)?;
    match &arguments.command {
        LabelsCommand::Set(by_hand) => set(common, &index, by_hand),
        LabelsCommand::Unset(by_hand) => unset(common, &index, by_hand),
        LabelsCommand::Add(add) => {
            let searcher = open(common, &index)?;
            let known = searcher.labels()?;
            let labels = added(known.as_ref(), add)?;
            let top = add.top.unwrap_or_else(|| per_photo(known.as_ref()));
            label(common, &searcher, labels, top)
        }
        LabelsCommand::List(form) => {
            let searcher = open(common, &index)?;
            list(common, &searcher, searcher.labels()?.as_ref(), form)
        }
        LabelsCommand::Remove(remove) => {
            let searcher = open(common, &index)?;
            let known = searcher.labels()?;
            let labels = remaining(&index, known.as_ref(), remove)?;
            let is_same = labels.len() == known.as_ref().map_or(0, |known| known.names().len());
            if is_same {
                return list(common, &searcher, known.as_ref(), &Form { json: false });
            }
            let top = per_photo(known.as_ref());
            label(common, &searcher, labels, top)
        }
    }
}

/// Gives a label to photos by hand.
fn set(common: &Common, index: &Path, by_hand: &HandLabel) -> Result<Outcome> {
    let photos = Photos::open(index)?;
    let label = photos.give_label(&by_hand.label, &paths(by_hand)?)?;
    if !common.quiet {
        let (name, now) = (by_hand.label.trim(), counted(label.photos as u64, "photo"));
        eprintln!(
            "\u{201c}{}\u{201d} is set on {now}, {} new",
            plain(name),
            label.new
        );
    }
    Ok(Outcome::Done)
}

/// Takes a label that was set by hand from photos.
fn unset(common: &Common, index: &Path, by_hand: &HandLabel) -> Result<Outcome> {
    let photos = Photos::open(index)?;
    let taken = photos.take_label(&by_hand.label, &paths(by_hand)?)?;
    if !common.quiet {
        let (name, taken) = (by_hand.label.trim(), counted(taken as u64, "photo"));
        eprintln!("\u{201c}{}\u{201d} was taken from {taken}", plain(name));
    }
    Ok(Outcome::Done)
}

/// The bytes of the photos' whole paths, as the index has them.
fn paths(by_hand: &HandLabel) -> Result<Vec<Vec<u8>>> {
    let path = |path: &PathBuf| Ok(bytes_of(&absolute(path)?).into_owned());
    by_hand.photos.iter().map(path).collect()
}

/// Gives every photo the best of the labels, and lists them.
fn label(common: &Common, searcher: &Searcher, labels: Vec<String>, top: usize) -> Result<Outcome> {
    if labels.len() > MOST_LABELS {
        let count = labels.len();
        bail!("{count} labels are too many; {MOST_LABELS} are possible");
    }
    if let [only] = labels.as_slice()
        && !common.quiet
    {
        let only = plain(only);
        eprintln!("{only} alone fits every photo: add labels that it is to be compared with");
    }
    let tags = searcher.tag(&TagOptions { labels, top })?;
    tags.store()?;
    list(common, searcher, Some(&tags), &Form { json: false })
}

fn list(
    common: &Common,
    searcher: &Searcher,
    tags: Option<&Labels<'_>>,
    form: &Form,
) -> Result<Outcome> {
    let labels = tags.map_or(&[][..], Labels::names);
    let given = searcher.given_labels()?;
    let mut counts: BTreeMap<&str, u64> = labels.iter().map(|label| (&label[..], 0)).collect();
    for photo in tags.iter().flat_map(|tags| tags.photos()) {
        let photo = photo?;
        if let Some((first, _)) = photo.best.first()
            && let Some(count) = counts.get_mut(first.as_str())
        {
            *count += 1;
        }
    }
    let mut output = BufWriter::new(stdout().lock());
    for (label, count) in &counts {
        if form.json {
            let line = json!({ "label": label, "photos": count, "by_hand": false });
            writeln!(output, "{line}")?;
        } else {
            writeln!(output, "{}\t{count}", plain(label))?;
        }
    }
    for (label, count) in given.iter() {
        if form.json {
            let line = json!({ "label": label, "photos": count, "by_hand": true });
            writeln!(output, "{line}")?;
        } else {
            writeln!(output, "{}\t{count}\tby hand", plain(label))?;
        }
    }
    output.flush()?;
    if common.quiet {
        return Ok(Outcome::Done);
    }
    if labels.is_empty() && given.is_empty() {
        eprintln!("no labels yet; add some with `pixseek tag add dog cat beach`");
    } else if !labels.is_empty() {
        let photos = counted(searcher.photo_count(), "photo");
        let labels = counted(labels.len() as u64, "label");
        eprintln!("{photos} by the best of {labels}; `pixseek search tag:LABEL` finds them");
    }
    Ok(Outcome::Done)
}

/// The known labels and those of the command line and of the file: trimmed, each once.
fn added(known: Option<&Labels<'_>>, add: &AddLabels) -> Result<Vec<String>> {
    let mut labels = known.map_or_else(Vec::new, |tags| tags.names().to_vec());
    let before = labels.len();
    let text = match &add.file {
        Some(file) => std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?,
        None => String::new(),
    };
    for label in add.labels.iter().map(String::as_str).chain(text.lines()) {
        let label = label.trim();
        if !label.is_empty() && !labels.iter().any(|known| known == label) {
            labels.push(label.to_owned());
        }
    }
    let is_any = |label: &&str| !label.trim().is_empty();
    let mut typed = add.labels.iter().map(String::as_str).chain(text.lines());
    if labels.len() == before && !typed.any(|label| is_any(&label)) {
        bail!("there is no label in what was given; as in `pixseek tag add dog cat beach`");
    }
    Ok(labels)
}

/// The number of labels that photos have, three at least.
fn per_photo(known: Option<&Labels<'_>>) -> usize {
    const USUAL: usize = 3;
    let first = known.and_then(|known| known.photos().find_map(Result::ok));
    first.map_or(0, |photo| photo.best.len()).max(USUAL)
}

/// The computed labels without those that a person removes. Removes labels that were set by hand.
fn remaining(
    index: &Path,
    known: Option<&Labels<'_>>,
    remove: &RemoveLabels,
) -> Result<Vec<String>> {
    let photos = Photos::open(index)?;
    let mut labels = known.map_or_else(Vec::new, |known| known.names().to_vec());
    for label in remove.labels.iter().map(|label| label.trim()) {
        let by_hand = photos.remove_given(label)?;
        match labels.iter().position(|known| known == label) {
            Some(at) => drop(labels.remove(at)),
            None if by_hand > 0 => {}
            None => bail!(
                "no label is called {}; `pixseek tag list` shows them",
                plain(label)
            ),
        }
    }
    Ok(labels)
}
