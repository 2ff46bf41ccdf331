//! Advice on files that could not be indexed.

use pixseek_engine::{Failure, FailureKind, format_by_name};
use std::path::Path;

/// Whether a decoder of HEIC is in this program; without one, programs on the `PATH` decode it.
const DECODES_HEIC: bool = cfg!(feature = "heic");

/// The advice on a file that could not be indexed. It depends on the file's format where the format
/// decides what the file can be converted to, and with what.
pub fn on_failure(path: &Path, failure: &Failure) -> &'static str {
    let format = format_by_name(path);
    match failure.kind {
        FailureKind::Unreadable => "check the file's permissions and the drive",
        FailureKind::NotAPhoto => "rename it, or leave it out with a line in .pixseekignore",
        FailureKind::Unsupported => match format {
            Some("film") => {
                "convert it to an MP4 with H.264, or install ffmpeg, which knows more codecs, and \
                 use --retry-failures"
            }
            Some("camera raw") => "export it as a JPEG from a program that develops raw files",
            Some("HEIC") if !DECODES_HEIC => {
                "install heif-dec, heif-convert or ffmpeg and use --retry-failures, or convert it \
                 to JPEG"
            }
            _ => "convert it to JPEG or PNG",
        },
        FailureKind::TooLarge => "make it smaller; --max-megapixels raises the limit of pixels",
        FailureKind::Corrupt => "restore it from a backup",
        FailureKind::NotEncoded => "look at it; the picture may be empty",
        FailureKind::DecoderFailed => match format {
            Some("film") => {
                "convert it to an MP4 with H.264, or try once more with --retry-failures"
            }
            _ => "convert it to JPEG or PNG, or try once more with --retry-failures",
        },
        FailureKind::Interrupted => "the next run tries again",
    }
}

#[cfg(test)]
mod tests {
    use super::on_failure;
    use pixseek_engine::{Failure, FailureKind};
    use std::path::Path;

    #[test]
    fn advice_depends_on_the_format() {
        use FailureKind::{DecoderFailed, Unsupported};
        for (name, kind, word) in [
            ("a.JP2", Unsupported, "JPEG or PNG"),
            ("a.nef", Unsupported, "develops raw files"),
            ("a.heic", DecoderFailed, "--retry-failures"),
            ("none", Unsupported, "JPEG or PNG"),
        ] {
            let advice = on_failure(Path::new(name), &Failure::new(kind, "why"));
            assert!(advice.contains(word), "{name}: {advice}");
        }
        let heic = on_failure(Path::new("a.heic"), &Failure::new(Unsupported, "why"));
        assert_eq!(heic.contains("heif-dec"), !cfg!(feature = "heic"));
        for kind in [Unsupported, DecoderFailed] {
            let film = on_failure(Path::new("a.mov"), &Failure::new(kind, "why"));
            assert_eq!(film.contains("H.264"), cfg!(feature = "video"), "{film}");
        }
    }
}
