//! The part of a file that has arrived.

use crate::ModelsError;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use ureq::http::HeaderMap;

/// An incomplete file.
pub(super) struct Part {
    /// The bytes that have arrived.
    pub data: PathBuf,
    /// The version that the server gave for them.
    pub version: PathBuf,
}

impl Part {
    pub(super) fn of(place: &Path) -> Self {
        let with = |ending: &str| {
            let mut name = place.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        Self {
            data: with(".part"),
            version: with(".version"),
        }
    }

    /// How many bytes are here, and their version if it is known.
    pub(super) fn have(&self) -> (u64, Option<String>) {
        let bytes = std::fs::metadata(&self.data).map_or(0, |data| data.len());
        (bytes, std::fs::read_to_string(&self.version).ok())
    }

    pub(super) fn remove(&self) {
        let _ = std::fs::remove_file(&self.data);
        let _ = std::fs::remove_file(&self.version);
    }

    /// The error of a write that failed. On a full disk the part is removed, to make room again.
    pub(super) fn not_written(
        &self,
        source: std::io::Error,
        place: &Path,
        total: Option<u64>,
        done: u64,
    ) -> ModelsError {
        if source.kind() != ErrorKind::StorageFull {
            return ModelsError::file("write", &self.data)(source);
        }
        self.remove();
        ModelsError::Full {
            path: place.into(),
            bytes: total.unwrap_or(0).saturating_sub(done),
        }
    }

    /// Prepares for the bytes from `start` on. Those of a new file are of a new version.
    pub(super) fn begin(&self, start: u64, headers: &HeaderMap) -> Result<(), ModelsError> {
        if start > 0 {
            return Ok(());
        }
        let _ = std::fs::remove_file(&self.version);
        // A weak version does not promise equal bytes.
        let version = headers.get("etag").and_then(|value| value.to_str().ok());
        if let Some(version) = version.filter(|version| !version.starts_with("W/")) {
            pixseek_files::replace(&self.version, version.as_bytes())
                .map_err(ModelsError::file("write", &self.version))?;
        }
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Part;
    use std::io::Write;

    /// A write to `/dev/full` fails as on a full disk.
    #[test]
    fn a_full_disk_is_named_and_the_part_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("weights");
        let part = Part::of(&place);
        std::fs::write(&part.data, "some").unwrap();
        let mut full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let source = full.write_all(b"more").unwrap_err();
        let error = part.not_written(source, &place, Some(10), 4).to_string();
        assert!(error.contains("the disk is full"), "{error}");
        assert!(!part.data.exists());
    }
}
