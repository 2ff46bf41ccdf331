//! Interrupted runs: killed, without power, on a full or a failing disk, at any system call.
//!
//! `faults/shim.c` intercepts the program's system calls and counts them. Before every run, photos
//! are added, moved, copied, touched and removed; some runs forget a folder or bring it back. After
//! each run `pixseek verify` checks every invariant of `index/FORMAT.md`, and at intervals a
//! complete run must bring the index up to date with the disk.

mod disk;
mod scenario;

use crate::pixseek::{Run, World};
use disk::shim;
use libtest_mimic::Trial;
use scenario::{FEW_PHOTOS, PHOTOS, Scenario};
use std::process::Command;

pub fn trials() -> Vec<Trial> {
    let compiler_is_there = cfg!(target_os = "linux")
        && Command::new("cc")
            .arg("--version")
            .output()
            .is_ok_and(|run| run.status.success());
    let trial = |name: &str, kind: &'static str, runs: u32| {
        Trial::test(name, move || {
            Scenario::new(kind, PHOTOS).run(runs);
            Ok(())
        })
        .with_ignored_flag(!compiler_is_there)
    };
    let compacting = |name: &str, kind: &'static str, runs: u32| {
        Trial::test(name, move || {
            Scenario::new(kind, FEW_PHOTOS).run_compacting(runs);
            Ok(())
        })
        .with_ignored_flag(!compiler_is_there)
    };
    let reading = Trial::test("faults::searches_write_nothing", || {
        searches_write_nothing();
        Ok(())
    })
    .with_ignored_flag(!compiler_is_there);
    let failing = Trial::test("faults::nothing_is_published_after_a_failed_commit", || {
        nothing_is_published_after_a_failed_commit();
        Ok(())
    })
    .with_ignored_flag(!compiler_is_there);
    vec![
        reading,
        failing,
        trial("faults::killed_at_220_moments", "kill", 220),
        trial("faults::power_lost_at_120_moments", "power", 120),
        trial("faults::disk_full_from_40_moments_on", "full", 40),
        trial("faults::input_output_errors_at_40_moments", "broken", 40),
        compacting("faults::compaction_killed_at_60_moments", "kill", 60),
        compacting(
            "faults::compaction_without_power_at_40_moments",
            "power",
            40,
        ),
        compacting(
            "faults::compaction_on_a_full_disk_at_20_moments",
            "full",
            20,
        ),
        compacting("faults::compaction_with_errors_at_20_moments", "broken", 20),
    ]
}

/// The shim kills a program at the first call that could write.
fn searches_write_nothing() {
    let world = World::new();
    let photo = world.draw("a.png", 1);
    world.index_photos().exits(0);
    let similar = ["similar", photo.to_str().unwrap()];
    for arguments in [
        &["search", "--all", "stripes"][..],
        &similar,
        &["status"],
        &["failures"],
    ] {
        let mut command = world.command();
        command
            .args(arguments)
            .env("LD_PRELOAD", shim(&world))
            .env("FAULT_DIR", world.index())
            .env("FAULT_KIND", "kill")
            .env("FAULT_AT", "0");
        Run::of(&command.output().unwrap()).exits(0);
    }
}

/// Lets call after call fail, each in a run of its own, until two failed calls belonged to a commit
/// that followed the first commit of 64 photos.
fn nothing_is_published_after_a_failed_commit() {
    /// A journal with more bytes than this contains the first commit.
    const COMMITTED: u64 = 1_000;
    let world = World::new();
    let shim = shim(&world);
    for number in 0..70 {
        world.draw(&format!("{number}.png"), number);
    }
    let mut seen = 0;
    // Earlier calls only create the index.
    for at in 70.. {
        let _ = std::fs::remove_dir_all(world.index());
        let mut command = world.command();
        command
            .args(["index", "photos", "--prune"])
            .env("LD_PRELOAD", &shim)
            .env("FAULT_DIR", world.index())
            .env("FAULT_KIND", "broken")
            .env("FAULT_AT", at.to_string());
        let run = Run::of(&command.output().unwrap());
        let journal = std::fs::metadata(world.index().join("journal/1.log"));
        let is_committed = journal.is_ok_and(|journal| journal.len() > COMMITTED);
        // Before the first commit, a run also writes `MANIFEST`, to store the precision.
        let is_published = is_committed && run.err.contains("MANIFEST");
        assert!(!is_published, "no call of a commit failed before {at}");
        if run.err.contains("vectors") || run.err.contains("journal/1.log") {
            let manifest = std::fs::read_to_string(world.index().join("MANIFEST")).unwrap();
            assert!(manifest.contains("\"generation\": 1,"), "{}", run.err);
            seen += u32::from(is_committed);
        }
        if seen == 2 {
            return;
        }
    }
}
