use super::thumbnails::keep_thumbnails;
use crate::arguments::{Common, Forget};
use crate::location::{absolute, index_to_read, other_indexes};
use crate::output::{Outcome, counted, plain};
use anyhow::Result;
use pixseek_engine::{Calibration, Forgotten, Manifest, Writer, WriterOptions, bytes_of, path_of};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Runs `pixseek folder forget DIR`.
pub fn forget(common: &Common, arguments: &Forget, configured: &[PathBuf]) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let manifest = Manifest::read(&index)?;
    let mut writer = Writer::open(&index, &manifest.model, WriterOptions::default())?;
    let path = known_path(&arguments.folder, &writer)?;
    // Do not store a path that neither exists nor is indexed: it is a typing error.
    let forgotten = if path.exists() || is_known(&path, &writer)? {
        // Remove the thumbnails first, while the index still lists the photos: after this step a
        // kill leaves none behind.
        keep_thumbnails(&index, &writer.view(), |photo| !photo.starts_with(&path))?;
        writer.forget(&bytes_of(&path))?
    } else {
        Forgotten::default()
    };
    if !writer.is_published()? {
        writer.publish()?;
    }
    let is_erased = erase(&mut writer, common);
    // Scores must not be calibrated against photos that are gone.
    Calibration::refresh_known(&index)?;
    if !common.quiet {
        say(&path, forgotten, &writer);
        for root in configured {
            if forgotten.roots > 0 && absolute(root)?.starts_with(&path) {
                let root = root.to_string_lossy();
                eprintln!(
                    "config.toml names {}; take it out there, or the next run brings it back",
                    plain(&root)
                );
            }
        }
        for other in other_indexes(&index) {
            if forgotten != Forgotten::default() && has_photos_at(&other.manifest, &path) {
                let (other, path) = (other.path.to_string_lossy(), path.to_string_lossy());
                eprintln!(
                    "another index knows it too: `pixseek --index-dir {} folder forget {}`",
                    plain(&other),
                    plain(&path)
                );
            }
        }
    }
    Ok(if !is_erased {
        Outcome::DoneWithFailures
    } else if forgotten == Forgotten::default() {
        Outcome::NothingFound
    } else {
        Outcome::Done
    })
}

/// Rewrites the index without the forgotten photos, including those of an interrupted run. A full
/// disk does not fail the command: the photos are forgotten, and a later run erases them.
fn erase(writer: &mut Writer, common: &Common) -> bool {
    /// Print a notice from this many photos on: rewriting 100,000 takes about 7 seconds.
    const NOTICE_FROM: u64 = 25_000;
    if !writer.manifest().owes_erasure {
        return true;
    }
    if writer.manifest().photos > NOTICE_FROM && !common.quiet {
        eprintln!("erasing: the index is written again without them");
    }
    match writer.compact(&AtomicBool::new(false)) {
        Ok(_) => true,
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
fn has_photos_at(manifest: &Manifest, path: &Path) -> bool {
    let mut roots = manifest.roots.iter().map(|root| path_of(root.path.bytes()));
    let mut marks = manifest.forgotten.iter().map(|mark| path_of(mark.bytes()));
    let is_there = roots.any(|root| root.starts_with(path) || path.starts_with(&root));
    is_there && !marks.any(|mark| path.starts_with(&mark))
}

/// The absolute path as it was typed if the index knows it (it may lead through a followed
/// link), or else with its links resolved.
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

fn say(path: &Path, forgotten: Forgotten, writer: &Writer) {
    let name = path.to_string_lossy();
    let name = plain(&name);
    if forgotten == Forgotten::default() {
        let folders = writer.manifest().roots.iter();
        let folders = folders.map(|root| path_of(root.path.bytes()).display().to_string());
        let folders: Vec<String> = folders.collect();
        let folders = folders.join(", ");
        eprintln!("{name} is not indexed; folders are: {}", plain(&folders));
        return;
    }
    match forgotten.photos {
        0 => eprintln!("forgot {name}, which had no photos"),
        photos => eprintln!("forgot {} of {name}", counted(photos, "photo")),
    }
    if forgotten.is_marked {
        eprintln!("later runs leave it out; `pixseek index` with its name brings it back");
    }
}
