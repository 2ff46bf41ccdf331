//! A run: steps until all epochs are done, with checkpoints and measurements on the way.

use crate::data::Lesson;
use crate::held_out::HeldOut;
use crate::shown::shown;
use anyhow::{Context, Result};
use pixseek_clip::WeightPrecision;
use pixseek_clip::training::{Pair, Trainer};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// Batches that wait for the model.
const AHEAD: usize = 2;
/// From one line about the run to the next.
const TALK: Duration = Duration::from_secs(10);

/// What a run needs beside its trainer.
pub struct Plan<'a> {
    pub lesson: &'a Lesson,
    pub held_out: &'a HeldOut,
    pub out: &'a Path,
    pub batch: usize,
    pub steps: u64,
    pub save_every: u64,
    pub precision: WeightPrecision,
    pub share: f32,
}

/// How a run ended.
#[derive(PartialEq, Eq)]
pub enum Ended {
    /// The model is written.
    Done,
    /// It goes on when the command is given again.
    Stopped,
}

/// Where a run is put aside.
pub fn checkpoint(out: &Path) -> PathBuf {
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{name}.checkpoint.safetensors"))
}

/// Trains to the end, or until `stop`.
pub fn run(trainer: &mut Trainer, plan: &Plan, stop: &AtomicBool) -> Result<Ended> {
    let checkpoint = checkpoint(plan.out);
    if checkpoint.exists() {
        trainer.resume(&checkpoint)?;
        eprintln!("going on at step {} of {}", trainer.steps(), plan.steps);
    }
    let epoch = plan.lesson.batches(plan.batch);
    plan.held_out.report("before", trainer)?;
    let start = trainer.steps();
    let (sender, receiver) = sync_channel::<Result<Vec<Pair>>>(AHEAD);
    std::thread::scope(|scope| -> Result<Ended> {
        scope.spawn(move || {
            for step in start..plan.steps {
                // The other end is gone when the run is.
                if sender.send(plan.lesson.batch(step, plan.batch)).is_err() {
                    return;
                }
            }
        });
        // Owned here, so that the sender ends with the loop.
        let receiver = receiver;
        let mut talk = Talk::new(start, plan.steps);
        while trainer.steps() < plan.steps {
            if stop.load(Ordering::Relaxed) {
                trainer.save(&checkpoint)?;
                eprintln!(
                    "stopped at step {} of {}; the same command goes on",
                    trainer.steps(),
                    plan.steps
                );
                return Ok(Ended::Stopped);
            }
            let batch = receiver.recv().context("the batches ended early")??;
            let report = trainer.step(&batch)?;
            let done = trainer.steps();
            talk.say(done, batch.len(), &report);
            if done.is_multiple_of(epoch) {
                plan.held_out
                    .report(&format!("epoch {}", done / epoch), trainer)?;
            }
            if done.is_multiple_of(plan.save_every) {
                trainer.save(&checkpoint)?;
            }
        }
        Ok(Ended::Done)
    })
    .and_then(|ended| {
        if ended == Ended::Done {
            trainer.export(plan.out, plan.precision, plan.share)?;
            if checkpoint.exists() {
                std::fs::remove_file(&checkpoint)
                    .with_context(|| format!("cannot remove {}", checkpoint.display()))?;
            }
            println!("{}", shown(plan.out));
        }
        Ok(ended)
    })
}

/// A line now and then.
struct Talk {
    begun: Instant,
    last: Instant,
    pairs: usize,
    start: u64,
    steps: u64,
}

impl Talk {
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

    #[expect(clippy::cast_precision_loss, reason = "counts for people")]
    fn say(&mut self, done: u64, pairs: usize, report: &pixseek_clip::training::StepReport) {
        self.pairs += pairs;
        if self.last.elapsed() < TALK && done != self.steps {
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
