//! Canon's CR3: boxes of ISO 14496-12. EXIF lies in three small TIFFs, previews in two boxes of Canon's and
//! in a track whose only sample is a JPEG. The structure is that of `github.com/lclevy/canon_cr3`.

use super::contents::Contents;
use super::source::Source;
use super::tiff::Tiff;

/// Identifiers of Canon's boxes: metadata, the preview, and Adobe's of XMP.
const METADATA: [u8; 16] = *b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
const PREVIEW: [u8; 16] = *b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";
const XMP: [u8; 16] = *b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";

/// Boxes to read within one box at most.
const MOST_BOXES: usize = 64;
/// The longest XMP packet that is read.
const LONGEST_XMP: u64 = 256 << 10;
/// Bytes of Canon's header in front of a JPEG, at most.
const LONGEST_HEADER: usize = 32;

/// A box: its kind, and the place of its content.
struct Boxed {
    kind: [u8; 4],
    start: u64,
    end: u64,
}

/// Reads the boxes of a CR3.
pub(crate) fn contents<'a>(source: &'a Source<'a>) -> Contents {
    let mut contents = Contents::default();
    for outer in boxes(source, 0, source.size()) {
        match &outer.kind {
            b"moov" => add_film(source, &outer, &mut contents),
            b"uuid" => add_named(source, &outer, &mut contents),
            _ => {}
        }
    }
    contents
}

/// Reads the box of metadata and tracks.
fn add_film<'a>(source: &'a Source<'a>, film: &Boxed, contents: &mut Contents) {
    for inner in boxes(source, film.start, film.end) {
        match &inner.kind {
            b"uuid" => add_named(source, &inner, contents),
            b"trak" => {
                if let Some((at, length)) = only_sample(source, &inner) {
                    contents.add_place(Some(at), Some(length));
                }
            }
            _ => {}
        }
    }
}

/// Reads a box with an identifier instead of a name.
fn add_named<'a>(source: &'a Source<'a>, named: &Boxed, contents: &mut Contents) {
    let Some(identifier) = source.read(named.start, 16) else {
        return;
    };
    let start = (named.start + 16).min(named.end);
    if identifier == METADATA {
        for inner in boxes(source, start, named.end) {
            match &inner.kind {
                b"CMT1" | b"CMT2" | b"CMT4" => add_exif(source, &inner, contents),
                b"THMB" => add_jpeg(source, &inner, contents),
                _ => {}
            }
        }
    } else if identifier == PREVIEW {
        // Two numbers lie in front of the only box.
        for inner in boxes(source, start + 8, named.end) {
            add_jpeg(source, &inner, contents);
        }
    } else if identifier == XMP && named.end - start <= LONGEST_XMP {
        let length = usize::try_from(named.end - start).unwrap_or(0);
        if let Some(packet) = source.read(start, length) {
            contents.exif.keep_xmp(packet);
        }
    }
}

fn add_exif<'a>(source: &'a Source<'a>, part: &Boxed, contents: &mut Contents) {
    let opened = Tiff::open(source, part.start);
    let Some((tiff, directory)) =
        opened.and_then(|(tiff, first)| Some((tiff, tiff.directory(first)?)))
    else {
        return;
    };
    match &part.kind {
        b"CMT1" => contents.exif.keep_main(&tiff, &directory),
        b"CMT2" => contents.add_exif(&tiff, &directory),
        _ => contents.exif.keep_gps(&tiff, &directory),
    }
}

/// Remembers the JPEG of one of Canon's boxes, which begins behind a header whose length varies.
fn add_jpeg(source: &Source<'_>, part: &Boxed, contents: &mut Contents) {
    let length = usize::try_from(part.end - part.start).unwrap_or(usize::MAX);
    let Some(header) = source.read(part.start, length.min(LONGEST_HEADER)) else {
        return;
    };
    let jpeg = header.windows(3).position(|three| three == b"\xff\xd8\xff");
    if let Some(jpeg) = jpeg {
        let at = part.start + jpeg as u64;
        contents.add_place(Some(at), Some(part.end - at));
    }
}

/// Returns place and length of a track's first sample.
fn only_sample(source: &Source<'_>, track: &Boxed) -> Option<(u64, u64)> {
    let media = child(source, track, *b"mdia")?;
    let information = child(source, &media, *b"minf")?;
    let table = child(source, &information, *b"stbl")?;
    let number = |at, width| source.number(at, width, false);
    let sizes = child(source, &table, *b"stsz")?.start;
    // One size of all samples, or 0, their number, and then the sizes.
    let length = match number(sizes + 4, 4)? {
        0 => number(sizes + 12, 4)?,
        all => all,
    };
    let at = match child(source, &table, *b"co64") {
        Some(offsets) => number(offsets.start + 8, 8)?,
        None => number(child(source, &table, *b"stco")?.start + 8, 4)?,
    };
    Some((at, length))
}

fn child(source: &Source<'_>, parent: &Boxed, kind: [u8; 4]) -> Option<Boxed> {
    let mut children = boxes(source, parent.start, parent.end).into_iter();
    children.find(|child| child.kind == kind)
}

/// Reads the boxes between two places of the file, up to the first that does not fit.
fn boxes(source: &Source<'_>, start: u64, end: u64) -> Vec<Boxed> {
    let mut all = Vec::new();
    let mut at = start;
    while all.len() < MOST_BOXES
        && at < end
        && let Some(found) = read_box(source, at, end)
    {
        at = found.end;
        all.push(found);
    }
    all
}

fn read_box(source: &Source<'_>, at: u64, end: u64) -> Option<Boxed> {
    let header = source.read(at, 8)?;
    let kind = *header.last_chunk()?;
    let (header, length) = match source.number(at, 4, false)? {
        // The last box of a file may reach to its end, and a long one has its length behind the kind.
        0 => (8, end.checked_sub(at)?),
        1 => (16, source.number(at + 8, 8, false)?),
        length => (8, length),
    };
    let found = Boxed {
        kind,
        start: at.checked_add(header)?,
        end: at.checked_add(length)?,
    };
    (found.start <= found.end && found.end <= end).then_some(found)
}
