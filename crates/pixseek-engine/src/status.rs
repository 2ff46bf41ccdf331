//! What an index holds, without its model.

use crate::{EngineError, Failure};
use pixseek_index::{Manifest, ModelIdentity, RootSettings, RootState};
use pixseek_record::path_of;
use std::path::{Path, PathBuf};

/// What an index held when it was published last.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// Number of photos.
    pub photos: u64,
    /// Number of those photos that the last run did not see.
    pub offline: u64,
    /// Number of files that could not be indexed.
    pub failures: u64,
    /// Number of vectors that searches find with a graph; they scan the others.
    pub in_graphs: u64,
    /// The model that encoded the photos.
    pub model: ModelIdentity,
    /// The name of the precision in which it did; `None` before the first photo.
    pub precision: Option<String>,
    /// The folders that are indexed.
    pub folders: Vec<Folder>,
    /// Paths below these folders that a person had forgotten: no run brings them back.
    pub forgotten: Vec<PathBuf>,
    /// Whether the files still hold photos that were forgotten.
    pub owes_erasure: bool,
    /// The time of publication, in seconds since 1970.
    pub published: u64,
}

/// A folder that is indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its path.
    pub path: PathBuf,
    /// How a run walks it.
    pub settings: RootSettings,
    /// Whether the last run found it.
    pub state: RootState,
}

impl Status {
    /// Reads the status of an index.
    ///
    /// # Errors
    ///
    /// Fails when there is no index, it is damaged, or of another format.
    pub fn read(index: &Path) -> Result<Self, EngineError> {
        Ok(Self::of(&Manifest::read(index)?))
    }

    pub(crate) fn of(manifest: &Manifest) -> Self {
        let folders = manifest.roots.iter().map(|root| Folder {
            path: path_of(root.path.bytes()),
            settings: root.settings.clone(),
            state: root.state,
        });
        let forgotten = manifest.forgotten.iter();
        Self {
            photos: manifest.photos,
            offline: manifest.offline,
            failures: manifest.failures,
            in_graphs: manifest.graphs.iter().map(|of| u64::from(of.rows)).sum(),
            model: manifest.model.clone(),
            precision: manifest.precision.clone(),
            folders: folders.collect(),
            forgotten: forgotten.map(|path| path_of(path.bytes())).collect(),
            owes_erasure: manifest.owes_erasure,
            published: manifest.published,
        }
    }
}

/// Reads the files that could not be indexed, as bytes of their paths, sorted.
///
/// # Errors
///
/// Fails when there is no index, or the list is damaged.
pub fn failures(index: &Path) -> Result<Vec<(Vec<u8>, Failure)>, EngineError> {
    // Without this, a folder that is no index would have an empty list.
    Manifest::read(index)?;
    let failures = pixseek_index::read_failures(index)?.into_iter();
    let failure = failures.map(|published| {
        let failure = Failure::new(published.failure.kind, published.failure.reason);
        (published.path.bytes().to_vec(), failure)
    });
    Ok(failure.collect())
}
