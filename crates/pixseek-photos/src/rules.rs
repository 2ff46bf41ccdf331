//! What a walk leaves out: hidden names, globs, ignore files, folders of other walks, links
//! and other file systems.
//!
//! A walk applies the rules on its way down. [`Rules::why_left_out`] applies the same rules to a single
//! path, which need not exist: so a run does not remove photos that its walk did not look for, and
//! watching reacts to exactly the files that a walk would find.

#[cfg(test)]
mod tests;

use crate::bytes_of;
use crate::ignore::{GlobError, Pattern, read_ignore_file};
use crate::walk::{Links, WalkError, WalkOptions};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// Why a walk does not reach a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// A person excluded it: a hidden name, a glob, an ignore file, or a folder that has a walk of its
    /// own or was forgotten.
    OnPurpose,
    /// It lies behind a symbolic link, and links are not followed.
    BehindLink,
    /// It lies on another file system than the root.
    OtherFileSystem,
    /// The ignore file of a folder above it cannot be read, so its rules are unknown.
    Unknown,
}

/// The rules of one walk, and its current position.
pub struct Rules {
    root: PathBuf,
    options: WalkOptions,
    device: Option<u64>,
    patterns: Vec<Pattern>,
    /// The folders from the root down to the current one.
    entered: Vec<Entered>,
}

struct Entered {
    folder: PathBuf,
    /// Number of patterns that folders above this one have added.
    outer_patterns: usize,
}

impl Rules {
    /// Returns the rules of a walk that begins at `root`.
    ///
    /// # Errors
    ///
    /// Fails when an exclude is not a valid glob.
    pub fn new(root: &Path, options: &WalkOptions) -> Result<Self, GlobError> {
        let patterns = options
            .excludes
            .iter()
            .map(|glob| Pattern::new(root, glob))
            .collect::<Result<_, _>>()?;
        let device = options
            .one_file_system
            .then(|| std::fs::metadata(root).ok().and_then(|root| device(&root)))
            .flatten();
        Ok(Self {
            root: root.into(),
            options: options.clone(),
            device,
            patterns,
            entered: Vec::new(),
        })
    }

    /// Returns why the walk does not reach `path`, or `None` if the walk looks for it. Paths outside
    /// the root are left out.
    pub fn why_left_out(&mut self, path: &Path) -> Option<LeftOut> {
        let Some(parent) = path
            .parent()
            .filter(|parent| parent.starts_with(&self.root))
        else {
            return (path != self.root).then_some(LeftOut::OnPurpose);
        };
        while let Some(last) = self.entered.last()
            && !parent.starts_with(&last.folder)
        {
            self.leave();
        }
        if self.entered.is_empty() && self.enter(&self.root.clone()).is_err() {
            return Some(LeftOut::Unknown);
        }
        let mut place = self.entered.last()?.folder.clone();
        let rest = path.strip_prefix(&place).ok()?.to_path_buf();
        for name in &rest {
            place.push(name);
            let is_above = place != path;
            let metadata = std::fs::symlink_metadata(&place).ok();
            let is_link = metadata.as_ref().is_some_and(Metadata::is_symlink);
            let follows = self.options.links == Links::Follow;
            let metadata = match metadata {
                Some(_) if is_link && follows => std::fs::metadata(&place).ok(),
                metadata => metadata,
            };
            let is_folder = is_above || metadata.as_ref().is_some_and(Metadata::is_dir);
            if self.leaves_out(&place, name, is_folder) {
                return Some(LeftOut::OnPurpose);
            }
            if is_link && !follows {
                return Some(LeftOut::BehindLink);
            }
            if metadata.is_some_and(|metadata| self.is_elsewhere(&metadata)) {
                return Some(LeftOut::OtherFileSystem);
            }
            if is_above && self.enter(&place).is_err() {
                return Some(LeftOut::Unknown);
            }
        }
        None
    }

    /// Whether a hidden name, a glob, an ignore file or another walk excludes `path`. `name` is its last
    /// part, and it lies in the folder that was entered last.
    pub(crate) fn leaves_out(&self, path: &Path, name: &OsStr, is_folder: bool) -> bool {
        let is_hidden = bytes_of(Path::new(name)).starts_with(b".");
        let mut apart = self.options.apart.iter();
        (is_hidden && !self.options.hidden)
            || apart.any(|apart| apart.as_os_str() == path.as_os_str())
            || self
                .patterns
                .iter()
                .any(|pattern| pattern.matches(path, is_folder))
    }

    /// Whether the walk stays on one file system and the entry lies on another.
    pub(crate) fn is_elsewhere(&self, metadata: &Metadata) -> bool {
        matches!((self.device, device(metadata)), (Some(root), Some(here)) if root != here)
    }

    /// Whether the walk stays on the file system of its root.
    pub(crate) fn stays_on_one_file_system(&self) -> bool {
        self.device.is_some()
    }

    /// Enters a folder and reads its ignore file. Returns the lines that are not valid globs.
    ///
    /// # Errors
    ///
    /// Fails when the ignore file cannot be read. The folder is then not entered, because its rules are
    /// unknown.
    pub(crate) fn enter(&mut self, folder: &Path) -> Result<Vec<WalkError>, WalkError> {
        let (patterns, mistakes) = read_ignore_file(folder)?;
        self.entered.push(Entered {
            folder: folder.into(),
            outer_patterns: self.patterns.len(),
        });
        self.patterns.extend(patterns);
        Ok(mistakes)
    }

    /// Leaves the folders that are `depth` or more below the root.
    pub(crate) fn leave_to(&mut self, depth: usize) {
        while self.entered.len() > depth {
            self.leave();
        }
    }

    fn leave(&mut self) {
        if let Some(left) = self.entered.pop() {
            self.patterns.truncate(left.outer_patterns);
        }
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn device(metadata: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::dev(metadata))
}

#[cfg(not(unix))]
fn device(_: &Metadata) -> Option<u64> {
    None
}
