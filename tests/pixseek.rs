//! The program under test, its folders, and pictures for it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder of photos and an index, both temporary.
pub struct World {
    folder: TempDir,
}

/// What a run printed, and its exit code.
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

    /// Home of a person without a configuration.
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

    /// Draws a picture of its own for each seed.
    pub fn draw(&self, name: &str, seed: u8) -> PathBuf {
        let path = self.photos().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        picture(seed).save(&path).unwrap();
        path
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pixseek"));
        command
            .args(["--device", "cpu", "--index"])
            .arg(self.index())
            .env("XDG_CONFIG_HOME", self.home())
            .env("XDG_DATA_HOME", self.home())
            .env("XDG_CACHE_HOME", self.home())
            .current_dir(self.folder.path());
        command
    }

    /// The program with its own idea of where the index is, at home.
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

    /// `pixseek index` on the photos.
    pub fn index_photos(&self) -> Run {
        self.run(&["index", self.photos().to_str().unwrap()])
    }

    /// The hits of a search as JSON objects, good or not, each path by itself.
    pub fn hits(&self, arguments: &[&str]) -> Vec<Value> {
        let run = self.run(&[arguments, &["--json", "--all", "--unfold"]].concat());
        run.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Fails unless the photo at `path` is the nearest one to what the file shows now. The query
    /// is a copy with one byte more: no index knows that content, so the program encodes it. A
    /// query by the file itself would compare the stored vector with itself.
    #[track_caller]
    pub fn shows_itself(&self, path: &Path) {
        /// Query pictures are encoded in the precision of the index; rows keep 12 bits of a vector.
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

    /// Fails unless the exit code is this one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout: {}\nstderr: {}",
            self.out, self.err
        );
        self
    }

    /// Fails unless stdout has this.
    #[track_caller]
    pub fn prints(self, words: &str) -> Self {
        assert!(self.out.contains(words), "not {words:?} in: {}", self.out);
        self
    }

    /// Fails unless stderr says this.
    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "not {words:?} in: {}", self.err);
        self
    }
}

/// Stripes whose colours, widths and direction depend on the seed.
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

/// A JPEG of a picture, in memory.
pub fn jpeg(seed: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture(seed)
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    bytes.into_inner()
}

/// A file of `../shared`, which need not be there.
pub fn shared(path: &str) -> PathBuf {
    // Tests run in the folder of their package.
    Path::new("../../../shared").join(path)
}
