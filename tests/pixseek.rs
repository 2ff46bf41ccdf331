//! The program under test, its folders, and generated pictures.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A temporary folder of photos, with a temporary index.
pub struct World {
    folder: TempDir,
}

/// The output and the exit code of a run.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("photos")).unwrap();
        Self { folder }
    }

    pub fn photos(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("photos")
    }

    pub fn index(&self) -> PathBuf {
        self.folder.path().join("index")
    }

    /// A home folder without a configuration.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Writes a file below the photos and returns its path.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.photos().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Draws a picture that differs for each seed.
    pub fn draw(&self, name: &str, seed: u8) -> PathBuf {
        let path = self.photos().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        picture(seed).save(&path).unwrap();
        path
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pixseek"));
        command
            .args(["--device", "cpu", "--index-dir"])
            .arg(self.index())
            .env("XDG_CONFIG_HOME", self.home())
            .env("XDG_DATA_HOME", self.home())
            .env("XDG_CACHE_HOME", self.home())
            .current_dir(self.folder.path());
        command
    }

    /// Runs the program without `--index`, so that it uses its default index in the home folder.
    pub fn run_at_home(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pixseek"));
        command
            .args(arguments)
            .env("XDG_CONFIG_HOME", self.home())
            .env("XDG_DATA_HOME", self.home())
            .env("XDG_CACHE_HOME", self.home())
            .envs(environment.iter().copied())
            .current_dir(self.folder.path());
        Run::of(&command.output().unwrap())
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(&self.command().args(arguments).output().unwrap())
    }

    /// Runs `pixseek index` on the photos.
    pub fn index_photos(&self) -> Run {
        self.run(&["index", self.photos().to_str().unwrap()])
    }

    /// The hits of a search as JSON objects, below the line too, without folding.
    pub fn hits(&self, arguments: &[&str]) -> Vec<Value> {
        let run = self.run(&[arguments, &["--json", "--all", "--unfold"]].concat());
        run.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Fails unless the photo at `path` is the nearest one to the file's present picture. The query
    /// is a copy with one additional byte: no index knows that content, so the program encodes it.
    /// If the file itself were the query, the program would compare its stored vector with itself.
    #[track_caller]
    pub fn shows_itself(&self, path: &Path) {
        /// The query picture is encoded in the precision of the index, while rows store 12 bits per
        /// component.
        const SAME: f64 = 0.99999;
        let copy = self.index().with_file_name("copy-of-a-photo");
        let mut bytes = std::fs::read(path).unwrap();
        bytes.push(0);
        std::fs::write(&copy, bytes).unwrap();
        let hits = self.hits(&["similar", copy.to_str().unwrap(), "-n", "10000"]);
        let cosine = |hit: &Value| hit["cosine"].as_f64().unwrap();
        let own = hits
            .iter()
            .find(|hit| hit["path"] == path.to_str().unwrap())
            .unwrap();
        assert!(
            cosine(own) > SAME && cosine(own) >= cosine(&hits[0]),
            "{hits:?}"
        );
    }

    /// The paths of all photos that a search can find, sorted.
    pub fn searchable(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = self
            .hits(&["search", "width:>0", "-n", "10000"])
            .iter()
            .map(|hit| PathBuf::from(hit["path"].as_str().unwrap()))
            .collect();
        paths.sort();
        paths
    }
}

impl Run {
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails unless the exit code is `code`.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.out, self.err
        );
        self
    }

    /// Fails unless stdout contains `words`.
    #[track_caller]
    pub fn prints(self, words: &str) -> Self {
        assert!(self.out.contains(words), "not {words:?} in: {}", self.out);
        self
    }

    /// Fails unless stderr contains `words`.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "not {words:?} in: {}", self.err);
        self
    }
}

/// Draws stripes whose colours, widths and direction depend on the seed.
pub fn picture(seed: u8) -> image::RgbImage {
    let width = u32::from(seed % 7) * 3 + 4;
    let colour = |part: u8| seed.wrapping_mul(37).wrapping_add(part.wrapping_mul(91));
    image::RgbImage::from_fn(120, 90, |x, y| {
        let along = if seed.is_multiple_of(2) { x } else { y };
        if along / width % 2 == 0 {
            image::Rgb([colour(1), colour(2), colour(3)])
        } else {
            image::Rgb([colour(4), colour(5), colour(6)])
        }
    })
}

/// Encodes a picture as a JPEG in memory.
pub fn jpeg(seed: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture(seed)
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    bytes.into_inner()
}

/// The path of a file of `../shared`, which may be missing.
pub fn shared(path: &str) -> PathBuf {
    // Cargo runs tests in the folder of their package.
    Path::new("../../../shared").join(path)
}
