//! Paths as bytes. Paths need not be UTF-8, so the index stores and compares the bytes of the file
//! system.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The bytes of a path, as they are on Unix; elsewhere, its UTF-8 form.
#[must_use]
pub fn bytes_of(path: &Path) -> Cow<'_, [u8]> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Cow::Borrowed(path.as_os_str().as_bytes())
    }
    #[cfg(not(unix))]
    Cow::Owned(path.to_string_lossy().into_owned().into_bytes())
}

/// The path of bytes that [`bytes_of`] made.
#[must_use]
pub fn path_of(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
