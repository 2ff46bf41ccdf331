use super::thumbnails::keep_thumbnails;
use crate::arguments::{Common, Forget};
use crate::location::{absolute, index_to_read, other_indexes};
use crate::output::{Outcome, counted, plain};
use anyhow::{Result, bail};
use pixseek_engine::{Calibration, Forgotten, Index, Status};
use std::path::{Path, PathBuf};

/// Runs `pixseek folder forget DIR`.
pub fn forget(common: &Common, arguments: &Forget, configured: &[PathBuf]) -> Result<Outcome> {
    let folder = index_to_read(common)?;
    let mut index = Index::open_existing(&folder)?;
    let path = known_path(&arguments.folder, &index)?;
    // Do not store a path that neither exists nor is indexed: it is a typing error.
    let forgotten = if path.exists() || index.knows(&path)? {
        // Remove the thumbnails first, while the index still lists the photos: after this step a
        // kill leaves none behind.
        keep_thumbnails(&folder, &index, |photo| !photo.starts_with(&path))?;
        index.forget(&path)?
    } else {
        Forgotten::default()
    };
    index.publish()?;
    let is_erased = erase(&mut index, common);
    // Scores must not be calibrated against photos that are gone.
    Calibration::refresh_known(&folder)?;
    if forgotten == Forgotten::default() {
        bail!(unknown(&path, &index));
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
        for other in other_indexes(&folder) {
            if has_photos_at(&other.status, &path) {
                let (other, path) = (other.path.to_string_lossy(), path.to_string_lossy());
                eprintln!(
                    "another index knows it too: `pixseek --index-dir {} folder forget {}`",
                    plain(&other),
                    plain(&path)
                );
            }
        }
    }
    Ok(if is_erased {
        Outcome::Done
    } else {
        Outcome::DoneWithFailures
    })
}

/// Rewrites the index without the forgotten photos, including those of an interrupted run. A full
/// disk does not fail the command: the photos are forgotten, and a later run erases them.
fn erase(index: &mut Index, common: &Common) -> bool {
    /// Print a notice from this many photos on: rewriting 100,000 takes about 7 seconds.
    const NOTICE_FROM: u64 = 25_000;
    let status = index.status();
    if !status.owes_erasure {
        return true;
    }
    if status.photos > NOTICE_FROM && !common.quiet {
        eprintln!("erasing: the index is written again without them");
    }
    match index.erase() {
        Ok(()) => true,
        Err(error) => {
            eprintln!(
                "what was forgotten is found no more, but is on the disk still: {}",
                plain(&format!("{:#}", anyhow::Error::from(error)))
            );
            eprintln!("the next `pixseek index` or `pixseek compact` erases it");
            false
        }
    }
}

/// Whether an index has photos at a path, judging by its folders.
fn has_photos_at(status: &Status, path: &Path) -> bool {
    let mut roots = status.folders.iter().map(|folder| &folder.path);
    let is_there = roots.any(|root| root.starts_with(path) || path.starts_with(root));
    is_there && !status.forgotten.iter().any(|mark| path.starts_with(mark))
}

/// The absolute path as it was typed if the index knows it (it may lead through a followed
/// link), or else with its links resolved.
fn known_path(path: &Path, index: &Index) -> Result<PathBuf> {
    let named = std::path::absolute(path)?;
    if index.knows(&named)? {
        Ok(named)
    } else {
        absolute(path)
    }
}

/// Says that a path is not indexed, and which folders are.
fn unknown(path: &Path, index: &Index) -> String {
    let folders = index.status().folders.into_iter();
    let folders: Vec<String> = folders.map(|of| of.path.display().to_string()).collect();
    let folders = folders.join(", ");
    format!("{} is not indexed; folders are: {folders}", path.display())
}

fn say(path: &Path, forgotten: Forgotten) {
    let name = path.to_string_lossy();
    let name = plain(&name);
    match forgotten.photos {
        0 => eprintln!("forgot {name}, which had no photos"),
        photos => eprintln!("forgot {} of {name}", counted(photos, "photo")),
    }
    if forgotten.is_marked {
        eprintln!("later runs leave it out; `pixseek index` with its name brings it back");
    }
}
