//! Files of each kind, as small as they can be.

use super::has_motion;

const FILM: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x08moov";
const JPEG: &[u8] = b"\xff\xd8\xff\xd9";
const HEIC: &[u8] = b"\0\0\0\x10ftypheic\0\0\0\0\0\0\0\x08meta";

fn packet(attributes: &str, inner: &str) -> Vec<u8> {
    format!(
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/">
        <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description xmlns:GCamera="http://ns.google.com/photos/1.0/camera/"
        xmlns:Container="http://ns.google.com/photos/1.0/container/"
        xmlns:Item="http://ns.google.com/photos/1.0/container/item/" {attributes}>{inner}
        </rdf:Description></rdf:RDF></x:xmpmeta>"#
    )
    .into_bytes()
}

/// Samsung's directory with entries of these types.
fn directory(kinds: &[u16]) -> Vec<u8> {
    let count = u32::try_from(kinds.len()).unwrap();
    let mut bytes = [b"SEFH\x6a\0\0\0".as_slice(), &count.to_le_bytes()].concat();
    for kind in kinds {
        bytes.extend([0, 0]);
        bytes.extend(kind.to_le_bytes());
        bytes.extend([9; 8]);
    }
    let length = u32::try_from(bytes.len()).unwrap();
    bytes.extend(length.to_le_bytes());
    bytes.extend(b"SEFT");
    bytes
}

fn check(xmp: Option<&[u8]>, parts: &[&[u8]], expected: bool) {
    let file = parts.concat();
    assert_eq!(
        has_motion(xmp, &file),
        expected,
        "{:?}",
        file.escape_ascii().to_string()
    );
}

#[test]
fn xmp_says_it_and_the_film_is_there() {
    let directory = r#"<Container:Directory><rdf:Seq>
        <rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Semantic="Primary"/></rdf:li>
        <rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="video/mp4" Item:Length="40"/></rdf:li>
        </rdf:Seq></Container:Directory>"#;
    for says in [
        packet(r#"GCamera:MotionPhoto="1""#, ""),
        packet(
            r#"GCamera:MicroVideo="1" GCamera:MicroVideoOffset="40""#,
            "",
        ),
        packet("", "<GCamera:MotionPhoto>1</GCamera:MotionPhoto>"),
        packet("", directory),
    ] {
        check(Some(&says), &[JPEG, FILM], true);
        check(Some(&says), &[HEIC, FILM], true);
        // An editor kept the XMP and not the film.
        check(Some(&says), &[JPEG], false);
        check(Some(&says), &[HEIC], false);
    }
    for silent in [
        packet(r#"GCamera:MotionPhoto="0""#, ""),
        packet(r#"Item:Mime="image/jpeg" Item:Semantic="GainMap""#, ""),
        b"no XML".to_vec(),
    ] {
        check(Some(&silent), &[JPEG, FILM], false);
    }
    check(None, &[JPEG, FILM], false);
}

#[test]
fn a_box_or_a_directory_says_it_without_xmp() {
    check(None, &[HEIC, b"\0\0\0\x20mpvd", FILM], true);
    check(
        None,
        &[HEIC, b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x10\0\0\0\x20mpvd"],
        true,
    );
    check(None, &[JPEG, b"\0\0\0\x20mpvd", FILM], false);
    check(None, &[JPEG, FILM, &directory(&[0x0a01, 0x0a30])], true);
    check(None, &[JPEG, FILM, &directory(&[0x0a01])], false);
    check(None, &[HEIC, &directory(&[0x0a30])], true);
}

#[test]
fn damaged_files_have_no_film_and_cost_nothing() {
    let directory = directory(&[0x0a30]);
    for cut in 1..directory.len() {
        check(None, &[JPEG, &directory[cut..]], false);
    }
    check(None, &[b""], false);
    check(None, &[b"SEFT"], false);
    check(None, &[b"\xff\xff\xff\xffSEFT"], false);
    check(None, &[b"\0\0\0\x08ftyp\0\0\0\0mpvd"], false);
    check(None, &[b"\0\0\0\x08ftyp\0\0\0\x01mpvd"], false);
    let huge = [
        b"SEFH\0\0\0\0".as_slice(),
        &[0xff; 4],
        &[12, 0, 0, 0],
        b"SEFT",
    ]
    .concat();
    check(None, &[&huge], false);
}
