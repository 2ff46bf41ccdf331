//! Folders for their owner alone, whatever the umask.

use std::fs::DirBuilder;
use std::io;
use std::path::Path;

/// Makes a folder, and those above it that are missing. One that is there keeps its mode.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Closes a folder that was made when others could read it. Without a folder nothing is done.
pub fn close_folder(folder: &Path) {
    #[cfg(unix)]
    {
        let owner = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        let _ = std::fs::set_permissions(folder, owner);
    }
    #[cfg(not(unix))]
    let _ = folder;
}
