//! Folders to files that may be photos, in the order of their paths' bytes.
//!
//! The order is what lets [`crate::diff()`] merge a walk with what is known in constant
//! memory: a folder sorts as its name with a slash behind it, so the files come out exactly
//! as a sorted list of their whole paths.

#[cfg(test)]
mod tests;

use crate::format::may_be_photo;
use crate::rules::Rules;
use pixseek_record::{Stamp, bytes_of};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// What to do at a symbolic link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Links {
    /// Pass it by.
    #[default]
    Skip,
    /// Go through it; loops are found and reported.
    Follow,
}

/// Which files a walk brings.
#[derive(Debug, Clone, Default)]
pub struct WalkOptions {
    /// Symbolic links.
    pub links: Links,
    /// Take files and folders whose names begin with a dot.
    pub hidden: bool,
    /// Do not leave the file system of the folder that the walk began at.
    pub one_file_system: bool,
    /// Globs to leave out, as lines of an ignore file at the beginning of the walk.
    pub excludes: Vec<String>,
    /// Paths to leave alone with all below them: folders that are walked by themselves, and
    /// what was forgotten.
    pub apart: Vec<PathBuf>,
}

/// A file that may be a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its path, beginning with the walk's folder as it was given.
    pub path: PathBuf,
    /// Its stamp.
    pub stamp: Stamp,
}

/// Something that the walk could not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkError {
    /// The folder or file.
    pub path: PathBuf,
    /// Why, in the system's words.
    pub reason: String,
}

/// One step of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A file.
    File(Seen),
    /// A place that was passed by.
    Error(WalkError),
}

/// A walk below one folder.
pub struct Walk {
    entries: walkdir::IntoIter,
    rules: Rules,
    /// Folders between the rules' root and the walk's: ignore files count from the root on.
    depth: usize,
    errors: Vec<WalkError>,
    folder: PathBuf,
}

/// One step, before anything is known about a file but its name.
enum Step {
    Folder(DirEntry),
    File(DirEntry),
    Error(WalkError),
}

impl Walk {
    /// Begins a walk.
    ///
    /// # Errors
    ///
    /// When an exclude is no glob.
    pub fn new(folder: &Path, options: &WalkOptions) -> Result<Self, globset::Error> {
        let rules = Rules::new(folder, options)?;
        Ok(Self::with(folder, options, rules, 0))
    }

    /// The part of the walk of `root` that lies below `folder`; `None` where that walk does
    /// not come to the folder.
    ///
    /// # Errors
    ///
    /// When an exclude is no glob.
    pub fn below(
        root: &Path,
        folder: &Path,
        options: &WalkOptions,
    ) -> Result<Option<Self>, globset::Error> {
        let mut rules = Rules::new(root, options)?;
        if rules.why_left_out(folder).is_some() {
            return Ok(None);
        }
        let between = folder.strip_prefix(root).unwrap_or(Path::new(""));
        let depth = between.components().count();
        Ok(Some(Self::with(folder, options, rules, depth)))
    }

    fn with(folder: &Path, options: &WalkOptions, rules: Rules, depth: usize) -> Self {
        let mut order = Order::new(options.links);
        let entries = WalkDir::new(folder)
            .follow_links(options.links == Links::Follow)
            .same_file_system(options.one_file_system)
            .sort_by(move |a, b| order.compare(a, b))
            .into_iter();
        Self {
            entries,
            rules,
            depth,
            errors: Vec::new(),
            folder: folder.into(),
        }
    }

    fn step(&mut self) -> Option<Step> {
        loop {
            if let Some(error) = self.errors.pop() {
                return Some(Step::Error(error));
            }
            let entry = match self.entries.next()? {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(&self.folder).to_path_buf();
                    let reason = match (error.loop_ancestor(), error.io_error()) {
                        (Some(above), _) => format!("a link back to {}", above.display()),
                        (None, Some(io)) => io.to_string(),
                        (None, None) => error.to_string(),
                    };
                    return Some(Step::Error(WalkError { path, reason }));
                }
            };
            self.rules.leave_to(self.depth + entry.depth());
            let is_folder = entry.file_type().is_dir();
            // walkdir has not opened such a folder: to skip it would skip the one around it.
            if is_folder
                && self.rules.stays_on_one_file_system()
                && entry
                    .metadata()
                    .is_ok_and(|it| self.rules.is_elsewhere(&it))
            {
                continue;
            }
            let is_left_out = || {
                self.rules
                    .leaves_out(entry.path(), entry.file_name(), is_folder)
            };
            if entry.depth() > 0 && is_left_out() {
                if is_folder {
                    self.entries.skip_current_dir();
                }
                continue;
            }
            if !is_folder {
                return Some(Step::File(entry));
            }
            match self.rules.enter(entry.path()) {
                Ok(mistakes) => {
                    self.errors = mistakes;
                    return Some(Step::Folder(entry));
                }
                Err(error) => {
                    self.entries.skip_current_dir();
                    return Some(Step::Error(error));
                }
            }
        }
    }

    /// The folders that this walk goes into, in its place.
    pub fn folders(mut self) -> impl Iterator<Item = PathBuf> {
        std::iter::from_fn(move || self.step()).filter_map(|step| match step {
            Step::Folder(entry) => Some(entry.into_path()),
            Step::File(_) | Step::Error(_) => None,
        })
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let entry = match self.step()? {
                Step::Folder(_) => continue,
                Step::Error(error) => return Some(Found::Error(error)),
                Step::File(entry) => entry,
            };
            if entry.file_type().is_file() && may_be_photo(entry.path()) {
                return Some(match entry.metadata() {
                    Ok(metadata) => Found::File(Seen {
                        stamp: Stamp::of(&metadata),
                        path: entry.into_path(),
                    }),
                    Err(error) => Found::Error(WalkError {
                        path: entry.into_path(),
                        reason: error.to_string(),
                    }),
                });
            }
        }
    }
}

/// Sorts the names of a folder as bytes, a folder's with a slash behind it.
struct Order {
    links: Links,
    folder: PathBuf,
    /// The links of `folder` that lead to folders, and those that do not. Each is looked at
    /// once: its target may change while the names are sorted.
    leads_to_folder: HashMap<OsString, bool>,
}

impl Order {
    fn new(links: Links) -> Self {
        Self {
            links,
            folder: PathBuf::new(),
            leads_to_folder: HashMap::new(),
        }
    }

    fn compare(&mut self, a: &DirEntry, b: &DirEntry) -> Ordering {
        let (a_folder, b_folder) = (self.is_folder(a), self.is_folder(b));
        let a = bytes_of(Path::new(a.file_name()));
        let b = bytes_of(Path::new(b.file_name()));
        let slash = |folder: bool| folder.then_some(&b'/');
        a.iter()
            .chain(slash(a_folder))
            .cmp(b.iter().chain(slash(b_folder)))
    }

    fn is_folder(&mut self, entry: &DirEntry) -> bool {
        if self.links == Links::Skip || !entry.file_type().is_symlink() {
            return entry.file_type().is_dir();
        }
        let folder = entry.path().parent().unwrap_or(Path::new(""));
        if folder != self.folder {
            self.folder = folder.into();
            self.leads_to_folder.clear();
        }
        let name = entry.file_name().to_owned();
        *self
            .leads_to_folder
            .entry(name)
            .or_insert_with(|| entry.path().is_dir())
    }
}
