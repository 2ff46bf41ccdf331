//! Damaged XMP and IPTC are read to an end, and so are the marks of motion photos.
//!
//! 2,000 of each by default; the environment variable `PIXSEEK_MUTATIONS` asks for another number.

use super::{Collected, XMP, iptc};
use crate::motion::has_motion;
use crate::mutations::{Random, mutations};

const MUTATIONS: usize = 2_000;

/// What parsers of XML stumble over.
const PIECES: [&[u8]; 16] = [
    b"<",
    b">",
    b"/>",
    b"\"",
    b"&",
    b"&amp;",
    b"&#x110000;",
    b"<![CDATA[",
    b"<!--",
    b"<?",
    b"\0",
    b"\xff",
    b"<!DOCTYPE a [",
    b"<!ENTITY b \"&b;\">",
    b"</rdf:li>",
    b"xmlns:dc=\"\"",
];

/// One to four kinds of damage, one after another.
fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(5) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let copy = bytes[at..end].to_vec();
                let place = random.below(bytes.len());
                bytes.splice(place..place, copy);
            }
            3 if random.below(8) == 0 => bytes.truncate(at),
            _ => {
                let piece = PIECES[random.below(PIECES.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
}

#[test]
fn damaged_notes_are_read_to_an_end() {
    let resources = iptc(&[
        (5, b"Boats"),
        (25, b"night"),
        (120, b"A caption"),
        (101, b"Italy"),
    ]);
    let seft = b"\0\0\x30\x0a\0\0\0\0\0\0\0\0\x18\0\0\0SEFT";
    let samsung = [b"SEFH\x6a\0\0\0\x01\0\0\0".as_slice(), seft].concat();
    let boxes = b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\x08meta\0\0\0\x10mpvd\0\0\0\x08moov";
    assert!(has_motion(None, &samsung) && has_motion(None, boxes));
    let mutations = mutations(MUTATIONS);
    let mut random = Random::new();
    let mut read = [0; 4];
    for _ in 0..mutations {
        let mut damaged = [XMP.as_bytes(), &resources, &samsung, boxes].map(<[u8]>::to_vec);
        for bytes in &mut damaged {
            damage(&mut random, bytes);
        }
        let [xmp, resources, samsung, boxes] = damaged;
        let none = Collected::default();
        read[0] += usize::from(Collected::collect(Some(&xmp), None, None) != none);
        read[1] += usize::from(Collected::collect(None, Some(&resources), None) != none);
        read[2] += usize::from(has_motion(Some(&xmp), &samsung));
        read[3] += usize::from(has_motion(Some(&xmp), &boxes));
    }
    // Damage that is always noticed early would test little.
    assert!(
        read.iter().all(|count| *count > mutations / 50),
        "{read:?} of {mutations}"
    );
    println!("{mutations} of each: XMP, IPTC, Samsung's directory and boxes, {read:?} read");
}
