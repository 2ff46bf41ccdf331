//! Pictures of films in codecs that are not decoded here, by the program `ffmpeg` if it is installed.

use image::RgbImage;
use pixseek_record::{Failure, FailureKind};
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

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
        let mut child = Command::new(&self.program)
            .args(arguments(film, time_ms, side))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(&format!("ffmpeg cannot be started: {error}")))?;
        let picture = self.wait(&mut child);
        // It is of no use any more, whether it has ended or not.
        let _ = child.kill();
        let _ = child.wait();
        read(&picture?).ok_or_else(|| failed("ffmpeg finds no picture in it"))
    }

    /// Reads what the program writes until it ends or its time is over.
    fn wait(&self, child: &mut Child) -> Result<Vec<u8>, Failure> {
        let output = child.stdout.take();
        let output = output.ok_or_else(|| failed("ffmpeg has no output"))?;
        let most = self.most_pixels.saturating_mul(3) + LONGEST_HEADER;
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            // Nobody listens any more if the time is over.
            let _ = sender.send(all(output, most));
        });
        let read = receiver.recv_timeout(self.deadline);
        let read = read.map_err(|_| failed("ffmpeg takes too long"))?;
        read.map_err(|error| failed(&format!("ffmpeg: {error}")))
    }
}

fn all(output: ChildStdout, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    output.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
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
    // It ends by itself, too, if this program is killed meanwhile.
    let before = [
        "-nostdin",
        "-v",
        "quiet",
        "-threads",
        "1",
        "-timelimit",
        "60",
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

/// Reads a picture of the format PPM with 8 bits, as ffmpeg writes it.
fn read(ppm: &[u8]) -> Option<RgbImage> {
    let mut rest = ppm;
    let mut word = || {
        let length = rest.iter().position(u8::is_ascii_whitespace)?;
        let word = str::from_utf8(&rest[..length]).ok()?;
        rest = &rest[length + 1..];
        Some(word)
    };
    let is_ppm = word()? == "P6";
    let width: u32 = word()?.parse().ok()?;
    let height: u32 = word()?.parse().ok()?;
    if !is_ppm || word()? != "255" || width == 0 || height == 0 {
        return None;
    }
    let length = (width as usize)
        .checked_mul(height as usize)?
        .checked_mul(3)?;
    RgbImage::from_raw(width, height, rest.get(..length)?.to_vec())
}

fn failed(reason: &str) -> Failure {
    Failure::new(FailureKind::Unsupported, reason)
}

#[cfg(test)]
mod tests {
    use super::{Ffmpeg, arguments, read};
    use std::ffi::OsStr;
    use std::path::Path;

    #[test]
    fn paths_are_never_taken_for_options_or_addresses() {
        for path in [
            "-i",
            "-filter_complex",
            "http://example.org/a.mp4",
            "concat:a|b",
        ] {
            let arguments = arguments(Path::new(path), 61_007, 256);
            let input = arguments.iter().position(|it| it == "-i").unwrap() + 1;
            assert_eq!(arguments[input], *format!("file:{path}"));
            let others = arguments
                .iter()
                .filter(|it| *it == OsStr::new(path))
                .count();
            assert_eq!(others, usize::from(path == "-i"));
            assert!(arguments.contains(&"61.007".into()));
        }
    }

    #[test]
    fn pictures_of_ffmpeg_are_read_or_refused() {
        let picture = read(b"P6\n2 1\n255\nabcdef").unwrap();
        assert_eq!(
            (picture.dimensions(), picture.as_raw().as_slice()),
            ((2, 1), b"abcdef".as_slice())
        );
        for bad in [
            b"".as_slice(),
            b"P6\n2 1\n255\nabcde",
            b"P5\n2 1\n255\nabcdef",
            b"P6\n0 1\n255\n",
            b"P6\n4294967295 4294967295\n255\nabc",
            b"P6 2",
        ] {
            assert!(read(bad).is_none());
        }
    }

    #[cfg(unix)]
    #[test]
    fn programs_that_hang_fail_or_write_too_much_are_ended() {
        use std::os::unix::fs::PermissionsExt;
        use std::time::Duration;
        let folder = tempfile::tempdir().unwrap();
        let check = |script: &str, expected: &str| {
            let program = folder.path().join("ffmpeg");
            std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&program, PermissionsExt::from_mode(0o700)).unwrap();
            let mut ffmpeg = Ffmpeg::at(program);
            ffmpeg.deadline = Duration::from_millis(300);
            ffmpeg.most_pixels = 100;
            let failure = ffmpeg.picture(Path::new("film.mp4"), 0, 256).unwrap_err();
            assert_eq!(failure.reason, expected);
        };
        check("exec sleep 100", "ffmpeg takes too long");
        check("exit 1", "ffmpeg finds no picture in it");
        check("exec yes", "ffmpeg finds no picture in it");
    }
}
