//! Step 2: reads a file: the hash of its content, its facts and the pixels that the model takes.

use super::Run;
use super::finding::{Finding, Photo};
use crate::pictures::pixels_of;
use crossbeam_channel::{Receiver, Sender};
use pixseek_clip::Pixels;
use pixseek_index::NewPhoto;
use pixseek_photos::{Failure, FailureKind, FileFacts, PhotoFile, Seen, bytes_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Runs on each decoding thread: receives files and sends findings until either channel closes.
pub(super) fn decode_all(run: &Run<'_>, files: &Receiver<Seen>, findings: &Sender<Finding>) {
    for seen in files {
        if findings.send(decode(run, seen)).is_err() {
            return;
        }
    }
}

fn decode(run: &Run<'_>, Seen { path, stamp }: Seen) -> Finding {
    let file = match PhotoFile::read_within(&path, &run.decoders) {
        Ok(file) => file,
        Err(failure) => {
            return Finding::Failed {
                path,
                stamp,
                failure,
            };
        }
    };
    match run.view.vectors_of(&file.hash()) {
        Err(error) => return Finding::Catalog(error),
        Ok(0) => {}
        Ok(vectors) => {
            // The content already has its vectors, so only its facts are needed. They are in the
            // header, and the picture need not be decoded. Of a film that was encoded without some of
            // its key frames, the path's last record knows the times of the others. At a new place it
            // is decoded again for them.
            if let Ok(mut facts) = file.facts() {
                let frames = file.frames().len();
                if frames > 0 && frames != usize::from(vectors) {
                    let before = run.view.photo(&bytes_of(&path)).ok().flatten();
                    let before = before.filter(|before| before.content == file.hash());
                    if let Some(before) = before {
                        facts.facts.film = before.facts.film;
                    } else if let Ok((_, decoded)) = guarded(|| pixels_of(&file, run.preprocess)) {
                        facts = decoded;
                    }
                }
                return photo(&path, &file, facts, Vec::new());
            }
        }
    }
    match guarded(|| pixels_of(&file, run.preprocess)) {
        Ok((pixels, facts)) => photo(&path, &file, facts, pixels),
        Err(failure) => Finding::Failed {
            path,
            stamp: file.stamp(),
            failure,
        },
    }
}

fn photo(path: &Path, file: &PhotoFile, facts: FileFacts, pixels: Vec<Pixels>) -> Finding {
    Finding::Photo(Box::new(Photo {
        unread: facts.unread,
        found: NewPhoto {
            path: bytes_of(path).into_owned(),
            content: file.hash(),
            stamp: file.stamp(),
            facts: facts.facts,
            vectors: Vec::new(),
        },
        pixels,
    }))
}

/// Turns a panic over one file into a failure of that file, so that the thread can go on.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let reason = "it could not be brought to the model's size";
        Err(Failure::new(FailureKind::Corrupt, reason))
    })
}

#[cfg(test)]
mod tests {
    use super::guarded;
    use pixseek_photos::FailureKind;

    #[test]
    fn a_panic_over_a_file_is_a_failure_of_that_file() {
        let failure = guarded::<()>(|| panic!("of a test")).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Corrupt);
        assert_eq!(guarded(|| Ok(1)).unwrap(), 1);
    }
}
