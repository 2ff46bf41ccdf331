//! `pixseek query`: saved queries.

use super::readings::query_text;
use crate::arguments::{AddQuery, Common, Form, Queries, QueriesCommand, RemoveQuery};
use crate::location::index_to_read;
use crate::output::{Outcome, plain};
use anyhow::{Result, bail};
use pixseek_engine::Saved;
use serde_json::json;
use std::io::{Write, stdout};

/// Runs `pixseek query ...`.
pub fn queries(common: &Common, arguments: &Queries) -> Result<Outcome> {
    match &arguments.command {
        QueriesCommand::Add(query) => add(common, query),
        QueriesCommand::List(form) => list(common, form),
        QueriesCommand::Remove(query) => remove(common, query),
    }
}

fn add(common: &Common, arguments: &AddQuery) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let name = arguments.name.trim_start_matches('@');
    let query = query_text(common, &index, &arguments.query)?;
    let before = Saved::keep(&index, name, &query)?;
    if !common.quiet {
        match before.filter(|before| *before != query) {
            Some(before) => eprintln!("replaced @{name} (was: {})", plain(&before)),
            None => eprintln!("saved; `pixseek search @{name}` runs it"),
        }
    }
    Ok(Outcome::Done)
}

fn list(common: &Common, form: &Form) -> Result<Outcome> {
    let saved = Saved::read(&index_to_read(common)?)?;
    let mut output = stdout().lock();
    for (name, query) in saved.iter() {
        if form.json {
            writeln!(output, "{}", json!({ "name": name, "query": query }))?;
        } else {
            writeln!(output, "@{name}\t{}", plain(query))?;
        }
    }
    if saved.iter().next().is_none() && !common.quiet {
        eprintln!("no saved queries yet; add one with `pixseek query add NAME QUERY`");
    }
    Ok(Outcome::Done)
}

fn remove(common: &Common, arguments: &RemoveQuery) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let name = arguments.name.trim_start_matches('@');
    if !Saved::update(&index, |saved| saved.set(name, None))? {
        bail!("no saved query is called @{name}; `pixseek query list` shows them");
    }
    if !common.quiet {
        eprintln!("removed @{}", plain(name));
    }
    Ok(Outcome::Done)
}
