//! Decides which file system events a pass would notice.
//!
//! It uses the rules of the walks, so that a cache, the index itself or a file that is no photo
//! triggers no pass.

#[cfg(test)]
mod tests;

use notify::event::{CreateKind, RemoveKind};
use notify::{Event, EventKind};
use pixseek_engine::{IGNORE_FILE, LeftOut, Reader, Rules, Scope, bytes_of, may_be_photo};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

pub(super) struct Interest {
    index: PathBuf,
    /// The walks of the last pass: the start of each, and its rules.
    walks: Vec<(PathBuf, Rules)>,
    /// The folders that the last pass entered.
    folders: HashSet<PathBuf>,
    /// The reader of the index, opened at the first lookup.
    reader: Option<Reader>,
}

impl Interest {
    pub(super) fn new(index: &Path) -> Self {
        Self {
            index: index.into(),
            walks: Vec::new(),
            folders: HashSet::new(),
            reader: None,
        }
    }

    pub(super) fn add_folder(&mut self, folder: PathBuf) {
        self.folders.insert(folder);
    }

    /// Replaces the walks by those of a new pass.
    pub(super) fn set_scopes(&mut self, scopes: Vec<Scope>) {
        self.reader = None;
        // The globs were checked before they were stored, so this never drops a scope.
        let rules = |scope: Scope| Some((scope.start.clone(), scope.rules().ok()?));
        self.walks = scopes.into_iter().filter_map(rules).collect();
    }

    /// Whether a pass would notice this event.
    pub(super) fn concerns(&mut self, event: &Event) -> bool {
        if event.kind.is_access() {
            return false;
        }
        // The system lost events, so anything may have changed.
        event.need_rescan()
            || event
                .paths
                .iter()
                .any(|path| self.concerns_path(path, event.kind))
    }

    fn concerns_path(&mut self, path: &Path, kind: EventKind) -> bool {
        if path.file_name().is_some_and(|name| name == IGNORE_FILE) {
            let folder = path.parent().unwrap_or(path);
            return self.why_left_out(folder).is_none();
        }
        match self.why_left_out(path) {
            None => {}
            // A link may have replaced an indexed photo.
            Some(LeftOut::BehindLink) => return self.is_known(path),
            Some(_) => return false,
        }
        let is_folder = self.folders.contains(path)
            || matches!(
                kind,
                EventKind::Create(CreateKind::Folder) | EventKind::Remove(RemoveKind::Folder)
            )
            || path.is_dir();
        is_folder || may_be_photo(path) || (path.extension().is_none() && self.is_known(path))
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
        if self.reader.is_none() {
            self.reader = Reader::open(&self.index).ok();
        }
        let photo = self.reader.as_ref().map(|it| it.photo_at(&bytes_of(path)));
        // If the lookup fails, assume that there was a photo.
        !matches!(photo, Some(Ok(None)))
    }
}
