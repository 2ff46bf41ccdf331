//! The folders that are indexed, and the settings of each walk.
//!
//! Every root is a walk of its own. The catalog stores its settings, so that any later run walks it
//! in the same way. The walk of a root skips the roots below it and the folders that were
//! forgotten. A folder that the walk of a root reaches needs no settings of its own: naming it
//! refreshes that part of the root.

#[cfg(test)]
mod tests;

use crate::EngineError;
use pixseek_index::{Root, RootSettings, RootState, Writer};
use pixseek_photos::{Links, Rules, Walk, WalkOptions, bytes_of, glob_below, path_of};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Changes to the settings of a root; a field that is `None` changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// Index files and folders whose names begin with a dot.
    pub hidden: Option<bool>,
    /// Follow symbolic links.
    pub follow_links: Option<bool>,
    /// Stay on the file system of the folder.
    pub one_file_system: Option<bool>,
    /// Globs to leave out from now on.
    pub exclude: Vec<String>,
    /// Globs to stop leaving out.
    pub no_exclude: Vec<String>,
}

impl SettingsChange {
    /// The settings after the change.
    #[must_use]
    pub fn of(&self, settings: &RootSettings) -> RootSettings {
        let mut excludes = settings.excludes.clone();
        excludes.extend(self.exclude.iter().cloned());
        excludes.retain(|glob| !self.no_exclude.contains(glob));
        excludes.sort();
        excludes.dedup();
        RootSettings {
            hidden: self.hidden.unwrap_or(settings.hidden),
            follow_links: self.follow_links.unwrap_or(settings.follow_links),
            one_file_system: self.one_file_system.unwrap_or(settings.one_file_system),
            excludes,
        }
    }
}

/// Rules that apply to every walk, in addition to the settings of its root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommonRules {
    /// Globs to leave out.
    pub excludes: Vec<String>,
    /// Folders that no walk enters, because the program itself writes to them.
    pub apart: Vec<PathBuf>,
}

/// The roots of an index, and the folders below them that were forgotten.
#[derive(Debug, Clone)]
pub struct Roots {
    known: Vec<(PathBuf, Root)>,
    forgotten: Vec<PathBuf>,
    common: CommonRules,
}

/// One walk of a run: all of a root, or a folder below it.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The root whose settings apply.
    pub root: PathBuf,
    /// Where the walk begins: the root or a folder below it.
    pub start: PathBuf,
    /// How it is walked.
    pub(crate) options: WalkOptions,
    /// Whether no run with these settings has finished yet.
    pub is_new: bool,
    /// Roots below this one.
    inner_roots: Vec<PathBuf>,
}

impl Scope {
    /// The folders that the walk enters.
    ///
    /// # Errors
    ///
    /// Fails when an exclude is not a valid glob.
    pub fn folders(&self) -> Result<impl Iterator<Item = PathBuf>, EngineError> {
        Ok(self.walk()?.into_iter().flat_map(Walk::folders))
    }

    /// Starts the walk; `None` if the root's walk does not reach `start`.
    pub(crate) fn walk(&self) -> Result<Option<Walk>, EngineError> {
        Ok(Walk::below(&self.root, &self.start, &self.options)?)
    }

    /// The rules of the walk, to test single paths against.
    pub(crate) fn rules(&self) -> Result<Rules, EngineError> {
        Ok(Rules::new(&self.root, &self.options)?)
    }

    /// Whether a path below the root belongs to another root.
    pub(crate) fn is_of_other_root(&self, path: &Path) -> bool {
        let mut roots = self.inner_roots.iter();
        roots.any(|root| path.starts_with(root))
    }

    /// Whether the scope covers the whole root.
    pub(crate) fn is_whole(&self) -> bool {
        self.start == self.root
    }
}

impl Roots {
    /// Reads the roots of an opened index.
    pub(crate) fn of(writer: &Writer, common: &CommonRules) -> Result<Self, EngineError> {
        let roots = writer.roots()?.into_iter();
        let forgotten = writer.forgotten()?;
        let mut common = common.clone();
        let index = writer.index();
        common
            .apart
            .push(index.canonicalize().unwrap_or_else(|_| index.into()));
        Ok(Self {
            known: roots
                .map(|root| (path_of(root.path.bytes()), root))
                .collect(),
            forgotten: forgotten.iter().map(|path| path_of(path.bytes())).collect(),
            common,
        })
    }

    /// Whether a path is a root or lies below one.
    #[must_use]
    pub fn is_within(&self, path: &Path) -> bool {
        self.around(path).is_some()
    }

    /// Whether a path was forgotten, or lies below one that was.
    #[must_use]
    pub fn is_forgotten(&self, path: &Path) -> bool {
        let mut forgotten = self.forgotten.iter();
        forgotten.any(|forgotten| path.starts_with(forgotten))
    }

    /// Whether exactly this path was forgotten, and not a folder above it.
    #[must_use]
    pub fn has_mark(&self, path: &Path) -> bool {
        self.forgotten.iter().any(|forgotten| forgotten == path)
    }

    /// Whether the settings of a root exclude exactly this glob.
    #[must_use]
    pub fn excludes(&self, glob: &str) -> bool {
        let mut globs = self
            .known
            .iter()
            .flat_map(|(_, root)| &root.settings.excludes);
        globs.any(|known| known == glob)
    }

    /// The folders of all roots.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.known.iter().map(|(root, _)| root.as_path())
    }

    /// The scopes of `folders`: each folder in its root, and all roots below it. If `folders` is
    /// empty, the scopes of all roots.
    #[must_use]
    pub fn scopes(&self, folders: &[PathBuf]) -> Vec<Scope> {
        let below_any = |root: &Path| folders.iter().any(|folder| root.starts_with(folder));
        let mut scopes: Vec<Scope> = self
            .known
            .iter()
            .filter(|(root, _)| folders.is_empty() || below_any(root))
            .map(|(path, root)| self.scope(path, root, path))
            .collect();
        let is_covered = |scopes: &[Scope], root: &Path, folder: &Path| {
            scopes
                .iter()
                .any(|scope| scope.root == root && folder.starts_with(&scope.start))
        };
        let mut parts: Vec<&PathBuf> = folders.iter().collect();
        // Sorting puts a folder before the folders below it.
        parts.sort();
        for folder in parts {
            if let Some((path, root)) = self.around(folder)
                && !is_covered(&scopes, path, folder)
            {
                scopes.push(self.scope(path, root, folder));
            }
        }
        scopes.sort_by(|a, b| bytes_of(&a.start).cmp(&bytes_of(&b.start)));
        scopes
    }

    /// The innermost root that equals the path or contains it.
    fn around(&self, path: &Path) -> Option<&(PathBuf, Root)> {
        self.known
            .iter()
            .filter(|(root, _)| path.starts_with(root))
            .max_by_key(|(root, _)| root.components().count())
    }

    fn scope(&self, path: &Path, root: &Root, start: &Path) -> Scope {
        let mut options = options_of(&root.settings, &self.common);
        let roots = self.known.iter().map(|(root, _)| root);
        let is_below = |other: &&PathBuf| other.starts_with(path) && other.as_path() != path;
        let inner_roots: Vec<PathBuf> = roots.filter(is_below).cloned().collect();
        let forgotten = self.forgotten.iter().filter(is_below);
        options
            .apart
            .extend(inner_roots.iter().chain(forgotten).cloned());
        Scope {
            root: path.into(),
            start: start.into(),
            options,
            is_new: root.state == RootState::New,
            inner_roots,
        }
    }
}

fn options_of(settings: &RootSettings, common: &CommonRules) -> WalkOptions {
    WalkOptions {
        links: if settings.follow_links {
            Links::Follow
        } else {
            Links::Skip
        },
        hidden: settings.hidden,
        one_file_system: settings.one_file_system,
        excludes: [&settings.excludes[..], &common.excludes].concat(),
        apart: common.apart.clone(),
    }
}

/// See [`crate::Index::add_folder`].
pub(crate) fn add_folder(
    writer: &mut Writer,
    folder: &Path,
    change: &SettingsChange,
    common: &CommonRules,
) -> Result<(), EngineError> {
    let roots = Roots::of(writer, common)?;
    let is_change = *change != SettingsChange::default();
    let bytes = bytes_of(folder);
    let settings = match roots.around(folder) {
        Some((path, root)) if path == folder => {
            if change.of(&root.settings) == root.settings {
                return Ok(());
            }
            root.settings.clone()
        }
        Some((path, root)) => {
            let mut scope = roots.scope(path, root, folder);
            scope.options.apart.retain(|apart| apart != folder);
            if !is_change && scope.rules()?.why_left_out(folder).is_none() {
                if roots.forgotten.iter().any(|forgotten| forgotten == folder) {
                    writer.remember(&bytes)?;
                }
                return Ok(());
            }
            inherited(&root.settings, path, folder)
        }
        None => RootSettings::default(),
    };
    let settings = change.of(&settings);
    // Check the globs before storing them: an invalid one would fail every later run.
    Rules::new(folder, &options_of(&settings, common))?;
    Ok(writer.set_settings(&bytes, settings)?)
}

/// The settings that a new root at `folder` inherits from the root at `root` above it. Its globs
/// are rewritten so that they exclude the same paths as before.
fn inherited(settings: &RootSettings, root: &Path, folder: &Path) -> RootSettings {
    let between = folder.strip_prefix(root).unwrap_or(folder);
    let names: Vec<&OsStr> = between.iter().collect();
    let globs = settings.excludes.iter();
    RootSettings {
        excludes: globs.filter_map(|glob| glob_below(glob, &names)).collect(),
        ..settings.clone()
    }
}
