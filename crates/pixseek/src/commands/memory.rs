//! Names that a person taught, and queries that a person saved.

use super::search::open;
use crate::arguments::{Common, ForgetName, Save, Teach, Unsave};
use crate::location::index_to_read;
use crate::output::{Outcome, counted, plain};
use anyhow::{Result, bail};
use pixseek_engine::{Names, Saved};
use std::io::{Write, stdout};

/// Runs `pixseek teach NAME PHOTO...`.
pub fn teach(common: &Common, arguments: &Teach) -> Result<Outcome> {
    if arguments.name.trim().is_empty() {
        bail!("the name is empty; give at least one letter");
    }
    let index = index_to_read(common)?;
    let searcher = open(common, &index)?;
    let photos = arguments
        .photos
        .iter()
        .map(|photo| searcher.encode_picture(photo))
        .collect::<Result<Vec<_>, _>>()?;
    Names::update(&index, |names| names.teach(&arguments.name, &photos))?;
    if !common.quiet {
        let count = counted(photos.len() as u64, "photo");
        eprintln!("{} is taught by {count}", plain(&arguments.name));
    }
    Ok(Outcome::Done)
}

/// Runs `pixseek names`.
pub fn names(common: &Common) -> Result<Outcome> {
    let names = Names::read(&index_to_read(common)?)?;
    let mut output = stdout().lock();
    let mut is_empty = true;
    for (name, photos) in names.iter() {
        writeln!(
            output,
            "{}\t{}",
            plain(name),
            counted(photos as u64, "photo")
        )?;
        is_empty = false;
    }
    Ok(none_if(
        is_empty,
        common,
        "no name is taught; `pixseek teach NAME PHOTO...` does it",
    ))
}

/// Runs `pixseek forget-name NAME`.
pub fn forget_name(common: &Common, arguments: &ForgetName) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let was_there = Names::update(&index, |names| names.forget(&arguments.name))?;
    Ok(none_if(
        !was_there,
        common,
        "no such name; `pixseek names` lists them",
    ))
}

/// Runs `pixseek save NAME QUERY...`.
pub fn save(common: &Common, arguments: &Save) -> Result<Outcome> {
    let index = index_to_read(common)?;
    Saved::keep(&index, &arguments.name, &arguments.query.join(" "))?;
    if !common.quiet {
        eprintln!("saved; `pixseek search @{}` asks it", arguments.name);
    }
    Ok(Outcome::Done)
}

/// Runs `pixseek saved`.
pub fn saved(common: &Common) -> Result<Outcome> {
    let saved = Saved::read(&index_to_read(common)?)?;
    let mut output = stdout().lock();
    let mut is_empty = true;
    for (name, query) in saved.iter() {
        writeln!(output, "@{name}\t{}", plain(query))?;
        is_empty = false;
    }
    Ok(none_if(
        is_empty,
        common,
        "no query is saved; `pixseek save NAME QUERY` does it",
    ))
}

/// Runs `pixseek unsave NAME`.
pub fn unsave(common: &Common, arguments: &Unsave) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let name = arguments.name.trim_start_matches('@');
    let was_there = Saved::update(&index, |saved| saved.set(name, None))?;
    Ok(none_if(
        !was_there,
        common,
        "no such query; `pixseek saved` lists them",
    ))
}

fn none_if(is_none: bool, common: &Common, message: &str) -> Outcome {
    if !is_none {
        return Outcome::Done;
    }
    if !common.quiet {
        eprintln!("{message}");
    }
    Outcome::NothingFound
}
