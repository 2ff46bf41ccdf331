//! Recognises offline photos that were moved to another path.

use crate::EngineError;
use pixseek_index::{CatalogView, PhotoRecord, Stamp};

/// The paths of offline photos that now exist at other paths. Looks through all folders, because a
/// person may have renamed a whole root and indexed it under its new name.
pub(super) fn moved(view: &CatalogView) -> impl Iterator<Item = Result<Vec<u8>, EngineError>> {
    let photos = view.has_arrivals().then(|| view.photos_below(b""));
    let moved = photos.into_iter().flatten().map(|entry| {
        let (path, photo) = entry?;
        let has_moved = photo.offline && has_moved(view, &path, &photo)?;
        Ok(has_moved.then_some(path))
    });
    moved.filter_map(Result::transpose)
}

/// Whether an offline photo is the same file as one that was found at another path. A copy is
/// another file: the original may still be there when its drive comes back.
fn has_moved(view: &CatalogView, path: &[u8], photo: &PhotoRecord) -> Result<bool, EngineError> {
    if photo.stamp.identity == 0 {
        return Ok(false);
    }
    for arrival in view.arrivals(&photo.content, photo.stamp.identity) {
        let arrival = arrival?;
        if arrival == path {
            continue;
        }
        if let Some(arrived) = view.photo(&arrival)?
            && !arrived.offline
            && arrived.content == photo.content
            && is_same_file(&arrived.stamp, &photo.stamp)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A move keeps the file's identity, its size and its modification time.
fn is_same_file(a: &Stamp, b: &Stamp) -> bool {
    (a.identity, a.size, a.modified) == (b.identity, b.size, b.modified)
}
