//! Which of the system's messages a pass would see something of.
//!
//! The rules are those of the walks, so that a cache, the index itself, or a file that is no
//! photo begins no pass.

#[cfg(test)]
mod tests;

use notify::event::{CreateKind, RemoveKind};
use notify::{Event, EventKind};
use pixseek_engine::{IGNORE_FILE, LeftOut, Reader, Rules, Scope, bytes_of, may_be_photo};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

pub(super) struct Interest {
    index: PathBuf,
    /// What the last pass walked: where each walk began, and its rules.
    walks: Vec<(PathBuf, Rules)>,
    /// The folders that it went into.
    folders: HashSet<PathBuf>,
    /// Opened when something is to be looked up in it.
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

    /// Takes the walks of a pass in the place of those of the pass before.
    pub(super) fn set_scopes(&mut self, scopes: Vec<Scope>) {
        self.reader = None;
        // Their globs were checked before they were stored.
        let rules = |scope: Scope| Some((scope.start.clone(), scope.rules().ok()?));
        self.walks = scopes.into_iter().filter_map(rules).collect();
    }

    /// Whether a pass would see something of this event.
    pub(super) fn is_in(&mut self, event: &Event) -> bool {
        if event.kind.is_access() {
            return false;
        }
        // The system lost messages.
        event.need_rescan() || event.paths.iter().any(|path| self.is_at(path, event.kind))
    }

    fn is_at(&mut self, path: &Path, kind: EventKind) -> bool {
        if path.file_name().is_some_and(|name| name == IGNORE_FILE) {
            let folder = path.parent().unwrap_or(path);
            return self.why_left_out(folder).is_none();
        }
        match self.why_left_out(path) {
            None => {}
            // A link may have taken a photo's place.
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

    /// Why no walk comes to a path; `None` if one does.
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

    /// Whether there was a photo at a path when the index was published.
    fn is_known(&mut self, path: &Path) -> bool {
        if self.reader.is_none() {
            self.reader = Reader::open(&self.index).ok();
        }
        let photo = self.reader.as_ref().map(|it| it.photo_at(&bytes_of(path)));
        // What cannot be looked up may have been one.
        !matches!(photo, Some(Ok(None)))
    }
}
