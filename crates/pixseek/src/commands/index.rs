use super::interruption::Interruption;
use super::progress::ProgressLine;
use super::search::wanted_gpu;
use super::summary::{Summary, summarize};
use super::thumbnails::keep_thumbnails;
use super::watch::Watch;
use crate::arguments::{Common, Index as Arguments};
use crate::config::MEGAPIXELS;
use crate::decode_worker::workers;
use crate::location::{absolute, index_to_write, model_choice, thumbnails};
use crate::output::{Outcome, counted};
use anyhow::{Result, bail};
use pixseek_engine::{
    CommonRules, ComputeDevice, Event, Index, KnownFailures, Missing, Model, ModelIdentity, Roots,
    Scope, SettingsChange, SyncOptions, SyncReport, WalkError, Workers, open_model, sync,
};
use std::io::{IsTerminal, stderr, stdin};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Runs `pixseek index [DIR...]`.
pub fn index(common: &Common, arguments: &Arguments) -> Result<Outcome> {
    let folders = arguments
        .folders
        .iter()
        .map(|folder| absolute(folder))
        .collect::<Result<Vec<_>>>()?;
    let (model, identity) = open_model(&model_choice(common)?)?;
    let run = Run {
        common,
        arguments,
        index: index_to_write(common, &identity)?,
        model,
        identity,
        workers: workers(),
        gpu: wanted_gpu(common)?,
    };
    // Do not create an index for a folder that does not exist.
    if !run.index.exists() {
        run.check_folders(&folders, None)?;
    }
    run.check_excludes(&folders)?;
    let interruption = Interruption::listen(common.quiet)?;
    let stop = &*interruption.stop;
    if !arguments.watch {
        return run.once(PassFolders::Named(&folders), stop, &mut |_| ());
    }
    let mut watch = Watch::new(&run.index)?;
    run.once(PassFolders::Named(&folders), stop, &mut |scopes| {
        watch.follow(scopes);
    })?;
    interruption.is_idle.store(true, Ordering::Relaxed);
    if !common.quiet && !stop.load(Ordering::Relaxed) {
        eprintln!("watching; Ctrl-C ends");
    }
    watch.until(stop, &mut |watch| {
        interruption.is_idle.store(false, Ordering::Relaxed);
        let pass = run.once(PassFolders::Earlier(&folders), stop, &mut |scopes| {
            watch.follow(scopes);
        });
        interruption.is_idle.store(true, Ordering::Relaxed);
        pass.map(drop)
    });
    // Ctrl-C is how a watch ends, whatever it does at that moment.
    Ok(Outcome::Done)
}

/// Brings an index up to date while the terminal interface is open.
pub fn refresh(
    common: &Common,
    arguments: &Arguments,
    index: &Path,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(&Event<'_>),
) -> Result<SyncReport> {
    let (model, identity) = open_model(&model_choice(common)?)?;
    let run = Run {
        common,
        arguments,
        index: index.into(),
        model,
        identity,
        workers: workers(),
        gpu: wanted_gpu(common)?,
    };
    let folders = arguments.folders.iter().map(|folder| absolute(folder));
    let folders = folders.collect::<Result<Vec<_>>>()?;
    // Do not create an index for a folder that does not exist.
    if !run.index.exists() {
        run.check_folders(&folders, None)?;
    }
    let folders = PassFolders::Named(&folders);
    Ok(run.pass(folders, stop, &mut |_| (), tell)?.report)
}

/// The state that all passes of a run share.
struct Run<'a> {
    common: &'a Common,
    arguments: &'a Arguments,
    index: PathBuf,
    model: Model,
    identity: ModelIdentity,
    workers: Option<Workers>,
    /// The GPU that a person asked for.
    gpu: Option<ComputeDevice>,
}

/// The folders of a pass; an empty list means all indexed folders.
#[derive(Clone, Copy)]
enum PassFolders<'a> {
    /// Folders that a person named: the pass adds them to the index.
    Named(&'a [PathBuf]),
    /// The folders of the earlier passes, as far as they are still indexed.
    Earlier(&'a [PathBuf]),
}

/// The result of a pass.
struct Pass {
    report: SyncReport,
    /// Photos in the index after the pass.
    photos: u64,
    /// Files that could not be indexed, in this run or an earlier one.
    failures: u64,
    /// Whether all folders of the configuration existed.
    is_complete: bool,
}

impl Run<'_> {
    /// Brings the index up to date and prints a summary. Calls `begin` with the scopes before it
    /// walks them.
    fn once(
        &self,
        folders: PassFolders<'_>,
        stop: &AtomicBool,
        begin: &mut dyn FnMut(Vec<Scope>),
    ) -> Result<Outcome> {
        let start = Instant::now();
        let mut line = ProgressLine::new(self.common.quiet);
        let pass = self.pass(folders, stop, begin, &mut |event| line.show(event));
        line.finish();
        let pass = pass?;
        if !self.common.quiet {
            summarize(&Summary {
                report: &pass.report,
                photos: pass.photos,
                failures: pass.failures,
                took: start.elapsed(),
                watches: self.arguments.watch,
            });
        }
        let report = &pass.report;
        Ok(if report.stopped {
            Outcome::Interrupted
        } else if report.failed > 0 || report.walk_errors > 0 || !pass.is_complete {
            Outcome::DoneWithFailures
        } else {
            Outcome::Done
        })
    }

    fn pass(
        &self,
        folders: PassFolders<'_>,
        stop: &AtomicBool,
        begin: &mut dyn FnMut(Vec<Scope>),
        tell: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Pass> {
        let mut index = Index::open(&self.index, &self.identity)?;
        // A refused precision must change nothing, so it is checked before any folder's settings.
        if let Some(precision) = self.arguments.precision {
            index.set_precision(&self.model, precision)?;
        }
        let common = self.common_rules();
        let missing = match folders {
            PassFolders::Named(folders) => self.add_folders(folders, &mut index, &common)?,
            PassFolders::Earlier(_) => Vec::new(),
        };
        for error in &missing {
            tell(&Event::Walk(error));
        }
        let roots = index.roots(&common)?;
        let (PassFolders::Named(folders) | PassFolders::Earlier(folders)) = folders;
        // A photo that was forgotten comes back with a walk of its folder.
        let folder_of = |path: &PathBuf| match path.parent() {
            Some(folder) if path.is_file() => folder.to_path_buf(),
            _ => path.clone(),
        };
        let (there, gone): (Vec<PathBuf>, Vec<PathBuf>) = folders
            .iter()
            .map(folder_of)
            .partition(|folder| roots.is_within(folder));
        if let (true, Some(gone)) = (there.is_empty(), gone.first()) {
            bail!("{} is not indexed any more", gone.display());
        }
        begin(roots.scopes(&there));
        let erases = self.arguments.prune || index.status().owes_erasure;
        let options = self.options(there, common);
        let wish = self.common.device.unwrap_or_default();
        let device = || match &self.gpu {
            Some(gpu) => gpu.clone(),
            None => ComputeDevice::choose(wish.into()),
        };
        let mut tell = |event: Event<'_>| tell(&event);
        let report = sync(&mut index, &self.model, &device, &options, stop, &mut tell)?;
        if erases && !report.stopped {
            keep_thumbnails(&self.index, &index, |_| true)?;
        }
        let status = index.status();
        Ok(Pass {
            report,
            photos: status.photos,
            failures: status.failures,
            is_complete: missing.is_empty(),
        })
    }

    /// Adds the named folders or those of the configuration to the index, and changes the settings
    /// of the named folders or of all roots. Returns the folders of the configuration that do not
    /// exist: they may come back with their drive.
    fn add_folders(
        &self,
        folders: &[PathBuf],
        index: &mut Index,
        common: &CommonRules,
    ) -> Result<Vec<WalkError>> {
        let change = self.settings_change();
        let roots = index.roots(common)?;
        self.check_folders(folders, Some(&roots))?;
        check_globs(&change, &roots)?;
        for folder in folders {
            index.add_folder(folder, &change, common)?;
        }
        if !folders.is_empty() {
            return Ok(Vec::new());
        }
        let mut missing = Vec::new();
        for root in &self.arguments.roots {
            let path = absolute(root)?;
            if roots.folders().any(|known| known == path) || roots.is_forgotten(&path) {
                continue;
            }
            let reason = match std::fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {
                    index.add_folder(&path, &SettingsChange::default(), common)?;
                    continue;
                }
                Ok(_) => "it is a file; config.toml names it among `roots`".into(),
                Err(error) => format!("{error}; config.toml names it among `roots`"),
            };
            missing.push(WalkError { path, reason });
        }
        let roots = index.roots(common)?;
        for root in roots.folders() {
            index.add_folder(root, &change, common)?;
        }
        Ok(missing)
    }

    /// Refuses files, folders that neither exist nor are indexed, and a run without any folder.
    fn check_folders(&self, folders: &[PathBuf], roots: Option<&Roots>) -> Result<()> {
        let is_empty = roots.is_none_or(|roots| roots.folders().next().is_none());
        if folders.is_empty() && is_empty {
            let configured = &self.arguments.roots;
            if configured.is_empty() {
                bail!("nothing is indexed yet; name a folder: pixseek index DIR");
            }
            if !configured.iter().any(|root| root.is_dir()) {
                bail!("no folder of the configuration is there; see `pixseek config`");
            }
        }
        for folder in folders {
            let is_known = roots.is_some_and(|roots| roots.folders().any(|root| root == folder));
            let is_marked = roots.is_some_and(|roots| roots.has_mark(folder));
            if folder.is_file() && !is_marked {
                bail!(
                    "{} is a file; name the folder that it is in",
                    folder.display()
                );
            }
            if !folder.exists() && !is_known {
                bail!(
                    "{} does not exist; check the name{}",
                    folder.display(),
                    self.words()
                );
            }
        }
        Ok(())
    }

    /// How to search for the words that were named as folders, if they look like words.
    fn words(&self) -> String {
        let folders = self.arguments.folders.iter();
        let words: Vec<_> = folders.map(|folder| folder.to_string_lossy()).collect();
        if words.is_empty()
            || words
                .iter()
                .any(|word| word.contains(['/', '\\', '.', '"']))
        {
            return String::new();
        }
        format!(
            "; to search for words: `pixseek search \"index {}\"`",
            words.join(" ")
        )
    }

    /// Asks before `--exclude` takes photos out of the index. Without a terminal it needs `--yes`.
    fn check_excludes(&self, folders: &[PathBuf]) -> Result<()> {
        let globs = &self.arguments.exclude;
        if globs.is_empty() || self.arguments.yes || !self.index.exists() {
            return Ok(());
        }
        let index = Index::open(&self.index, &self.identity)?;
        let roots = index.roots(&self.common_rules())?;
        let all: Vec<PathBuf> = roots.folders().map(Path::to_path_buf).collect();
        let folders = if folders.is_empty() {
            &all[..]
        } else {
            folders
        };
        let mut photos = 0;
        for folder in folders {
            photos += index.excluded_by(folder, globs)?;
        }
        drop(index);
        if photos == 0 {
            return Ok(());
        }
        let what = format!(
            "--exclude takes {} out of the index",
            counted(photos, "photo")
        );
        if !stdin().is_terminal() || !stderr().is_terminal() {
            bail!("{what}; add --yes if that is meant");
        }
        eprint!("{what}; the files stay. Go on? y/n ");
        let mut answer = String::new();
        stdin().read_line(&mut answer)?;
        if !answer.trim().eq_ignore_ascii_case("y") {
            bail!("nothing was changed");
        }
        Ok(())
    }

    fn settings_change(&self) -> SettingsChange {
        let arguments = self.arguments;
        let switch = |on: bool, off: bool| (on || off).then_some(on);
        SettingsChange {
            hidden: switch(arguments.hidden, arguments.no_hidden),
            follow_links: switch(arguments.follow, arguments.no_follow),
            one_file_system: switch(arguments.one_file_system, arguments.no_one_file_system),
            exclude: arguments.exclude.clone(),
            no_exclude: arguments.no_exclude.clone(),
        }
    }

    fn common_rules(&self) -> CommonRules {
        CommonRules {
            excludes: self.arguments.common_excludes.clone(),
            apart: thumbnails().into_iter().collect(),
        }
    }

    fn options(&self, roots: Vec<PathBuf>, common: CommonRules) -> SyncOptions {
        let arguments = self.arguments;
        SyncOptions {
            roots,
            common,
            most_pixels: Some(
                u64::from(arguments.max_megapixels.unwrap_or(MEGAPIXELS)) * 1_000_000,
            ),
            workers: self.workers.clone(),
            failures: if arguments.retry_failures {
                KnownFailures::Retry
            } else {
                KnownFailures::Skip
            },
            missing: if arguments.prune {
                Missing::Forget
            } else {
                Missing::Keep
            },
        }
    }
}

/// Refuses `--no-exclude` with a glob that no folder has: it is a typing error.
fn check_globs(change: &SettingsChange, roots: &Roots) -> Result<()> {
    for glob in &change.no_exclude {
        if !roots.excludes(glob) {
            bail!("no folder excludes {glob}; `pixseek folder list` shows what each does");
        }
    }
    Ok(())
}
