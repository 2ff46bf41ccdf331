use crate::arguments::{Common, Forget};
use crate::location::{absolute, index_to_read};
use crate::output::{Outcome, counted, plain};
use anyhow::Result;
use pixseek_engine::{Calibration, Forgotten, Manifest, Writer, bytes_of, path_of, writer_options};
use std::path::{Path, PathBuf};

/// `pixseek forget DIR`
pub fn forget(common: &Common, arguments: &Forget, configured: &[PathBuf]) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let manifest = Manifest::read(&index)?;
    let mut writer = Writer::open(&index, &manifest.model, writer_options())?;
    let path = known_path(&arguments.folder, &writer)?;
    // A slip of the pen is not remembered.
    let forgotten = if path.exists() || is_known(&path, &writer)? {
        writer.forget(&bytes_of(&path))?
    } else {
        Forgotten::default()
    };
    if !writer.is_published()? {
        writer.publish()?;
        // What scores are measured against must not be photos that are gone.
        Calibration::refresh_known(&index)?;
    }
    if !common.quiet {
        say(&path, forgotten);
        for root in configured {
            if forgotten.roots > 0 && absolute(root)?.starts_with(&path) {
                let root = root.to_string_lossy();
                eprintln!(
                    "config.toml names {}; take it out there, or the next run brings it back",
                    plain(&root)
                );
            }
        }
    }
    Ok(if forgotten == Forgotten::default() {
        Outcome::NothingFound
    } else {
        Outcome::Done
    })
}

/// The path as it was named if the index knows anything there, because it may lead through a
/// link that was followed; else where it leads.
fn known_path(path: &Path, writer: &Writer) -> Result<PathBuf> {
    let named = std::path::absolute(path)?;
    if is_known(&named, writer)? {
        Ok(named)
    } else {
        absolute(path)
    }
}

/// Whether the index has a photo, a failure or a root at a path or below it.
fn is_known(path: &Path, writer: &Writer) -> Result<bool> {
    let roots = writer.roots()?;
    let mut roots = roots.iter().map(|root| path_of(root.path.bytes()));
    let is_known = writer.view().known_below(&bytes_of(path)).next().is_some();
    Ok(is_known || roots.any(|root| root.starts_with(path)))
}

fn say(path: &Path, forgotten: Forgotten) {
    let name = path.to_string_lossy();
    let name = plain(&name);
    if forgotten == Forgotten::default() {
        eprintln!("{name} is not indexed; `pixseek status` shows what is");
        return;
    }
    eprintln!("forgot {} of {name}", counted(forgotten.photos, "photo"));
    if forgotten.is_marked {
        eprintln!("later runs leave it out; `pixseek index` with its name brings it back");
    }
}
