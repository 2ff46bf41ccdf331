//! A folder of photos that an experiment indexes and searches.

use crate::LabError;
use pixseek_engine::{
    ComputeDevice, Index, ModelChoice, QueryVector, Searcher, SyncOptions, open_model, path_of,
    sync,
};
use pixseek_index::{Reader, RowFilter, SearchMode};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// A folder of photos, indexed with the embedded model. Dropping it deletes the index.
pub struct Library {
    /// Searches the index.
    pub searcher: Searcher,
    /// Reads the index without the model.
    pub reader: Reader,
    /// The folder of the index.
    pub index: TempDir,
}

impl Library {
    /// Indexes a folder.
    ///
    /// # Errors
    ///
    /// Fails when the folder does not exist, or the index cannot be written.
    pub fn index(folder: &Path) -> Result<Self, LabError> {
        let index = tempfile::tempdir().map_err(LabError::Folder)?;
        let (model, identity) = open_model(&ModelChoice::Embedded)?;
        let mut writing = Index::open(index.path(), &identity)?;
        let options = SyncOptions {
            roots: vec![folder.canonicalize().map_err(LabError::Folder)?],
            ..SyncOptions::default()
        };
        let never = AtomicBool::new(false);
        let device = ComputeDevice::cpu;
        sync(&mut writing, &model, &device, &options, &never, &mut |_| ())?;
        drop(writing);
        let searcher = Searcher::open(index.path(), None, ComputeDevice::cpu())?;
        let reader = Reader::open(index.path())?;
        Ok(Self {
            searcher,
            reader,
            index,
        })
    }

    /// Names of the `k` photos nearest to a vector by cosine alone, the nearest first.
    ///
    /// # Errors
    ///
    /// Fails when the index is damaged.
    pub fn nearest(&self, query: &QueryVector, k: usize) -> Result<Vec<String>, LabError> {
        let query = query.as_slice();
        let (rows, _) = self
            .reader
            .nearest(query, k, SearchMode::Exact, RowFilter::All)?;
        let mut names = Vec::new();
        for (row, _) in rows {
            let photos = self.reader.photos_of(row, None)?.into_iter();
            names.extend(photos.map(|(path, _)| name_of(&path)));
        }
        names.truncate(k);
        Ok(names)
    }
}

/// The file name of a path.
#[must_use]
pub fn name_of(path: &[u8]) -> String {
    let path = path_of(path);
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
