//! Which folders are indexed, and how each is walked.
//!
//! Every root is a walk of its own, with settings that the catalog keeps, so that any later
//! run walks it in the same way. A root below another one is left alone by the outer walk, and
//! so is what was forgotten. A folder below a root that the root's walk comes to needs no
//! settings of its own: to name it refreshes that part of the root.

#[cfg(test)]
mod tests;

use crate::EngineError;
use pixseek_index::{Root, RootSettings, RootState, Writer};
use pixseek_photos::{Links, Rules, Walk, WalkOptions, bytes_of, glob_below, path_of};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Changes to the settings of a root; what is `None` stays as it is.
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
    /// Globs that are not left out any more.
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

/// What holds in every walk, beside the settings of its root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommonRules {
    /// Globs to leave out.
    pub excludes: Vec<String>,
    /// Folders that are never walked: those that the program itself writes to.
    pub apart: Vec<PathBuf>,
}

/// The roots of an index and what was forgotten below them.
#[derive(Debug, Clone)]
pub struct Roots {
    known: Vec<(PathBuf, Root)>,
    forgotten: Vec<PathBuf>,
    common: CommonRules,
}

/// One walk of a run: all of a root, or a folder below it.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The root, whose settings hold.
    pub root: PathBuf,
    /// Where the walk begins: the root or a folder below it.
    pub start: PathBuf,
    /// How it is walked.
    pub options: WalkOptions,
    /// No run with these settings has come to its end.
    pub is_new: bool,
    /// Roots below this one.
    inner_roots: Vec<PathBuf>,
}

impl Scope {
    /// The walk; `None` where the walk of the root does not come to the start.
    ///
    /// # Errors
    ///
    /// When an exclude is no glob.
    pub fn walk(&self) -> Result<Option<Walk>, EngineError> {
        Ok(Walk::below(&self.root, &self.start, &self.options)?)
    }

    /// The rules of the walk, for single paths.
    ///
    /// # Errors
    ///
    /// When an exclude is no glob.
    pub fn rules(&self) -> Result<Rules, EngineError> {
        Ok(Rules::new(&self.root, &self.options)?)
    }

    /// Whether a path below the root belongs to another root.
    pub(crate) fn is_of_other_root(&self, path: &Path) -> bool {
        let mut roots = self.inner_roots.iter();
        roots.any(|root| path.starts_with(root))
    }

    /// Whether it is all of its root.
    pub(crate) fn is_whole(&self) -> bool {
        self.start == self.root
    }
}

impl Roots {
    /// The roots of an opened index.
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn of(writer: &Writer, common: &CommonRules) -> Result<Self, EngineError> {
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

    /// The folders that are roots.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.known.iter().map(|(root, _)| root.as_path())
    }

    /// The walks of `folders`: of what they are or lie in, and of all roots below them. Without
    /// folders, of all roots.
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
        // A folder comes before those below it.
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

    /// The innermost root that a path is or lies in.
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

/// Takes a folder that a person named into the index: what was forgotten there is wanted
/// again. It becomes a root unless the walk of a root comes to it already and no setting
/// changes; a new root below another one begins with the settings of that one.
///
/// # Errors
///
/// When an exclude is no glob, or a write fails.
pub fn take_in(
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
    // A glob that is none would stop every later run.
    Rules::new(folder, &options_of(&settings, common))?;
    Ok(writer.set_settings(&bytes, settings)?)
}

/// The settings of the root at `root` for a root at `folder` below it: its globs leave out
/// there what they left out before.
fn inherited(settings: &RootSettings, root: &Path, folder: &Path) -> RootSettings {
    let between = folder.strip_prefix(root).unwrap_or(folder);
    let names: Vec<&OsStr> = between.iter().collect();
    let globs = settings.excludes.iter();
    RootSettings {
        excludes: globs.filter_map(|glob| glob_below(glob, &names)).collect(),
        ..settings.clone()
    }
}
