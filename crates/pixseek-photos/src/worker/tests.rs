use super::answer::checked;
use super::message::{Outcome, PictureHeader, Task, ToParent, receive, receive_bytes, send};
use super::{deadline, memory};
use crate::DecodeLimits;
use pixseek_record::{PhotoFacts, PhotoNotes};
use std::io::ErrorKind;

const LIMITS: DecodeLimits = DecodeLimits {
    pixels: 1_000_000,
    bytes: 1 << 20,
};
const PICTURE: Task = Task::Picture {
    side: 224,
    frame: 0,
};

fn honest() -> Outcome {
    Outcome {
        facts: PhotoFacts {
            width: 400,
            height: 300,
            taken: Some("2026-01-31T12:00:00+01:00".into()),
            taken_seconds: Some(1_769_860_800),
            place: Some((48.2, 16.37)),
            notes: PhotoNotes {
                title: Some("at noon".into()),
                keywords: vec!["city".into()],
                rating: Some(5),
                ..PhotoNotes::default()
            },
            ..PhotoFacts::default()
        },
        unread: None,
        picture: Some(PictureHeader {
            width: 200,
            height: 150,
            whole: [400, 300],
            scale: 0.5,
        }),
    }
}

#[test]
fn answers_that_cannot_be_true_are_refused() {
    assert!(checked(honest(), PICTURE, LIMITS).is_ok());
    let check = |lie: fn(&mut Outcome)| {
        let mut outcome = honest();
        lie(&mut outcome);
        let refused = checked(outcome.clone(), PICTURE, LIMITS).map_err(|error| error.kind());
        assert_eq!(refused.err(), Some(ErrorKind::InvalidData), "{outcome:?}");
    };
    check(|outcome| outcome.picture = None);
    check(|outcome| outcome.picture = Some(header(60_000, 60_000, 1.0)));
    check(|outcome| outcome.picture = Some(header(u32::MAX, u32::MAX, 1.0)));
    check(|outcome| outcome.picture = Some(header(0, 100, 1.0)));
    check(|outcome| outcome.picture = Some(header(10, 10, 0.0)));
    check(|outcome| outcome.picture = Some(header(10, 10, 2.0)));
    check(|outcome| outcome.picture = Some(header(10, 10, f64::NAN)));
    check(|outcome| outcome.facts.width = 0);
    check(|outcome| outcome.facts.taken = Some("yesterday".into()));
    check(|outcome| outcome.facts.taken = Some("2026-02-31T12:00:00".into()));
    check(|outcome| outcome.facts.taken = None);
    check(|outcome| outcome.facts.taken_seconds = Some(i64::MAX));
    check(|outcome| outcome.facts.place = Some((f64::NAN, 0.0)));
    check(|outcome| outcome.facts.place = Some((91.0, 0.0)));
    check(|outcome| outcome.facts.iso = Some(0));
    check(|outcome| outcome.facts.exposure.seconds = Some(f32::NAN));
    check(|outcome| {
        let picture = outcome.picture.as_mut().unwrap();
        picture.whole = [picture.width, 1];
    });
    check(|outcome| outcome.facts.camera = Some("\u{1b}[2J".into()));
    check(|outcome| outcome.facts.lens = Some("l".repeat(1001)));
    check(|outcome| outcome.facts.notes.rating = Some(6));
    check(|outcome| outcome.facts.notes.keywords = vec!["k".into(); 101]);
    check(|outcome| outcome.unread = Some("\n".into()));
}

fn header(width: u32, height: u32, scale: f64) -> PictureHeader {
    PictureHeader {
        width,
        height,
        whole: [width, height],
        scale,
    }
}

/// A worker that was taken over cannot move a photo to another city by its words alone.
#[test]
fn words_of_a_place_are_derived_again() {
    let mut outcome = honest();
    outcome.facts.place_words = "nowhere".into();
    let (facts, _) = checked(outcome, PICTURE, LIMITS).unwrap();
    assert_eq!(facts.facts.place_words, "Vienna Austria");
}

#[test]
fn facts_alone_come_without_a_picture() {
    assert!(checked(honest(), Task::Facts, LIMITS).is_err());
    let outcome = Outcome {
        picture: None,
        ..honest()
    };
    assert!(checked(outcome, Task::Facts, LIMITS).is_ok());
}

#[test]
fn cut_and_false_messages_are_errors() {
    let mut whole = Vec::new();
    let message = ToParent::Done {
        outcome: Ok(Box::new(honest())),
        retires: false,
    };
    send(&mut whole, &message).unwrap();
    let kind = |bytes: &[u8]| {
        let mut bytes = bytes;
        receive::<ToParent>(&mut bytes)
            .err()
            .map(|error| error.kind())
    };
    assert_eq!(kind(&whole), None);
    for length in 0..whole.len() {
        assert_eq!(kind(&whole[..length]), Some(ErrorKind::UnexpectedEof));
    }
    assert_eq!(kind(&[255; 8]), Some(ErrorKind::InvalidData));
    assert_eq!(kind(&[1, 0, 0, 0, 99]), Some(ErrorKind::InvalidData));
    // A text that claims to be longer than its message.
    assert_eq!(
        kind(&[6, 0, 0, 0, 2, 1, 0, 255, 255, 127]),
        Some(ErrorKind::InvalidData)
    );
    let cut = receive_bytes(&mut &b"four"[..], 5).map_err(|error| error.kind());
    assert_eq!(cut, Err(ErrorKind::UnexpectedEof));
    let giant = receive_bytes(&mut &b"four"[..], u64::MAX).map_err(|error| error.kind());
    assert_eq!(giant, Err(ErrorKind::OutOfMemory));
}

#[test]
fn limits_follow_the_limit_on_pixels() {
    let usual = DecodeLimits::default();
    assert_eq!(deadline(usual).as_secs(), 60);
    assert_eq!(memory::limit(usual) / 1_000_000, 6947);
    let boundless = DecodeLimits {
        pixels: u64::MAX,
        bytes: u64::MAX,
    };
    assert_eq!(memory::limit(boundless), u64::MAX);
    assert!(deadline(boundless).as_secs() > 1_000_000);
}
