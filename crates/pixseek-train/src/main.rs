//! `pixseek-train`: trains, fine-tunes, distils and measures CLIP models.

mod arguments;
mod commands;
mod data;
mod held_out;
mod light;
mod photos;
mod run;
mod shown;

use anyhow::{Context, Result};
use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A run that was stopped and can go on.
const STOPPED: u8 = 130;

fn main() -> ExitCode {
    match start() {
        Ok(run::Ended::Done) => ExitCode::SUCCESS,
        Ok(run::Ended::Stopped) => ExitCode::from(STOPPED),
        Err(error) => {
            shown::print_error(&error);
            ExitCode::from(2)
        }
    }
}

fn start() -> Result<run::Ended> {
    let arguments = Arguments::parse();
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        // Whoever asks twice does not want to wait for the step.
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(STOPPED.into());
        }
    })
    .context("cannot listen for Ctrl-C")?;
    match &arguments.command {
        Command::Train(train) => commands::train(train, &stop),
        Command::Finetune(finetune) if finetune.light || finetune.undo => light::run(finetune),
        Command::Finetune(finetune) => commands::finetune(finetune, &stop),
        Command::Distil(distil) => commands::distil(distil, &stop),
        Command::Eval(eval) => commands::eval(eval, &stop),
    }
}
