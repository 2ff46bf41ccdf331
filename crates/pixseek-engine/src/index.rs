//! An index that is open for changes, and the commands that restore one.

use crate::roots::{CommonRules, Roots, SettingsChange, add_folder};
use crate::{Calibration, EngineError, Status};
use pixseek_clip::{ComputeDevice, Model, Precision};
use pixseek_index::{
    Forgotten, GraphProgress, KeepRows, Manifest, ModelIdentity, RemakeReport, VerifyReport,
    Writer, WriterOptions,
};
use pixseek_photos::{LeftOut, Links, Rules, WalkOptions};
use pixseek_record::{bytes_of, path_of};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// An index that is open for changes. It holds the writer's lock, so no other process can change the
/// index; searches see the changes when they are published.
pub struct Index {
    pub(crate) writer: Writer,
}

impl Index {
    /// Opens the index in a folder, or creates it.
    ///
    /// # Errors
    ///
    /// Fails when another process has it open for changes, another model made it, or it is damaged.
    pub fn open(folder: &Path, model: &ModelIdentity) -> Result<Self, EngineError> {
        let writer = Writer::open(folder, model, WriterOptions::default())?;
        Ok(Self { writer })
    }

    /// Opens an index that exists, whatever model made it.
    ///
    /// # Errors
    ///
    /// Fails when there is no index, another process has it open for changes, or it is damaged.
    pub fn open_existing(folder: &Path) -> Result<Self, EngineError> {
        Self::open(folder, &Manifest::read(folder)?.model)
    }

    /// What is published of the index.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::of(self.writer.manifest())
    }

    /// Sets the precision that a person requested. On an error the index stays unchanged.
    ///
    /// # Errors
    ///
    /// Fails when the index has another precision, or has none yet and this machine cannot compute
    /// in the requested one.
    pub fn set_precision(
        &mut self,
        model: &Model,
        precision: Precision,
    ) -> Result<(), EngineError> {
        let is_new = self.writer.manifest().precision.is_none();
        if is_new && !model.computes_in(precision, &ComputeDevice::cpu()) {
            return Err(EngineError::NoPrecision {
                model: model.name().into(),
                precision,
            });
        }
        Ok(self.writer.set_precision(precision.name())?)
    }

    /// The indexed folders.
    ///
    /// # Errors
    ///
    /// Fails when the catalog cannot be read.
    pub fn roots(&self, common: &CommonRules) -> Result<Roots, EngineError> {
        Roots::of(&self.writer, common)
    }

    /// Adds a folder that a person named, even if it was forgotten before. The folder becomes a
    /// root unless the walk of a root already reaches it and no setting changes. A new root below
    /// another one starts with the settings of that one.
    ///
    /// # Errors
    ///
    /// Fails when an exclude is not a valid glob, or a write fails.
    pub fn add_folder(
        &mut self,
        folder: &Path,
        change: &SettingsChange,
        common: &CommonRules,
    ) -> Result<(), EngineError> {
        add_folder(&mut self.writer, folder, change, common)
    }

    /// Whether there is a photo, a failure or a root at a path or below it.
    ///
    /// # Errors
    ///
    /// Fails when the catalog cannot be read.
    pub fn knows(&self, path: &Path) -> Result<bool, EngineError> {
        let roots = self.writer.roots()?;
        let mut roots = roots.iter().map(|root| path_of(root.path.bytes()));
        let view = self.writer.view();
        let is_known = view.known_below(&bytes_of(path)).next().is_some();
        Ok(is_known || roots.any(|root| root.starts_with(path)))
    }

    /// The number of photos that a walk of `folder` would leave out if it excluded these globs too.
    /// Photos of roots below the folder do not count, because these have a walk of their own.
    ///
    /// # Errors
    ///
    /// Fails when a glob is not valid, or the catalog cannot be read.
    pub fn excluded_by(&self, folder: &Path, globs: &[String]) -> Result<u64, EngineError> {
        let roots = self.writer.roots()?;
        let below = |root: &PathBuf| root != folder && root.starts_with(folder);
        let apart = roots.iter().map(|root| path_of(root.path.bytes()));
        let apart: Vec<PathBuf> = apart.filter(below).collect();
        let options = WalkOptions {
            hidden: true,
            links: Links::Follow,
            excludes: globs.to_vec(),
            ..WalkOptions::default()
        };
        let mut rules = Rules::new(folder, &options)?;
        let mut excluded = 0;
        for photo in self.writer.view().photos_below(&bytes_of(folder)) {
            let path = path_of(&photo?.0);
            let has_own_walk = apart.iter().any(|root| path.starts_with(root));
            let left_out = rules.why_left_out(&path) == Some(LeftOut::OnPurpose);
            excluded += u64::from(left_out && !has_own_walk);
        }
        Ok(excluded)
    }

    /// The hashes of the files of all photos at wanted paths, published or not.
    ///
    /// # Errors
    ///
    /// Fails when the catalog cannot be read.
    pub fn contents(
        &self,
        is_wanted: impl Fn(&Path) -> bool,
    ) -> Result<HashSet<[u8; 32]>, EngineError> {
        let mut contents = HashSet::new();
        for photo in self.writer.view().photos_below(b"") {
            let (path, record) = photo?;
            if is_wanted(&path_of(&path)) {
                contents.insert(record.content);
            }
        }
        Ok(contents)
    }

    /// Removes what lies at a path or below it, and leaves it out from now on. The files hold it
    /// until [`Index::erase`].
    ///
    /// # Errors
    ///
    /// Fails when a write fails.
    pub fn forget(&mut self, path: &Path) -> Result<Forgotten, EngineError> {
        Ok(self.writer.forget(&bytes_of(path))?)
    }

    /// Shows all changes to searches.
    ///
    /// # Errors
    ///
    /// Fails when a write fails.
    pub fn publish(&mut self) -> Result<(), EngineError> {
        if !self.writer.is_published()? {
            self.writer.publish()?;
        }
        Ok(())
    }

    /// Rewrites the index without what was forgotten.
    ///
    /// # Errors
    ///
    /// Fails when a write fails. Searches still find no forgotten photo.
    pub fn erase(&mut self) -> Result<(), EngineError> {
        self.writer.compact(&AtomicBool::new(false))?;
        Ok(())
    }
}

/// Rewrites an index without the vectors that no photo has.
///
/// # Errors
///
/// Fails when another process has the index open for changes, or a write fails.
pub fn compact(
    index: &Path,
    on_graph: &mut dyn FnMut(GraphProgress),
) -> Result<RemakeReport, EngineError> {
    remake(index, KeepRows::Live, on_graph)
}

/// Restores an index from its undamaged parts.
///
/// # Errors
///
/// Fails when another process has the index open for changes, nothing can be restored, or a write
/// fails.
pub fn rebuild(
    index: &Path,
    on_graph: &mut dyn FnMut(GraphProgress),
) -> Result<RemakeReport, EngineError> {
    remake(index, KeepRows::Known, on_graph)
}

fn remake(
    index: &Path,
    keep: KeepRows,
    on_graph: &mut dyn FnMut(GraphProgress),
) -> Result<RemakeReport, EngineError> {
    let (mut writer, report) = pixseek_index::remake(index, keep, WriterOptions::default())?;
    writer.extend_graph(&AtomicBool::new(false), on_graph)?;
    Calibration::refresh_known(index)?;
    Ok(report)
}

/// Checks every byte of an index against its checksum, and its parts against each other.
///
/// # Errors
///
/// Fails when there is no index.
pub fn verify(index: &Path) -> Result<VerifyReport, EngineError> {
    Ok(pixseek_index::verify(index)?)
}
