//! Writes a CR3: boxes, and where its tracks' samples lie.

use super::builder::{LITTLE, tiff, word};
use super::files::{LARGE, MEDIUM, THUMBNAIL, camera, exif, jpeg, place};

fn boxed(kind: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&word(false, content.len() + 8), &kind[..], &content].concat()
}

pub(super) fn cr3() -> Vec<u8> {
    let kind = boxed(*b"ftyp", &[b"crx ", &[0, 0, 0, 1], b"crx isom"]);
    let thumbnail = jpeg(THUMBNAIL);
    let thumbnail = boxed(
        *b"THMB",
        &[
            &[0; 4],
            &[0, 160, 0, 120],
            &word(false, thumbnail.len()),
            &[0, 1, 0, 0],
            &thumbnail,
        ],
    );
    let metadata = boxed(
        *b"uuid",
        &[
            b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48",
            &boxed(*b"CNCV", &[b"CanonCR3_001/00.09.00/00.00.00"]),
            &boxed(*b"CMT1", &[&tiff(&LITTLE, &camera(1))]),
            &boxed(
                *b"CMT2",
                &[&tiff(
                    &LITTLE,
                    &exif().long(0xA002, 2400).long(0xA003, 1600),
                )],
            ),
            &boxed(*b"CMT4", &[&tiff(&LITTLE, &place())]),
            &thumbnail,
        ],
    );
    let preview = jpeg(MEDIUM);
    let preview = boxed(
        *b"PRVW",
        &[
            &[0; 4],
            &[0, 1, 4, 176, 3, 32, 0, 1],
            &word(false, preview.len()),
            &preview,
        ],
    );
    let identifier = b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";
    let preview = boxed(*b"uuid", &[identifier, &[0, 0, 0, 0, 0, 0, 0, 1], &preview]);
    // The places of samples depend on the length of what has them, which does not depend on them.
    let large = jpeg(LARGE);
    let film = |first: usize| {
        let tracks =
            [(first, large.len()), (first + large.len(), 3000)].map(|it| track(it.0, it.1));
        boxed(*b"moov", &[&metadata, &tracks[0], &tracks[1]])
    };
    let first = kind.len() + film(0).len() + preview.len() + 8;
    let data = boxed(*b"mdat", &[&large, &[0x5a; 3000]]);
    [kind, film(first), preview, data].concat()
}

fn track(at: usize, length: usize) -> Vec<u8> {
    let sizes = boxed(*b"stsz", &[&[0; 4], &word(false, length), &word(false, 1)]);
    let offsets = boxed(
        *b"co64",
        &[&[0, 0, 0, 0, 0, 0, 0, 1], &[0; 4], &word(false, at)],
    );
    let table = boxed(*b"stbl", &[&sizes, &offsets]);
    boxed(
        *b"trak",
        &[&boxed(*b"mdia", &[&boxed(*b"minf", &[&table])])],
    )
}
