//! Recognises TGAs: they have no magic bytes, so the name and a possible header count together.

use std::path::Path;

/// Whether a file is named as a TGA and begins as one.
pub(crate) fn is_likely(path: &Path, bytes: &[u8]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|it| it.eq_ignore_ascii_case("tga")) && has_header(bytes)
}

/// Whether a header is one of Truevision's specification: a palette or none, a known kind of picture
/// with sides and a depth.
fn has_header(bytes: &[u8]) -> bool {
    let Some(&[_, palette, kind, .., w0, w1, h0, h1, depth, _]) = bytes.first_chunk::<18>() else {
        return false;
    };
    let is_kind = matches!((palette, kind), (1, 1 | 9) | (0 | 1, 2 | 3 | 10 | 11));
    let has_sides = [w0, w1] != [0, 0] && [h0, h1] != [0, 0];
    is_kind && has_sides && matches!(depth, 8 | 15 | 16 | 24 | 32)
}

#[cfg(test)]
mod tests {
    use super::is_likely;
    use std::path::Path;

    #[test]
    fn a_name_and_a_header_make_a_tga() {
        let header = *b"\0\0\x02\0\0\0\0\0\0\0\0\0\x10\0\x10\0\x18\0";
        let check = |name: &str, bytes: &[u8], expected| {
            assert_eq!(is_likely(Path::new(name), bytes), expected, "{name}");
        };
        check("a.tga", &header, true);
        check("a.TGA", &header, true);
        check("a.jpg", &header, false);
        check("a.tga", &header[..17], false);
        check("a.tga", b"hello, I am a text", false);
    }
}
