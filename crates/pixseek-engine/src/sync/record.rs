//! Converts stamps and facts of files to the types that the index stores.

use pixseek_index::{PhotoFacts, PhotoNotes, Stamp};
use pixseek_photos::{Facts, FileStamp};

pub(super) fn stamp_of(stamp: FileStamp) -> Stamp {
    Stamp {
        size: stamp.size,
        modified: stamp.modified,
        changed: stamp.changed,
        identity: stamp.identity,
    }
}

pub(super) fn file_stamp_of(stamp: Stamp) -> FileStamp {
    FileStamp {
        size: stamp.size,
        modified: stamp.modified,
        changed: stamp.changed,
        identity: stamp.identity,
    }
}

pub(super) fn facts_of(facts: Facts) -> PhotoFacts {
    PhotoFacts {
        width: facts.width,
        height: facts.height,
        taken_seconds: facts.taken.as_ref().map(|taken| taken.seconds),
        taken: facts.taken.map(|taken| taken.iso),
        camera: facts.camera,
        lens: facts.lens,
        place: facts.place,
        notes: PhotoNotes {
            title: facts.notes.title,
            caption: facts.notes.caption,
            keywords: facts.notes.keywords,
            rating: facts.notes.rating,
        },
        difference_hash: facts.difference_hash,
    }
}
