//! Runs that are interrupted one after the other, with changes to the photos between them.

use super::disk::{self, shim};
use crate::pixseek::{Run, World, picture};
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// The seed of the random numbers; another seed tests other moments.
const SEED: u64 = 3;

pub struct Scenario {
    world: World,
    kind: &'static str,
    shim: PathBuf,
    disk: PathBuf,
    chance: Chance,
    /// Files that the settings of the folder do not exclude.
    files: Vec<PathBuf>,
    /// Whether the folder [`FORGETTABLE`] is forgotten; `None` after an interrupted run that was to
    /// forget it or to bring it back.
    is_forgotten: Option<bool>,
    made: u32,
}

/// A complete run follows this many interrupted ones.
const CHECK_EVERY: u32 = 10;
/// More than a batch, so that a run has several commits.
pub const PHOTOS: u32 = 80;
/// For tests that need no second commit. Half of them are enough dead rows for a compaction.
pub const FEW_PHOTOS: u32 = 64;
/// The folder that runs forget and bring back.
const FORGETTABLE: &str = "a/b";
/// The folders in which new photos appear.
const FOLDERS: [&str; 4] = ["", "a/", "a/b/", ".hidden/"];
/// The settings of the folder of photos; only the first run names them.
const SETTINGS: [&str; 3] = ["--hidden", "--exclude", "*.left.png"];

impl Scenario {
    pub fn new(kind: &'static str, photos: u32) -> Self {
        let world = World::new();
        let mut scenario = Self {
            disk: world.index().with_file_name("disk"),
            shim: shim(&world),
            world,
            kind,
            chance: Chance(SEED),
            files: Vec::new(),
            is_forgotten: Some(false),
            made: 0,
        };
        for _ in 0..photos {
            scenario.add();
        }
        scenario.world.draw("a/b/x.left.png", 1);
        let photos = scenario.world.photos();
        let first = ["index", photos.to_str().unwrap()];
        scenario
            .world
            .run(&[&first, &SETTINGS[..]].concat())
            .exits(0);
        scenario
    }

    pub fn run(&mut self, runs: u32) {
        let calls = self.whole_run();
        let mut ended = 0;
        for number in 0..runs {
            for _ in 0..=self.chance.below(6) {
                self.change();
            }
            // A run with few changes makes fewer calls than the first one, so interrupt most runs
            // early.
            let at = self
                .chance
                .below(if number % 4 == 0 { calls } else { calls / 3 });
            let task = self.task();
            ended += u32::from(self.ended_and_verified(at, &task));
            if number % CHECK_EVERY == CHECK_EVERY - 1 {
                self.whole_run();
            }
        }
        self.whole_run();
        println!("{}: {ended} of {runs} runs were ended", self.kind);
        assert!(ended * 2 > runs, "the calls are too far apart");
    }

    /// Does the same as [`Scenario::run`], with runs that only have to compact.
    pub fn run_compacting(&mut self, runs: u32) {
        self.whole_run();
        self.leave_dead_rows();
        self.world.run(&["index"]).exits(0).says("compacted");
        self.leave_dead_rows();
        let calls = self.whole_run();
        let mut ended = 0;
        for _ in 0..runs {
            self.leave_dead_rows();
            let at = self.chance.below(calls);
            ended += u32::from(self.ended_and_verified(at, &["index", "photos"]));
            // Let a complete run do the compaction that the interrupted one did not finish.
            self.whole_run();
        }
        println!("{}: {ended} of {runs} compactions were ended", self.kind);
        assert!(ended * 2 > runs, "the calls are too far apart");
    }

    /// Replaces the content of more than a quarter of all photos and indexes them, which leaves
    /// dead rows.
    fn leave_dead_rows(&mut self) {
        for at in 0..self.files.len() / 2 {
            let name = self.files[at].strip_prefix(self.world.photos()).unwrap();
            self.made += 1;
            let seed = u8::try_from(self.made % 251).unwrap();
            let mut bytes = Vec::new();
            picture(seed)
                .write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png)
                .unwrap();
            bytes.extend(self.made.to_le_bytes());
            self.world.write(name.to_str().unwrap(), &bytes);
        }
        self.whole_run();
    }

    /// Interrupts a run at a call and verifies the index. Returns whether the run was interrupted.
    fn ended_and_verified(&mut self, at: u32, task: &[&str]) -> bool {
        let run = self.ended_run(at, task);
        self.is_forgotten = match (run.code, task) {
            (0 | 1, ["folder", "forget", ..]) => Some(true),
            (0, ["index", folder]) if folder.ends_with(FORGETTABLE) => Some(false),
            (_, ["index", folder]) if !folder.ends_with(FORGETTABLE) => self.is_forgotten,
            _ => None,
        };
        assert!(!run.err.contains("panicked"), "call {at}: {}", run.err);
        if self.kind == "power" {
            disk::lose_power(&self.world.index(), &self.disk);
        }
        let verified = self.world.run(&["verify"]);
        assert!(
            verified.code == 0 || verified.err.contains("no index at"),
            "{} at call {at}: {}\nthe run said: {}",
            self.kind,
            verified.err,
            run.err
        );
        // A full disk prevents the compaction without failing the run.
        run.code != 0 || run.err.contains("not compacted")
    }

    /// Completes a run and checks that the index matches the disk. Returns the number of its calls.
    fn whole_run(&mut self) -> u32 {
        let count = self.world.index().with_file_name("count");
        let run = self
            .world
            .command()
            .arg("index")
            .arg(self.world.photos())
            .env("LD_PRELOAD", &self.shim)
            .env("FAULT_DIR", self.world.index())
            .env("FAULT_COUNT", &count)
            .output()
            .unwrap();
        Run::of(&run).exits(0);
        self.files.sort();
        let files = self.indexed();
        let some = self.chance.below(u32::try_from(files.len()).unwrap());
        self.world.shows_itself(&files[some as usize]);
        std::fs::read_to_string(count).unwrap().parse().unwrap()
    }

    /// Checks that exactly the expected files are searchable, and returns them. A folder's files
    /// must be there all or not at all, and not at all only if it was forgotten.
    fn indexed(&mut self) -> Vec<PathBuf> {
        let folder = self.world.photos().join(FORGETTABLE);
        let status = self.world.run(&["status"]).exits(0).out;
        let settings = format!(
            "{}  --hidden  --exclude '*.left.png'\n",
            self.world.photos().display()
        );
        assert!(status.contains(&settings), "{status}");
        let is_forgotten = status.contains(&format!("forgotten {}\n", folder.display()));
        let expected = self.is_forgotten.replace(is_forgotten);
        assert_eq!(expected.unwrap_or(is_forgotten), is_forgotten, "{status}");
        let files = self.files.iter();
        let files: Vec<PathBuf> = files
            .filter(|file| !is_forgotten || !file.starts_with(&folder))
            .cloned()
            .collect();
        assert_eq!(self.world.searchable(), files);
        assert!(!status.contains("on the disk still"), "{status}");
        if is_forgotten {
            self.nothing_is_left_of(&folder);
        }
        files
    }

    /// Checks that no file of the index contains a path below the folder.
    fn nothing_is_left_of(&self, folder: &Path) {
        let below = format!("{}/", folder.display());
        let mut folders = vec![self.world.index()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let content = std::fs::read(&path).unwrap();
                let has = content
                    .windows(below.len())
                    .any(|part| part == below.as_bytes());
                assert!(!has, "{} tells what was forgotten", path.display());
            }
        }
    }

    /// Chooses the task of the next run: most runs refresh all folders.
    fn task(&mut self) -> Vec<&'static str> {
        match self.chance.below(6) {
            0 => vec!["folder", "forget", "photos/a/b"],
            1 => vec!["index", "photos/a/b"],
            _ => vec!["index", "photos"],
        }
    }

    fn ended_run(&mut self, at: u32, task: &[&str]) -> Run {
        let _ = std::fs::remove_dir_all(&self.disk);
        std::fs::create_dir(&self.disk).unwrap();
        let mut command = self.world.command();
        command
            .args(task)
            .env("LD_PRELOAD", &self.shim)
            .env("FAULT_DIR", self.world.index())
            .env("FAULT_KIND", self.kind)
            .env("FAULT_AT", at.to_string())
            .env("FAULT_SEED", self.chance.below(u32::MAX).to_string());
        if self.kind == "power" {
            command.env("FAULT_DISK", &self.disk);
        }
        Run::of(&command.output().unwrap())
    }

    /// Makes one random change to the photos.
    fn change(&mut self) {
        let some = self.chance.below(u32::try_from(self.files.len()).unwrap()) as usize;
        match self.chance.below(6) {
            0 | 1 => self.add(),
            2 if self.files.len() > PHOTOS as usize / 2 => {
                std::fs::remove_file(self.files.swap_remove(some)).unwrap();
            }
            3 => {
                let target = self.name();
                std::fs::rename(&self.files[some], &target).unwrap();
                self.files[some] = target;
            }
            4 => {
                let target = self.name();
                std::fs::copy(&self.files[some], &target).unwrap();
                self.files.push(target);
            }
            _ => {
                let bytes = std::fs::read(&self.files[some]).unwrap();
                std::fs::write(&self.files[some], bytes).unwrap();
            }
        }
    }

    fn add(&mut self) {
        let path = self.name();
        let name = path.strip_prefix(self.world.photos()).unwrap();
        let seed = u8::try_from(self.made % 251).unwrap();
        self.files
            .push(self.world.draw(name.to_str().unwrap(), seed));
    }

    /// A new name in a random folder.
    fn name(&mut self) -> PathBuf {
        self.made += 1;
        let folder = FOLDERS[self.chance.below(4) as usize];
        let path = self
            .world
            .photos()
            .join(format!("{folder}{}.png", self.made));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }
}

/// Pseudo-random numbers that are the same in every run (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(end.max(1))).unwrap()
    }
}
