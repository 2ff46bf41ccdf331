use crate::location::{other_indexes, thumbnails};
use anyhow::{Context, Result};
use pixseek_engine::{Index, Photos};
use pixseek_tui::Cache;
use std::path::Path;

/// Removes the thumbnails that no photo of any index uses. Of the index in `folder`, only photos
/// whose paths pass `is_kept` count. Indexes that only `--index` finds are not considered: the
/// interface makes their thumbnails again.
pub fn keep_thumbnails(
    folder: &Path,
    index: &Index,
    is_kept: impl Fn(&Path) -> bool,
) -> Result<()> {
    let Some(cache) = thumbnails().filter(|cache| cache.exists()) else {
        return Ok(());
    };
    let mut known = index.contents(is_kept)?;
    for other in other_indexes(folder) {
        // A damaged other index must not prevent forgetting in this one.
        if let Ok(photos) = Photos::open(&other.path) {
            let photos = photos.all().filter_map(Result::ok);
            known.extend(photos.map(|(_, photo)| photo.content));
        }
    }
    let cache = Cache {
        folder: cache,
        bytes: 0,
    };
    cache
        .keep_only(&known)
        .with_context(|| format!("cannot remove pictures from {}", cache.folder.display()))
}
