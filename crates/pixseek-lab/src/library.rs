//! A folder of photos that an experiment indexes and searches.

use crate::LabError;
use pixseek_engine::{
    ComputeDevice, EngineError, ModelChoice, QueryVector, RowFilter, SearchMode, Searcher,
    SyncOptions, Writer, WriterOptions, open_model, path_of, sync,
};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// A folder of photos, indexed with the embedded model. Dropping it deletes the index.
pub struct Library {
    /// Searches the index.
    pub searcher: Searcher,
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
        let mut writer = Writer::open(index.path(), &identity, WriterOptions::default())?;
        let options = SyncOptions {
            roots: vec![folder.canonicalize().map_err(LabError::Folder)?],
            ..SyncOptions::default()
        };
        let never = AtomicBool::new(false);
        let device = ComputeDevice::cpu;
        sync(&mut writer, &model, &device, &options, &never, &mut |_| ())?;
        drop(writer);
        let searcher = Searcher::open(index.path(), None, ComputeDevice::cpu())?;
        Ok(Self { searcher, index })
    }

    /// Names of the `k` photos nearest to a vector by cosine alone, the nearest first.
    ///
    /// # Errors
    ///
    /// Fails when the index is damaged.
    pub fn nearest(&self, query: &QueryVector, k: usize) -> Result<Vec<String>, EngineError> {
        let reader = self.searcher.reader();
        let (rows, _) = reader.nearest(query.as_slice(), k, SearchMode::Exact, RowFilter::All)?;
        let mut names = Vec::new();
        for (row, _) in rows {
            let photos = reader.photos_of(row, None)?.into_iter();
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
