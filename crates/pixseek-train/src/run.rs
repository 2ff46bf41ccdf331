//! A run: steps until all epochs are done, with a checkpoint now and then and a measurement after
//! each epoch. Another thread prepares the next batches while the model computes.

use crate::held_out::HeldOut;
use crate::printed::printed;
use crate::training_set::TrainingSet;
use anyhow::{Context, Result};
use pixseek_clip::WeightPrecision;
use pixseek_clip::training::{Pair, Trainer};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// How many batches are prepared ahead.
const AHEAD: usize = 2;
/// The time between two lines about the progress.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// What a run needs besides its trainer.
pub struct RunSettings<'a> {
    pub training_set: &'a TrainingSet,
    pub held_out: &'a HeldOut,
    /// The folder of the new model.
    pub out: &'a Path,
    /// Photos in a batch.
    pub batch: usize,
    /// Steps of the whole run.
    pub steps: u64,
    /// Steps between two checkpoints.
    pub save_every: u64,
    pub precision: WeightPrecision,
    pub share: f32,
}

/// How a run ended.
#[derive(PartialEq, Eq)]
pub enum Ending {
    /// The model is written.
    Done,
    /// A checkpoint is written, from which the same command continues.
    Stopped,
}

/// The checkpoint of a run, beside the folder of its model.
pub fn checkpoint(out: &Path) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{name}.checkpoint.safetensors"))
}

/// Trains until the end or until `stop` is true, from the checkpoint if there is one.
///
/// # Errors
///
/// When the model fails, a photo cannot be read again, or a file cannot be written.
pub fn run(trainer: &mut Trainer, settings: &RunSettings, stop: &AtomicBool) -> Result<Ending> {
    let checkpoint = checkpoint(settings.out);
    if checkpoint.exists() {
        trainer.resume(&checkpoint)?;
        eprintln!("going on at step {} of {}", trainer.steps(), settings.steps);
    }
    let epoch = settings.training_set.batches(settings.batch);
    settings.held_out.report("before", trainer)?;
    let start = trainer.steps();
    let (sender, receiver) = sync_channel::<Result<Vec<Pair>>>(AHEAD);
    std::thread::scope(|scope| -> Result<Ending> {
        scope.spawn(move || {
            for step in start..settings.steps {
                // The receiver is gone once the run has ended.
                if sender
                    .send(settings.training_set.batch(step, settings.batch))
                    .is_err()
                {
                    return;
                }
            }
        });
        // Moved into this closure, so that the other thread ends when the loop does.
        let receiver = receiver;
        let mut progress = Progress::new(start, settings.steps);
        while trainer.steps() < settings.steps {
            if stop.load(Ordering::Relaxed) {
                trainer.save(&checkpoint)?;
                eprintln!(
                    "stopped at step {} of {}; the same command goes on",
                    trainer.steps(),
                    settings.steps
                );
                return Ok(Ending::Stopped);
            }
            let batch = receiver.recv().context("the batches ended early")??;
            let report = trainer.step(&batch)?;
            let done = trainer.steps();
            progress.print(done, batch.len(), &report);
            if done.is_multiple_of(epoch) {
                settings
                    .held_out
                    .report(&format!("epoch {}", done / epoch), trainer)?;
            }
            if done.is_multiple_of(settings.save_every) {
                trainer.save(&checkpoint)?;
            }
        }
        Ok(Ending::Done)
    })
    .and_then(|ended| {
        if ended == Ending::Done {
            trainer.export(settings.out, settings.precision, settings.share)?;
            if checkpoint.exists() {
                std::fs::remove_file(&checkpoint)
                    .with_context(|| format!("cannot remove {}", checkpoint.display()))?;
            }
            println!("{}", printed(settings.out));
        }
        Ok(ended)
    })
}

/// Prints the progress now and then.
struct Progress {
    begun: Instant,
    /// When the last line was printed.
    last: Instant,
    /// Pairs that were learned since the run began.
    pairs: usize,
    /// The step from which the run began.
    start: u64,
    steps: u64,
}

impl Progress {
    fn new(start: u64, steps: u64) -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            last: now,
            pairs: 0,
            start,
            steps,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "rates are printed with one decimal"
    )]
    fn print(&mut self, done: u64, pairs: usize, report: &pixseek_clip::training::StepReport) {
        self.pairs += pairs;
        if self.last.elapsed() < PROGRESS_INTERVAL && done != self.steps {
            return;
        }
        self.last = Instant::now();
        let seconds = self.begun.elapsed().as_secs_f64();
        let rest = (self.steps - done) as f64 * seconds / (done - self.start) as f64;
        eprintln!(
            "step {done} of {}: loss {:.3}, scale {:.1}, {:.1} photos/s, {:.0} min left",
            self.steps,
            report.loss,
            report.scale,
            self.pairs as f64 / seconds,
            rest / 60.0
        );
    }
}
