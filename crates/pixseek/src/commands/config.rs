//! `pixseek config`, and the output that is generated from the table of arguments.

use crate::arguments::{Arguments, Completions, Manual, program};
use crate::completion::script;
use crate::config::{Config, shown};
use crate::output::Outcome;
use anyhow::{Context, Result};
use std::io::{IsTerminal, Write, stdout};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `pixseek config`.
pub fn config(typed: &Arguments, file: Option<&Path>, config: &Config) -> Result<Outcome> {
    stdout().write_all(shown(typed, config, file).as_bytes())?;
    Ok(Outcome::Done)
}

/// Runs `pixseek completions SHELL`.
pub fn completions(arguments: &Completions) -> Result<Outcome> {
    let mut output = Vec::new();
    script(arguments.shell, &mut output)?;
    stdout().write_all(&output)?;
    Ok(Outcome::Done)
}

/// Runs `pixseek manual`.
pub fn manual(arguments: &Manual) -> Result<Outcome> {
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(program(), folder))
            .with_context(|| format!("cannot write to {}", folder.display()))?;
        return Ok(Outcome::Done);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(program()).render(&mut page)?;
    if !(stdout().is_terminal() && is_shown(&page)) {
        stdout().write_all(&page)?;
    }
    Ok(Outcome::Done)
}

/// Shows a manual page at a terminal; returns false where there is no `man`.
fn is_shown(page: &[u8]) -> bool {
    let man = Command::new("man")
        .args(["-l", "-"])
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut man) = man else {
        return false;
    };
    // A reader who leaves early closes the pipe.
    let _ = man.stdin.take().map(|mut stdin| stdin.write_all(page));
    man.wait().is_ok_and(|status| status.success())
}
