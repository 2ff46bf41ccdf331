//! Decides which changed paths a run would notice.
//!
//! It uses the rules of the walks, so that a change in a cache, in the index itself or of a file
//! that is no photo starts no run.

use crate::{Photos, Scope};
use pixseek_photos::{IGNORE_FILE, LeftOut, Rules, may_be_photo};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The paths whose changes matter to an index.
pub struct Interest {
    index: PathBuf,
    /// The walks of the last run: the start of each, and its rules.
    walks: Vec<(PathBuf, Rules)>,
    /// The folders that the last run entered.
    folders: HashSet<PathBuf>,
    /// The published photos, opened at the first lookup.
    photos: Option<Photos>,
}

impl Interest {
    /// No path matters yet.
    #[must_use]
    pub fn new(index: &Path) -> Self {
        Self {
            index: index.into(),
            walks: Vec::new(),
            folders: HashSet::new(),
            photos: None,
        }
    }

    /// Adds a folder that a run enters.
    pub fn add_folder(&mut self, folder: PathBuf) {
        self.folders.insert(folder);
    }

    /// Replaces the walks by those of a new run.
    pub fn set_scopes(&mut self, scopes: Vec<Scope>) {
        self.photos = None;
        // The globs were checked before they were stored, so this never drops a scope.
        let rules = |scope: Scope| Some((scope.start.clone(), scope.rules().ok()?));
        self.walks = scopes.into_iter().filter_map(rules).collect();
    }

    /// Whether a run would notice a change at a path.
    pub fn concerns(&mut self, path: &Path) -> bool {
        if path.file_name().is_some_and(|name| name == IGNORE_FILE) {
            let folder = path.parent().unwrap_or(path);
            return self.why_left_out(folder).is_none();
        }
        match self.why_left_out(path) {
            None => {
                self.folders.contains(path)
                    || path.is_dir()
                    || may_be_photo(path)
                    || (path.extension().is_none() && self.is_known(path))
            }
            // A link may have replaced an indexed photo.
            Some(LeftOut::BehindLink) => self.is_known(path),
            Some(_) => false,
        }
    }

    /// Whether a run would notice that a folder came or went. It need not be there any more.
    pub fn concerns_folder(&mut self, path: &Path) -> bool {
        self.why_left_out(path).is_none() || self.concerns(path)
    }

    /// Why no walk reaches a path; `None` if one does.
    fn why_left_out(&mut self, path: &Path) -> Option<LeftOut> {
        let mut why = Some(LeftOut::OnPurpose);
        for (start, rules) in &mut self.walks {
            if path.starts_with(start) {
                match rules.why_left_out(path) {
                    Some(LeftOut::OnPurpose) => {}
                    other => why = other,
                }
            }
        }
        why
    }

    /// Whether the published index has a photo at a path.
    fn is_known(&mut self, path: &Path) -> bool {
        if self.photos.is_none() {
            self.photos = Photos::open(&self.index).ok();
        }
        let is_known = self.photos.as_ref().map(|photos| photos.has(path));
        // If the lookup fails, assume that there was a photo.
        !matches!(is_known, Some(Ok(false)))
    }
}
