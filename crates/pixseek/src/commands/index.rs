use super::progress::ProgressLine;
use super::watch::watch;
use crate::arguments::{Common, Index};
use crate::config::MEGAPIXELS;
use crate::location::{absolute, index_to_write, model_choice};
use crate::output::{Outcome, counted};
use anyhow::{Context, Result, bail};
use pixseek_engine::{
    ComputeDevice, DecodeLimits, Event, KnownFailures, Links, Missing, Model, ModelIdentity,
    SyncOptions, SyncReport, WalkOptions, Writer, bytes_of, open_model, path_of, sync,
    writer_options,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// `pixseek index [DIR...]`
pub fn index(common: &Common, arguments: &Index) -> Result<Outcome> {
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
    };
    // An index is not made for a folder that is not there.
    if !run.index.exists() {
        run.check_folders(&folders, &[])?;
    }
    let stop = stop_on_signal()?;
    let (roots, outcome) = run.once(&folders, &stop)?;
    if arguments.watch && !stop.load(Ordering::Relaxed) {
        let pass = &mut || run.once(&folders, &stop).map(drop);
        return watch(&roots, &stop, pass);
    }
    Ok(outcome)
}

/// Brings an index up to date beside the terminal interface.
pub fn refresh(
    common: &Common,
    arguments: &Index,
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
    };
    Ok(run.pass(&[], stop, tell)?.report)
}

/// What all passes of a run share.
struct Run<'a> {
    common: &'a Common,
    arguments: &'a Index,
    index: PathBuf,
    model: Model,
    identity: ModelIdentity,
}

/// What a pass came to.
struct Pass {
    roots: Vec<PathBuf>,
    report: SyncReport,
    /// In the index now.
    photos: u64,
}

impl Run<'_> {
    /// Brings the index up to date and says so; returns the folders that were walked.
    fn once(&self, folders: &[PathBuf], stop: &AtomicBool) -> Result<(Vec<PathBuf>, Outcome)> {
        let start = Instant::now();
        let mut line = ProgressLine::new(self.common.quiet);
        let pass = self.pass(folders, stop, &mut |event| line.show(event));
        line.finish();
        let pass = pass?;
        if !self.common.quiet {
            summarize(&pass, start.elapsed());
        }
        let outcome = if pass.report.failed > 0 || pass.report.walk_errors > 0 {
            Outcome::DoneWithFailures
        } else {
            Outcome::Done
        };
        Ok((pass.roots, outcome))
    }

    fn pass(
        &self,
        folders: &[PathBuf],
        stop: &AtomicBool,
        tell: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Pass> {
        let mut writer = Writer::open(&self.index, &self.identity, writer_options())?;
        let roots = self.roots(folders, &writer)?;
        let options = self.options(roots.clone());
        let wish = self.common.device.unwrap_or_default();
        let device = || ComputeDevice::choose(wish.into());
        let mut tell = |event: Event<'_>| tell(&event);
        let report = sync(&mut writer, &self.model, &device, &options, stop, &mut tell)?;
        Ok(Pass {
            roots,
            report,
            photos: writer.manifest().photos,
        })
    }

    /// The named folders, or all that are indexed and configured; a folder below another one
    /// goes with it.
    fn roots(&self, folders: &[PathBuf], writer: &Writer) -> Result<Vec<PathBuf>> {
        let known = writer.roots()?;
        let known: Vec<PathBuf> = known.iter().map(|(root, _)| path_of(root)).collect();
        self.check_folders(folders, &known)?;
        let mut roots = if folders.is_empty() {
            let mut roots = known;
            // One that is not there yet may come with its drive.
            let there = self.arguments.roots.iter().filter(|root| root.exists());
            for root in there {
                roots.push(absolute(root)?);
            }
            roots
        } else {
            folders.to_vec()
        };
        roots.sort_by(|a, b| bytes_of(a).cmp(&bytes_of(b)));
        roots.dedup_by(|below, above| below.starts_with(above));
        Ok(roots)
    }

    /// Refuses folders that neither exist nor are known, and a run without any.
    fn check_folders(&self, folders: &[PathBuf], known: &[PathBuf]) -> Result<()> {
        if folders.is_empty() && known.is_empty() {
            let configured = &self.arguments.roots;
            if configured.is_empty() {
                bail!("nothing is indexed yet; name a folder: pixseek index DIR");
            }
            if !configured.iter().any(|root| root.exists()) {
                bail!("no folder of the configuration is there; see `pixseek config`");
            }
        }
        let is_missing = |folder: &&PathBuf| !folder.exists() && !known.contains(folder);
        match folders.iter().find(is_missing) {
            Some(missing) => bail!("{} does not exist; check the name", missing.display()),
            None => Ok(()),
        }
    }

    fn options(&self, roots: Vec<PathBuf>) -> SyncOptions {
        let arguments = self.arguments;
        SyncOptions {
            roots,
            walk: WalkOptions {
                links: if arguments.follow {
                    Links::Follow
                } else {
                    Links::Skip
                },
                hidden: arguments.hidden,
                one_file_system: arguments.one_file_system,
                excludes: arguments.exclude.clone(),
                ..WalkOptions::default()
            },
            decode: DecodeLimits {
                pixels: u64::from(arguments.max_megapixels.unwrap_or(MEGAPIXELS)) * 1_000_000,
                ..DecodeLimits::default()
            },
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

/// The first Ctrl-C ends the run after its batch, the second at once.
fn stop_on_signal() -> Result<Arc<AtomicBool>> {
    const INTERRUPTED: i32 = 130;
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        eprintln!("\nfinishing the batch; once more to stop at once");
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

fn summarize(pass: &Pass, took: Duration) {
    let report = &pass.report;
    let mut parts = vec![format!("{} new", report.encoded)];
    for (count, what) in [
        (report.known_content, "moved, copied or touched"),
        (report.unchanged, "unchanged"),
        (report.removed, "removed"),
        (report.offline, "offline, kept (--prune forgets them)"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let seconds = took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = report.encoded as f64 / seconds.max(0.001);
    let rate = if report.encoded > 0 {
        format!(", {rate:.0} photos/s")
    } else {
        String::new()
    };
    let begin = if report.stopped { "stopped" } else { "done" };
    eprintln!("{begin} in {seconds:.1} s{rate}: {}", parts.join(", "));
    eprintln!("{} searchable", counted(pass.photos, "photo"));
    if report.failed > 0 {
        eprintln!(
            "{} failed; see `pixseek failures`",
            counted(report.failed, "file")
        );
    }
    if report.stopped {
        eprintln!("run the same command again to go on");
    }
}
