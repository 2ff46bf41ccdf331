//! Pictures of queries that were asked before. The interface asks again at every key, and reading,
//! hashing and encoding a file takes far longer than a search.

use super::{QueryVector, REMEMBERED};
use crate::EngineError;
use pixseek_photos::FileStamp;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Vectors by path, each with the version of the file that it is of.
#[derive(Default)]
pub(super) struct Pictures {
    known: RefCell<HashMap<PathBuf, (FileStamp, QueryVector)>>,
}

impl Pictures {
    /// The vector of a file as it is now. `encode` makes it where it is not known, and says which
    /// version of the file it has read.
    pub(super) fn vector(
        &self,
        path: &Path,
        encode: impl FnOnce() -> Result<(FileStamp, QueryVector), EngineError>,
    ) -> Result<QueryVector, EngineError> {
        let now = std::fs::metadata(path).map(|metadata| FileStamp::of(&metadata));
        if let Ok(now) = now
            && let Some((stamp, vector)) = self.known.borrow().get(path)
            && now == *stamp
        {
            return Ok(vector.clone());
        }
        let (stamp, vector) = encode()?;
        let mut known = self.known.borrow_mut();
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(path.into(), (stamp, vector.clone()));
        Ok(vector)
    }
}

#[cfg(test)]
mod tests {
    use super::{Pictures, QueryVector};
    use crate::EngineError;
    use pixseek_clip::Embedding;
    use pixseek_photos::{DecodeLimits, PhotoFile};
    use std::cell::Cell;
    use std::path::Path;

    #[test]
    fn a_picture_is_read_once_for_each_of_its_versions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let (pictures, reads) = (Pictures::default(), Cell::new(0));
        let read = |path: &Path| {
            pictures.vector(path, || {
                reads.set(reads.get() + 1);
                let file = PhotoFile::read(path, DecodeLimits::default())
                    .map_err(|_| EngineError::Worker)?;
                let vector = vec![1.0, f32::from(file.hash()[0])];
                Ok((file.stamp(), QueryVector(Embedding::normalize(vector)?)))
            })
        };
        std::fs::write(&path, "a picture").unwrap();
        let first = read(&path).unwrap();
        for _ in 0..3 {
            assert_eq!(read(&path).unwrap(), first);
        }
        assert_eq!(reads.get(), 1);
        std::fs::write(&path, "another picture").unwrap();
        assert_ne!(read(&path).unwrap(), first);
        assert_eq!(reads.get(), 2);
        std::fs::remove_file(&path).unwrap();
        assert!(read(&path).is_err(), "a file that is gone has no picture");
    }
}
