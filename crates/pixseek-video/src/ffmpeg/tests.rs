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
    let picture = read(b"P6\n2 1\n255\nabcdef more".as_slice(), 2).unwrap();
    assert_eq!(
        (picture.dimensions(), picture.as_raw().as_slice()),
        ((2, 1), b"abcdef".as_slice())
    );
    for bad in [
        b"".as_slice(),
        b"P6\n2 1\n255\nabcde",
        b"P6\n2 1\n254\nabcdef",
        b"P5\n2 1\n255\nabcdef",
        b"P6\n0 1\n255\n",
        b"P6\n4294967295 4294967295\n255\nabc",
        b"P6\n3 1\n255\nabcdefghi",
        b"P6 2",
        &[b'P'; 100],
    ] {
        assert!(read(bad, 2).is_err(), "{bad:?}");
    }
}

#[cfg(unix)]
mod programs {
    use super::Ffmpeg;
    use crate::FailureKind;
    use std::cell::Cell;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::time::Duration;
    use tempfile::TempDir;

    /// A shell script in the place of ffmpeg.
    fn program(script: &str) -> (TempDir, Ffmpeg) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("ffmpeg");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o700)).unwrap();
        let mut ffmpeg = Ffmpeg::at(program);
        ffmpeg.most_pixels = 100;
        (folder, ffmpeg)
    }

    #[test]
    fn programs_that_hang_fail_or_write_too_much_are_ended() {
        let check = |script: &str, milliseconds: u64, expected: &str| {
            let (_folder, mut ffmpeg) = program(script);
            ffmpeg.deadline = Duration::from_millis(milliseconds);
            let failure = ffmpeg.picture(Path::new("film.mp4"), 0, 256).unwrap_err();
            assert_eq!(failure.reason, expected);
        };
        check("exec sleep 100", 300, "ffmpeg takes too long");
        check("exit 1", 20_000, "ffmpeg finds no picture in it");
        check("exec yes", 20_000, "ffmpeg finds no picture in it");
        // It would go on for ever.
        let endless = "printf 'P6\\n60000 60000\\n255\\n'; exec cat /dev/zero";
        let reason = "ffmpeg makes a picture of 3600 megapixels";
        check(endless, 20_000, reason);
    }

    #[test]
    fn a_stopped_run_ends_it() {
        // It tells its number by a folder: it may write no files.
        let (folder, ffmpeg) = program("mkdir \"$(dirname \"$0\")/$$\"; exec sleep 100");
        let id = Cell::new(None);
        // Stopped once it runs.
        let is_stopped = || {
            let names = std::fs::read_dir(folder.path()).unwrap();
            let mut names = names.map(|name| name.unwrap().file_name());
            id.set(names.find_map(|name| name.to_str()?.parse::<u32>().ok()));
            id.get().is_some()
        };
        let failure = ffmpeg
            .picture_unless(Path::new("film.mp4"), 0, 256, &is_stopped)
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::Interrupted);
        // It was waited for, so that nothing is left of it.
        let process = format!("/proc/{}", id.get().unwrap());
        assert!(!Path::new(&process).exists(), "{process} is there");
    }

    /// The script returns a picture when it finds itself limited, and waits for ever if it is not.
    #[cfg(target_os = "linux")]
    #[test]
    fn memory_time_and_files_are_limited() {
        let limited = "while [ \"$(ulimit -v) $(ulimit -t) $(ulimit -f)\" != '4194304 60 0' ]\n\
            do :; done\nprintf 'P6\\n1 1\\n255\\nabc'";
        let (_folder, ffmpeg) = program(limited);
        let picture = ffmpeg.picture(Path::new("film.mp4"), 0, 256).unwrap();
        assert_eq!(picture.as_raw(), b"abc");
    }
}
