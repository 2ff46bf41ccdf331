//! Compares the towers, the tokenizer and the pixels with values of other implementations.
//!
//! `generate.py` made the small models here with open_clip and transformers; the other values are
//! published ones in `../shared`. Tests that need files or devices that the machine lacks are
//! reported as ignored, by name.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "differences of bytes and small counts"
)]

mod kernels;
mod pixels;
mod tokens;
mod towers;

use libtest_mimic::{Arguments, Trial};
use std::path::{Path, PathBuf};

fn main() {
    let trials = [
        towers::trials(),
        kernels::trials(),
        tokens::trials(),
        pixels::trials(),
    ];
    libtest_mimic::run(
        &Arguments::from_args(),
        trials.into_iter().flatten().collect(),
    )
    .exit();
}

/// A test that needs a file outside the repository; it is ignored if `path` does not exist.
fn needs(path: &Path, name: &str, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
    .with_ignored_flag(!path.exists())
}

// Cargo runs tests in the folder of their package. A compile-time path could point to another
// checkout when two of them share a build folder.
fn here(path: &str) -> PathBuf {
    Path::new("../../tests/parity").join(path)
}

fn shared(path: &str) -> PathBuf {
    Path::new("../../../shared").join(path)
}
