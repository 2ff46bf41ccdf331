//! `pixseek config`, and the output that is generated from the table of arguments.

use crate::arguments::{Arguments, Completions, Man};
use crate::config::{Config, shown};
use crate::output::Outcome;
use anyhow::{Context, Result};
use clap::CommandFactory;
use std::io::{Write, stdout};
use std::path::Path;

/// Runs `pixseek config`.
pub fn config(typed: &Arguments, file: Option<&Path>, config: &Config) -> Result<Outcome> {
    stdout().write_all(shown(typed, config, file).as_bytes())?;
    Ok(Outcome::Done)
}

/// Runs `pixseek completions SHELL`.
pub fn completions(arguments: &Completions) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "pixseek",
        &mut script,
    );
    stdout().write_all(&script)?;
    Ok(Outcome::Done)
}

/// Runs `pixseek man [DIR]`.
pub fn man(arguments: &Man) -> Result<Outcome> {
    let program = Arguments::command();
    let Some(folder) = &arguments.folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(program).render(&mut page)?;
        stdout().write_all(&page)?;
        return Ok(Outcome::Done);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(program, folder))
        .with_context(|| format!("cannot write to {}", folder.display()))?;
    Ok(Outcome::Done)
}
