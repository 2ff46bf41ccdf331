//! Pictures of films in codecs that are not decoded here, by the program `ffmpeg` if it is installed.
//!
//! It gets a file's path and no other address: its own network and playlists are switched off by the list
//! of protocols. What it returns is bounded before memory is taken for it. It is killed when its time is
//! over, when the run is stopped and when its caller goes away by a panic. On Linux its memory, its
//! processor time and the files that it may write are limited from outside as soon as it has been
//! started, and the limit on processor time ends it even if this process is killed. Other systems have
//! no way to limit another process without `unsafe`: there `-timelimit` bounds its processor time, and
//! nothing bounds its memory. It is not in the sandbox of workers, which could not start another program.

#[cfg(test)]
mod tests;

use image::RgbImage;
use pixseek_record::{Failure, FailureKind};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// The program `ffmpeg`.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    program: PathBuf,
    /// How long it may take for a picture.
    pub deadline: Duration,
    /// The largest picture that is taken from it, in pixels.
    pub most_pixels: u64,
}

/// The longest header of the picture that it writes.
const LONGEST_HEADER: u64 = 64;

/// How often a run that waits for a picture looks whether it was stopped.
const LOOK: Duration = Duration::from_millis(50);

/// Seconds of processor time, for a program that is killed later than its deadline.
const SECONDS: u64 = 60;

/// Bytes of address space: decoders of 8K take about 1 GB, and libraries as much.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 4 << 30;

impl Ffmpeg {
    /// Looks for the program in the folders of `PATH`. Folders that are relative to the current one
    /// are left out: a program there could come with the films.
    #[must_use]
    pub fn find() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        let name = format!("ffmpeg{}", std::env::consts::EXE_SUFFIX);
        let program = std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(&name))
            .find(|program| program.is_file())?;
        Some(Self::at(program))
    }

    /// The program at a path.
    #[must_use]
    pub fn at(program: PathBuf) -> Self {
        Self {
            program,
            deadline: Duration::from_secs(20),
            most_pixels: 100_000_000,
        }
    }

    /// Returns the picture at a time, upright, with `side` pixels or fewer along the shorter side.
    ///
    /// # Errors
    ///
    /// When the program cannot be started, does not end in time, or finds no picture.
    pub fn picture(&self, film: &Path, time_ms: u64, side: u32) -> Result<RgbImage, Failure> {
        self.picture_unless(film, time_ms, side, &|| false)
    }

    /// The same, unless `is_stopped` returns true meanwhile: it is asked all the time.
    ///
    /// # Errors
    ///
    /// As [`Ffmpeg::picture`]; the kind is [`FailureKind::Interrupted`] if it was stopped.
    pub fn picture_unless(
        &self,
        film: &Path,
        time_ms: u64,
        side: u32,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<RgbImage, Failure> {
        let child = Command::new(&self.program)
            .args(arguments(film, time_ms, side))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(&format!("ffmpeg cannot be started: {error}")))?;
        let mut running = Running(child);
        running.limit();
        let output = running.0.stdout.take();
        let output = output.ok_or_else(|| failed("ffmpeg has no output"))?;
        let most = self.most_pixels;
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            // Nobody listens any more if the time is over.
            let _ = sender.send(read(output, most));
        });
        let end = Instant::now() + self.deadline;
        loop {
            if is_stopped() {
                let reason = "the run was stopped";
                return Err(Failure::new(FailureKind::Interrupted, reason));
            }
            let left = end.saturating_duration_since(Instant::now());
            match receiver.recv_timeout(left.min(LOOK)) {
                Ok(picture) => return picture,
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    return Err(failed("ffmpeg takes too long"));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(failed(NOTHING)),
            }
        }
    }
}

/// The program while it runs. Dropping it kills it.
struct Running(Child);

impl Running {
    /// Limits what it may take. What the system does not limit, the deadline ends.
    #[cfg(target_os = "linux")]
    fn limit(&self) {
        use rustix::process::{Pid, Resource, Rlimit, prlimit};
        for (resource, most) in [
            (Resource::As, MEMORY),
            (Resource::Cpu, SECONDS),
            // It writes into its pipe alone.
            (Resource::Fsize, 0),
            (Resource::Core, 0),
        ] {
            let limit = Rlimit {
                current: Some(most),
                maximum: Some(most),
            };
            // It may have ended already.
            let _ = prlimit(Some(Pid::from_child(&self.0)), resource, limit);
        }
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "other systems have no such limits")]
    fn limit(&self) {}
}

impl Drop for Running {
    fn drop(&mut self) {
        // It is of no use any more, whether it has ended or not.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The arguments. A path that begins with `-` or looks like an address stays a path behind `file:`, and
/// the film can make the program open nothing else.
fn arguments(film: &Path, time_ms: u64, side: u32) -> Vec<OsString> {
    let seconds = format!("{}.{:03}", time_ms / 1000, time_ms % 1000);
    let mut input = OsString::from("file:");
    input.push(film);
    let scale = format!(
        "scale=w='if(gt(iw,ih),-2,min(iw,{side}))':h='if(gt(iw,ih),min(ih,{side}),-2)':flags=area+accurate_rnd+full_chroma_int"
    );
    let seconds_of_processor = SECONDS.to_string();
    let before = [
        "-nostdin",
        "-v",
        "quiet",
        "-threads",
        "1",
        "-timelimit",
        &seconds_of_processor,
    ];
    let input_options = [
        "-protocol_whitelist",
        "file,pipe",
        "-seek_timestamp",
        "1",
        "-ss",
        &seconds,
        "-i",
    ];
    let after = [
        "-map",
        "0:v:0",
        "-frames:v",
        "1",
        "-vf",
        &scale,
        "-f",
        "image2pipe",
        "-c:v",
        "ppm",
        "-pix_fmt",
        "rgb24",
        "pipe:1",
    ];
    let own = |text: &&str| OsString::from(text);
    let before = before.iter().chain(&input_options).map(own);
    before.chain([input]).chain(after.iter().map(own)).collect()
}

/// The failure of a program that writes no picture.
const NOTHING: &str = "ffmpeg finds no picture in it";

/// Reads a picture of the format PPM with 8 bits, as ffmpeg writes it. Takes memory once its header is
/// known to be within the limit.
fn read(output: impl Read, most_pixels: u64) -> Result<RgbImage, Failure> {
    let mut output = BufReader::new(output);
    let [width, height] = header(&mut output).ok_or_else(|| failed(NOTHING))?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > most_pixels {
        let reason = format!(
            "ffmpeg makes a picture of {} megapixels",
            pixels / 1_000_000
        );
        return Err(failed(&reason));
    }
    let length = pixels.saturating_mul(3);
    let mut bytes = Vec::new();
    let room = usize::try_from(length).unwrap_or(usize::MAX);
    if bytes.try_reserve_exact(room).is_err() {
        return Err(failed("there is no memory for ffmpeg's picture"));
    }
    let read = output.take(length).read_to_end(&mut bytes);
    read.map_err(|error| failed(&format!("ffmpeg: {error}")))?;
    RgbImage::from_raw(width, height, bytes).ok_or_else(|| failed(NOTHING))
}

/// Reads the width and the height of a picture, and what stands in front of its pixels.
fn header(output: &mut impl BufRead) -> Option<[u32; 2]> {
    let mut bytes = output.take(LONGEST_HEADER).bytes();
    let mut word = || {
        let mut word = String::new();
        loop {
            match char::from(bytes.next()?.ok()?) {
                gap if gap.is_ascii_whitespace() => return Some(word),
                letter => word.push(letter),
            }
        }
    };
    let is_ppm = word()? == "P6";
    let [width, height] = [word()?.parse().ok()?, word()?.parse().ok()?];
    (is_ppm && word()? == "255" && width > 0 && height > 0).then_some([width, height])
}

fn failed(reason: &str) -> Failure {
    Failure::new(FailureKind::Unsupported, reason)
}
