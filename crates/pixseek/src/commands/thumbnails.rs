use crate::location::{other_indexes, thumbnails};
use anyhow::{Context, Result};
use pixseek_engine::{CatalogView, Reader, path_of};
use pixseek_tui::Cache;
use std::collections::HashSet;
use std::path::Path;

/// Removes the small pictures that no photo of any index has, but for the indexes that lie where
/// only `--index` finds them: theirs are made again when they are looked at. Of the index at
/// `index`, only the photos at kept paths count.
pub fn keep_thumbnails(
    index: &Path,
    view: &CatalogView,
    is_kept: impl Fn(&Path) -> bool,
) -> Result<()> {
    let Some(folder) = thumbnails().filter(|folder| folder.exists()) else {
        return Ok(());
    };
    let mut known = HashSet::new();
    for photo in view.photos_below(b"") {
        let (path, record) = photo?;
        if is_kept(&path_of(&path)) {
            known.insert(record.content);
        }
    }
    for other in other_indexes(index) {
        // What is damaged there is not in the way of forgetting here.
        if let Ok(reader) = Reader::open(&other.path) {
            let photos = reader.photos().filter_map(Result::ok);
            known.extend(photos.map(|(_, record)| record.content));
        }
    }
    let cache = Cache { folder, bytes: 0 };
    cache
        .keep_only(&known)
        .with_context(|| format!("cannot remove pictures from {}", cache.folder.display()))
}
