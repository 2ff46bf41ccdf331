use crate::location::{other_indexes, thumbnails};
use anyhow::{Context, Result};
use pixseek_engine::{CatalogView, Reader, path_of};
use pixseek_tui::Cache;
use std::collections::HashSet;
use std::path::Path;

/// Removes the thumbnails that no photo of any index uses. Of the index at `index`, only photos
/// whose paths pass `is_kept` count. Indexes that only `--index` finds are not considered: the
/// interface makes their thumbnails again.
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
        // A damaged other index must not prevent forgetting in this one.
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
