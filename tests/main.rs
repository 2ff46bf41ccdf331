//! Drives the real `pixseek` from end to end, in a temporary folder.
//!
//! Most tests draw their own pictures and need no files. Tests that need the photos of `../shared`
//! are reported as ignored, by name, if those are missing.

mod asking;
mod commands;
mod compacting;
mod completion;
mod configuration;
mod facts;
mod families;
mod faults;
mod films;
mod formats;
mod indexing;
mod interface;
mod isolation;
mod library;
mod measuring;
mod memory;
mod models;
mod naming;
mod offline;
mod pixseek;
mod precision;
mod privacy;
mod roots;
mod searching;
mod starting;
mod truth;
mod watching;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let trials = [
        indexing::trials(),
        roots::trials(),
        offline::trials(),
        searching::trials(),
        starting::trials(),
        asking::trials(),
        naming::trials(),
        commands::trials(),
        families::trials(),
        completion::trials(),
        facts::trials(),
        library::trials(),
        privacy::trials(),
        interface::trials(),
        configuration::trials(),
        measuring::trials(),
        memory::trials(),
        models::trials(),
        precision::trials(),
        faults::trials(),
        films::trials(),
        formats::trials(),
        isolation::trials(),
        truth::trials(),
        compacting::trials(),
        watching::trials(),
    ];
    let trials: Vec<Trial> = trials.into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// A test with a fresh folder and an index of its own.
fn trial(name: &str, run: fn(&mut pixseek::World)) -> Trial {
    Trial::test(name, move || {
        run(&mut pixseek::World::new());
        Ok(())
    })
}
