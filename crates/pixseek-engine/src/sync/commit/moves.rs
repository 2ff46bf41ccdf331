//! Photos that cannot be seen where they were because they were moved.

use crate::EngineError;
use pixseek_index::{CatalogView, PhotoRecord, Stamp};

/// The paths of offline photos that are found at other paths. All folders are looked through: a
/// whole one may have been renamed and named anew.
pub(super) fn moved(view: &CatalogView) -> impl Iterator<Item = Result<Vec<u8>, EngineError>> {
    let photos = view.has_arrivals().then(|| view.photos_below(b""));
    let moved = photos.into_iter().flatten().map(|entry| {
        let (path, photo) = entry?;
        let has_moved = photo.offline && has_moved(view, &path, &photo)?;
        Ok(has_moved.then_some(path))
    });
    moved.filter_map(Result::transpose)
}

/// Whether a photo that cannot be seen is the same file as one that was found at another path.
/// A copy is another file: the original may still be there when its drive comes back.
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

/// A move keeps the identity, the size and the content's time.
fn is_same_file(a: &Stamp, b: &Stamp) -> bool {
    (a.identity, a.size, a.modified) == (b.identity, b.size, b.modified)
}
