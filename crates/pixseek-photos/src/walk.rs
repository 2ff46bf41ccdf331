//! Folders to files that may be photos, in the order of their paths' bytes.
//!
//! [`crate::diff()`] relies on this order to merge a walk with the known files in constant memory. A
//! folder sorts as its name with a slash behind it, so the files come out exactly like a sorted list of
//! their whole paths.

#[cfg(test)]
mod tests;

use crate::format::may_be_photo;
use crate::ignore::GlobError;
use crate::rules::Rules;
use pixseek_record::{Stamp, bytes_of};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// How a walk treats symbolic links.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Links {
    /// The walk ignores them.
    #[default]
    Skip,
    /// The walk follows them and reports loops.
    Follow,
}

/// Which files a walk returns.
#[derive(Debug, Clone, Default)]
pub struct WalkOptions {
    /// Whether to follow symbolic links.
    pub links: Links,
    /// Include files and folders whose names begin with a dot.
    pub hidden: bool,
    /// Stay on the file system of the folder where the walk begins.
    pub one_file_system: bool,
    /// Globs to leave out, read like lines of an ignore file in the walk's root.
    pub excludes: Vec<String>,
    /// Paths that the walk does not enter: folders that have a walk of their own, and forgotten
    /// folders and files.
    pub apart: Vec<PathBuf>,
}

/// A file that may be a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its path, which begins with the walk's folder as the caller gave it.
    pub path: PathBuf,
    /// Its stamp.
    pub stamp: Stamp,
}

/// A place that the walk could not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkError {
    /// The folder or file.
    pub path: PathBuf,
    /// The system's error, or the mistake in an ignore file.
    pub reason: String,
}

/// An item that a walk returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalkItem {
    /// A file that may be a photo.
    File(Seen),
    /// A place that the walk could not read.
    Error(WalkError),
}

/// A walk below one folder.
pub struct Walk {
    entries: walkdir::IntoIter,
    rules: Rules,
    /// Number of folders between the root of the rules and the start of the walk. The ignore files of
    /// all of them apply.
    depth: usize,
    errors: Vec<WalkError>,
    folder: PathBuf,
}

/// An entry of a folder, before the walk has looked at a file's type or size.
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
    /// Fails when an exclude is not a valid glob.
    pub fn new(folder: &Path, options: &WalkOptions) -> Result<Self, GlobError> {
        let rules = Rules::new(folder, options)?;
        Ok(Self::with(folder, options, rules, 0))
    }

    /// Begins the part of `root`'s walk that lies below `folder`. Returns `None` if that walk does not
    /// reach the folder.
    ///
    /// # Errors
    ///
    /// Fails when an exclude is not a valid glob.
    pub fn below(
        root: &Path,
        folder: &Path,
        options: &WalkOptions,
    ) -> Result<Option<Self>, GlobError> {
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
            .sort_by(move |left, right| order.compare(left, right))
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
            // walkdir does not open a folder of another file system, so `skip_current_dir` would skip
            // the rest of the folder around it.
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
            if !is_folder && self.depth + entry.depth() == 0 {
                return Some(Step::Error(WalkError {
                    path: entry.into_path(),
                    reason: "it is a file now, and no longer a folder".into(),
                }));
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

    /// Returns the folders that the walk enters, instead of files.
    pub fn folders(mut self) -> impl Iterator<Item = PathBuf> {
        std::iter::from_fn(move || self.step()).filter_map(|step| match step {
            Step::Folder(entry) => Some(entry.into_path()),
            Step::File(_) | Step::Error(_) => None,
        })
    }
}

impl Iterator for Walk {
    type Item = WalkItem;

    fn next(&mut self) -> Option<WalkItem> {
        loop {
            let entry = match self.step()? {
                Step::Folder(_) => continue,
                Step::Error(error) => return Some(WalkItem::Error(error)),
                Step::File(entry) => entry,
            };
            if entry.file_type().is_file() && may_be_photo(entry.path()) {
                return Some(match entry.metadata() {
                    Ok(metadata) => WalkItem::File(Seen {
                        stamp: Stamp::of(&metadata),
                        path: entry.into_path(),
                    }),
                    Err(error) => WalkItem::Error(WalkError {
                        path: entry.into_path(),
                        reason: error.to_string(),
                    }),
                });
            }
        }
    }
}

/// Sorts the entries of a folder by the bytes of their names; a folder's name ends with a slash.
struct Order {
    links: Links,
    folder: PathBuf,
    /// Whether each link in `folder` leads to a folder. Each is read once, because its target may
    /// change during the sort, and an inconsistent order would make the sort panic.
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

    fn compare(&mut self, left: &DirEntry, right: &DirEntry) -> Ordering {
        let slash = |is_folder: bool| is_folder.then_some(&b'/');
        let (left_slash, right_slash) = (slash(self.is_folder(left)), slash(self.is_folder(right)));
        let left = bytes_of(Path::new(left.file_name()));
        let right = bytes_of(Path::new(right.file_name()));
        let right = right.iter().chain(right_slash);
        left.iter().chain(left_slash).cmp(right)
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
