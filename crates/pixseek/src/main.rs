//! `pixseek`: search your own photos by describing them, in the terminal, offline.

mod advice;
mod arguments;
mod chosen;
mod commands;
mod config;
mod location;
mod logging;
mod output;
mod query_words;

use anyhow::Result;
use arguments::{Arguments, Command};
use clap::Parser;
use config::Config;
use output::Outcome;
use pixseek_engine::GRAMMAR;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let typed: Vec<OsString> = std::env::args_os().collect();
    if query_words::asks_for_grammar(&typed) {
        // Ignore a closed pipe: its reader needs no more.
        let _ = write!(std::io::stdout(), "{GRAMMAR}");
        return Outcome::Done.exit_code();
    }
    let arguments = Arguments::parse_from(query_words::behind_options(typed));
    logging::start(&arguments);
    silence_caught_panics();
    let result = run(&arguments);
    match result {
        Ok(outcome) => outcome.exit_code(),
        // The reader closed the pipe: that is success.
        Err(error) if output::is_closed_pipe(&error) => Outcome::Done.exit_code(),
        Err(error) => {
            for line in format!("pixseek: {}", advice::explained(error.as_ref())).lines() {
                eprintln!("{}", output::plain(line));
            }
            Outcome::Error.exit_code()
        }
    }
}

fn run(typed: &Arguments) -> Result<Outcome> {
    let (file, config) = Config::read()?;
    let mut arguments = typed.clone();
    config.fill(&mut arguments);
    let Some(command) = &arguments.command else {
        return commands::interface(&arguments.common, &arguments.interface, &config);
    };
    match command {
        Command::Index(index) => commands::index(&arguments.common, index),
        Command::Search(search) => commands::search(&arguments.common, search),
        Command::Similar(similar) => commands::similar(&arguments.common, similar),
        Command::Dupes(dupes) => commands::dupes(&arguments.common, dupes),
        Command::Tag(tag) => commands::tag(&arguments.common, tag),
        Command::Teach(teach) => commands::teach(&arguments.common, teach),
        Command::Names => commands::names(&arguments.common),
        Command::ForgetName(name) => commands::forget_name(&arguments.common, name),
        Command::Save(save) => commands::save(&arguments.common, save),
        Command::Saved => commands::saved(&arguments.common),
        Command::Unsave(unsave) => commands::unsave(&arguments.common, unsave),
        Command::Status => commands::status(&arguments.common),
        Command::Failures(failures) => commands::failures(&arguments.common, failures),
        Command::Forget(forget) => commands::forget(&arguments.common, forget, &config.roots),
        Command::Verify => commands::verify(&arguments.common),
        Command::Rebuild => commands::rebuild(&arguments.common),
        Command::Compact => commands::compact(&arguments.common),
        Command::Model(models) => commands::models(&arguments.common, &models.command),
        Command::Eval(eval) => commands::eval(&arguments.common, eval),
        Command::Bench(bench) => commands::bench(&arguments.common, bench),
        Command::Config => commands::config(typed, file.as_deref(), &config),
        Command::Completions(shell) => commands::completions(shell),
        Command::Man(man) => commands::man(man),
    }
}

/// Silences panics that are caught: a decoder's on a broken file becomes a failure of that file,
/// and sled's on a broken catalog becomes an error. Their messages would only frighten.
fn silence_caught_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_caught = std::thread::current()
            .name()
            .is_some_and(|name| name.starts_with("decode-") || name == "catalog");
        if is_caught {
            tracing::debug!("{panic}");
        } else {
            report(panic);
        }
    }));
}
