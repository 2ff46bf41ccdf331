//! Collects the terms of an index that completion offers.

use crate::{EngineError, Names, Saved, Vocabulary};
use pixseek_index::{GivenLabels, Reader, Tags, TextColumn};
use std::collections::BTreeSet;
use std::path::Path;

/// What an index offers for completion, without its model.
///
/// # Errors
///
/// Fails when there is no index, or a part of it is damaged.
pub fn vocabulary_of(index: &Path) -> Result<Vocabulary, EngineError> {
    vocabulary(&Reader::open(index)?, &Names::read(index)?)
}

/// The cameras, folders, names and other terms of the index, each once.
pub(super) fn vocabulary(reader: &Reader, names: &Names) -> Result<Vocabulary, EngineError> {
    let texts = |column| reader.texts(column);
    let index = reader.index();
    let computed = Tags::read(index, reader.manifest().epoch)?;
    let computed = computed.map(|tags| tags.labels().to_vec());
    let given = GivenLabels::read(index)?;
    let given = given.iter().map(|(label, _)| label.to_owned());
    let tags: BTreeSet<String> = given.chain(computed.unwrap_or_default()).collect();
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
        tags: tags.into_iter().collect(),
        names: names.iter().map(|(name, _)| name.to_owned()).collect(),
        saved: Saved::read(index)?
            .iter()
            .map(|(name, _)| name.to_owned())
            .collect(),
    })
}
