//! What the measuring examples share.

#![allow(dead_code, reason = "no example needs all of it")]

use pixseek_engine::{
    ComputeDevice, ModelChoice, Searcher, SyncOptions, Writer, open_model, sync, writer_options,
};
use std::error::Error;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// A folder of photos, indexed with the embedded model; the index lasts as long as this.
pub struct Library {
    /// Searches it.
    pub searcher: Searcher,
    /// The index.
    pub index: TempDir,
}

impl Library {
    /// Indexes a folder.
    ///
    /// # Errors
    ///
    /// When the folder is not there.
    pub fn index(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let index = tempfile::tempdir()?;
        let (model, identity) = open_model(&ModelChoice::Embedded)?;
        let mut writer = Writer::open(index.path(), &identity, writer_options())?;
        let options = SyncOptions {
            roots: vec![folder.canonicalize()?],
            ..SyncOptions::default()
        };
        let never = AtomicBool::new(false);
        let device = ComputeDevice::cpu;
        sync(&mut writer, &model, &device, &options, &never, &mut |_| ())?;
        drop(writer);
        let searcher = Searcher::open(index.path(), None, ComputeDevice::cpu())?;
        Ok(Self { searcher, index })
    }
}
