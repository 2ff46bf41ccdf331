//! What an index has to offer to someone who types.

use super::Searcher;
use crate::{EngineError, Saved, Vocabulary};
use pixseek_index::{Tags, TextColumn};
use std::collections::BTreeSet;

impl Searcher {
    /// Cameras, folders, names and the like, each once.
    ///
    /// # Errors
    ///
    /// When a part of the index is damaged.
    pub fn vocabulary(&self) -> Result<Vocabulary, EngineError> {
        let texts = |column| self.reader.texts(column);
        let index = self.reader.index();
        let tags = Tags::read(index, self.manifest().epoch)?;
        let folders = texts(TextColumn::Folder)?;
        let folders: BTreeSet<&str> = folders
            .iter()
            .flat_map(|path| path.split('/'))
            .filter(|name| !name.is_empty())
            .collect();
        Ok(Vocabulary {
            cameras: texts(TextColumn::Camera)?,
            lenses: texts(TextColumn::Lens)?,
            folders: folders.into_iter().map(str::to_owned).collect(),
            extensions: texts(TextColumn::Extension)?,
            tags: tags.map(|tags| tags.labels().to_vec()).unwrap_or_default(),
            names: self.names.iter().map(|(name, _)| name.to_owned()).collect(),
            saved: Saved::read(index)?
                .iter()
                .map(|(name, _)| name.to_owned())
                .collect(),
        })
    }
}
