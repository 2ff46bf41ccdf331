//! `pixseek-train`: trains, fine-tunes, distils and measures CLIP models.
//!
//! `arguments` is the command line and `commands` has one function a command. They read `photos`,
//! make a `training_set` of them and a `held_out` set to measure with, and hand both to `run`,
//! which steps the trainer. `light` is the exception: it trains an adapter on an index's vectors.

mod arguments;

mod commands;

mod photos;
mod training_set;

mod held_out;
mod run;

mod light;

mod printed;

use anyhow::{Context, Result};
use arguments::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a run that was stopped: that of a program that SIGINT ended.
const STOPPED: u8 = 130;

fn main() -> ExitCode {
    match start() {
        Ok(run::Ending::Done) => ExitCode::SUCCESS,
        Ok(run::Ending::Stopped) => ExitCode::from(STOPPED),
        Err(error) => {
            printed::print_error(&error);
            ExitCode::from(2)
        }
    }
}

fn start() -> Result<run::Ending> {
    let arguments = Arguments::parse();
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        // The second Ctrl-C ends the program without waiting for the step and the checkpoint.
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
