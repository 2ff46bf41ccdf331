//! Folders to files that may be photos, in the order of their paths' bytes.
//!
//! The order is what lets [`crate::diff()`] merge a walk with what is known in constant
//! memory: a folder sorts as its name with a slash behind it, so the files come out exactly
//! as a sorted list of their whole paths.

#[cfg(test)]
mod tests;

use crate::format::may_be_photo;
use crate::ignore::{Pattern, read_ignore_file};
use crate::{FileStamp, bytes_of};
use std::cmp::Ordering;
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
}

/// A file that may be a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its path, beginning with the walk's folder as it was given.
    pub path: PathBuf,
    /// Its stamp.
    pub stamp: FileStamp,
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
    hidden: bool,
    patterns: Vec<Pattern>,
    /// Ignore patterns of the folders above the current entry: depth and count of `patterns`.
    marks: Vec<(usize, usize)>,
    errors: Vec<WalkError>,
    folder: PathBuf,
}

impl Walk {
    /// Begins a walk.
    ///
    /// # Errors
    ///
    /// When an exclude is no glob.
    pub fn new(folder: &Path, options: &WalkOptions) -> Result<Self, globset::Error> {
        let patterns = options
            .excludes
            .iter()
            .map(|glob| Pattern::new(folder, glob))
            .collect::<Result<_, _>>()?;
        let follow = options.links == Links::Follow;
        let entries = WalkDir::new(folder)
            .follow_links(follow)
            .same_file_system(options.one_file_system)
            .sort_by(move |a, b| byte_order(a, b, follow))
            .into_iter();
        Ok(Self {
            entries,
            hidden: options.hidden,
            patterns,
            marks: Vec::new(),
            errors: Vec::new(),
            folder: folder.into(),
        })
    }

    fn is_left_out(&self, entry: &DirEntry) -> bool {
        let is_hidden =
            entry.depth() > 0 && bytes_of(Path::new(entry.file_name()))[..].starts_with(b".");
        (is_hidden && !self.hidden)
            || self
                .patterns
                .iter()
                .any(|pattern| pattern.matches(entry.path(), entry.file_type().is_dir()))
    }

    /// Forgets the ignore files of folders that the walk has left.
    fn leave(&mut self, depth: usize) {
        while let Some((_, count)) = self.marks.pop_if(|(at, _)| *at >= depth) {
            self.patterns.truncate(count);
        }
    }
}

impl Iterator for Walk {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(error) = self.errors.pop() {
                return Some(Found::Error(error));
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
                    return Some(Found::Error(WalkError { path, reason }));
                }
            };
            self.leave(entry.depth());
            if self.is_left_out(&entry) {
                if entry.file_type().is_dir() {
                    self.entries.skip_current_dir();
                }
                continue;
            }
            if entry.file_type().is_dir() {
                let patterns = read_ignore_file(entry.path(), &mut self.errors);
                if !patterns.is_empty() {
                    self.marks.push((entry.depth(), self.patterns.len()));
                    self.patterns.extend(patterns);
                }
            } else if entry.file_type().is_file() && may_be_photo(entry.path()) {
                return Some(match entry.metadata() {
                    Ok(metadata) => Found::File(Seen {
                        stamp: FileStamp::of(&metadata),
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

/// Names as bytes, a folder's with a slash behind it.
fn byte_order(a: &DirEntry, b: &DirEntry, follow: bool) -> Ordering {
    let is_folder = |entry: &DirEntry| {
        entry.file_type().is_dir()
            || (follow && entry.file_type().is_symlink() && entry.path().is_dir())
    };
    let (a_folder, b_folder) = (is_folder(a), is_folder(b));
    let a = bytes_of(Path::new(a.file_name()));
    let b = bytes_of(Path::new(b.file_name()));
    let slash = |folder: bool| folder.then_some(&b'/');
    a.iter()
        .chain(slash(a_folder))
        .cmp(b.iter().chain(slash(b_folder)))
}
