//! The towers, the tokenizer and the pixels against other implementations' values.
//!
//! `generate.py` made the small models here with open_clip and transformers; the rest are
//! published values in `../shared`. What the machine lacks is reported as ignored, by name.

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

/// A test that needs `path`, which is not part of the repository: ignored when it is not there.
fn needs(path: &Path, name: &str, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
    .with_ignored_flag(!path.exists())
}

// Cargo runs tests in their package's folder. A path that is compiled in would be another
// checkout's when two share a build folder.
fn here(path: &str) -> PathBuf {
    Path::new("../../tests/parity").join(path)
}

fn shared(path: &str) -> PathBuf {
    Path::new("../../../shared").join(path)
}
