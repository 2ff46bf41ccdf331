//! `pixseek`: search your own photos by describing them, in the terminal, offline.

mod advice;
mod arguments;
mod chosen;
mod commands;
mod completion;
mod config;
mod decode_worker;
mod location;
mod logging;
mod output;
mod query_words;

use anyhow::Result;
use arguments::{Arguments, Command};
use clap::FromArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use config::Config;
use output::Outcome;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = decode_worker::answer() {
        return code;
    }
    completion::answer();
    let mut program = arguments::program();
    program.build();
    let arguments = match parsed(&mut program, std::env::args_os().collect()) {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    logging::start(&arguments);
    silence_caught_panics();
    let result = run(&arguments);
    match result {
        Ok(outcome) => outcome.exit_code(),
        // The reader closed the pipe: that is success.
        Err(error) if output::is_closed_pipe(&error) => Outcome::Done.exit_code(),
        Err(error) => {
            output::say_error(error.as_ref());
            Outcome::Error.exit_code()
        }
    }
}

/// Reads the arguments, or says what is wrong with them and returns the exit code.
fn parsed(program: &mut clap::Command, typed: Vec<OsString>) -> Result<Arguments, ExitCode> {
    let command = query_words::retired(program, &typed);
    if let Some((word, command)) = command.or_else(|| query_words::mistyped(program, &typed)) {
        let word = output::plain(&word).into_owned();
        eprintln!(
            "error: {word} is no command; did you mean `{command}`? (`pixseek -- {word}` searches)"
        );
        return Err(Outcome::Error.exit_code());
    }
    let typed = query_words::behind_options(program, typed);
    let matches = program.try_get_matches_from_mut(&typed);
    let arguments = matches.and_then(|matches| Arguments::from_arg_matches(&matches));
    let mut arguments = arguments.map_err(|error| {
        let _ = error.print();
        if is_about_words(&error)
            && let Some(words) = query_words::words(program, &typed)
        {
            eprintln!("to search for these words: pixseek search \"{words}\"");
        }
        u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    })?;
    let interface = &mut arguments.interface;
    if arguments.command.is_some() && interface.is_asked() {
        eprintln!("error: --pick, -0 and --pictures in front of a command have no meaning");
        return Err(Outcome::Error.exit_code());
    }
    // Nobody opens photos from a pipe.
    interface.pick |= interface.null || !std::io::stdout().is_terminal();
    Ok(arguments)
}

/// Whether the arguments are wrong because of a plain word: perhaps it is one of a query.
fn is_about_words(error: &clap::Error) -> bool {
    let word = match error.kind() {
        ErrorKind::UnknownArgument => error.get(ContextKind::InvalidArg),
        ErrorKind::InvalidSubcommand => error.get(ContextKind::InvalidSubcommand),
        ErrorKind::InvalidValue => error.get(ContextKind::InvalidValue).filter(|_| {
            // The value of an option is no word of a query.
            let argument = error.get(ContextKind::InvalidArg);
            matches!(argument, Some(ContextValue::String(name)) if !name.starts_with('-'))
        }),
        _ => None,
    };
    matches!(word, Some(ContextValue::String(word)) if !word.starts_with('-'))
}

fn run(typed: &Arguments) -> Result<Outcome> {
    let (file, config) = Config::read()?;
    let mut arguments = typed.clone();
    config.fill(&mut arguments);
    let common = &arguments.common;
    let Some(command) = &arguments.command else {
        return commands::interface(common, &arguments.interface, &config);
    };
    match command {
        Command::Index(index) => commands::index(common, index),
        Command::Search(search) => commands::search(common, search),
        Command::Similar(similar) => commands::similar(common, similar),
        Command::Dupes(dupes) => commands::dupes(common, dupes),
        Command::Name(names) => commands::names(common, names),
        Command::Query(queries) => commands::queries(common, queries),
        Command::Tag(labels) => commands::tags(common, labels),
        Command::Folder(folders) => commands::folders(common, folders, &config.roots),
        Command::Status(form) => commands::status(common, form),
        Command::Failures(form) => commands::failures(common, form),
        Command::Verify => commands::verify(common),
        Command::Rebuild => commands::rebuild(common),
        Command::Compact => commands::compact(common),
        Command::Model(models) => commands::models(common, &models.command),
        Command::Eval(eval) => commands::eval(common, eval),
        Command::Bench(bench) => commands::bench(common, bench),
        Command::Config => commands::config(typed, file.as_deref(), &config),
        Command::Completions(shell) => commands::completions(shell),
        Command::Manual(manual) => commands::manual(manual),
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
