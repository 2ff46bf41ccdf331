//! Decides which file system events a pass would notice.

#[cfg(test)]
mod tests;

use notify::event::{CreateKind, RemoveKind};
use notify::{Event, EventKind};
use pixseek_engine::Interest;

/// Whether a pass would notice this event.
pub(super) fn concerns(interest: &mut Interest, event: &Event) -> bool {
    if event.kind.is_access() {
        return false;
    }
    let mut paths = event.paths.iter();
    let is_of_folder = matches!(
        event.kind,
        EventKind::Create(CreateKind::Folder) | EventKind::Remove(RemoveKind::Folder)
    );
    // The system lost events, so anything may have changed.
    event.need_rescan()
        || paths.any(|path| {
            if is_of_folder {
                interest.concerns_folder(path)
            } else {
                interest.concerns(path)
            }
        })
}
