//! `pixseek name`: names that photos taught.

use super::search::open;
use crate::arguments::{AddName, Common, Form, Names as Arguments, NamesCommand, RemoveName};
use crate::location::index_to_read;
use crate::output::{Outcome, counted, plain};
use anyhow::{Result, bail};
use pixseek_engine::Names;
use serde_json::json;
use std::io::{Write, stdout};

/// Runs `pixseek name ...`.
pub fn names(common: &Common, arguments: &Arguments) -> Result<Outcome> {
    match &arguments.command {
        NamesCommand::Add(name) => add(common, name),
        NamesCommand::List(form) => list(common, form),
        NamesCommand::Remove(name) => remove(common, name),
    }
}

fn add(common: &Common, arguments: &AddName) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let searcher = open(common, &index)?;
    let photos = arguments
        .photos
        .iter()
        .map(|photo| searcher.encode_picture(photo))
        .collect::<Result<Vec<_>, _>>()?;
    let name = &arguments.name;
    // Only now: from here on, the name stands for its photos.
    let is_known = Names::read(&index)?.photos(name).is_some();
    let means_more = !is_known && !common.quiet && searcher.describes_photos(name);
    let (before, now) = Names::update(&index, |names| {
        let before = names.photos(name);
        if arguments.replace {
            names.remove(name);
        }
        names.add(name, &photos).map(|now| (before, now))
    })??;
    if !common.quiet {
        let name = plain(name);
        let now = counted(now as u64, "photo");
        match before {
            Some(before) if arguments.replace => {
                let before = counted(before as u64, "photo");
                eprintln!("learned \u{201c}{name}\u{201d} from {now}, instead of {before} before");
            }
            Some(_) => {
                let new = photos.len();
                eprintln!("learned \u{201c}{name}\u{201d} from {new} more, {now} in all");
            }
            None => eprintln!("learned \u{201c}{name}\u{201d} from {now}"),
        }
        if means_more {
            eprintln!(
                "\u{201c}{name}\u{201d} also describes other photos; from now on it means these \
                 (`pixseek name remove` undoes that)"
            );
        }
    }
    Ok(Outcome::Done)
}

fn list(common: &Common, form: &Form) -> Result<Outcome> {
    let names = Names::read(&index_to_read(common)?)?;
    let mut output = stdout().lock();
    for (name, photos) in names.iter() {
        if form.json {
            writeln!(output, "{}", json!({ "name": name, "photos": photos }))?;
        } else {
            let photos = counted(photos as u64, "photo");
            writeln!(output, "{}\t{photos}", plain(name))?;
        }
    }
    if names.iter().next().is_none() && !common.quiet {
        eprintln!("no names yet; add one with `pixseek name add NAME PHOTO...`");
    }
    Ok(Outcome::Done)
}

fn remove(common: &Common, arguments: &RemoveName) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let name = plain(&arguments.name);
    if !Names::update(&index, |names| names.remove(&arguments.name))? {
        bail!("no name is called {name}; `pixseek name list` shows them");
    }
    if !common.quiet {
        eprintln!("removed \u{201c}{name}\u{201d}; its photos stay");
    }
    Ok(Outcome::Done)
}
