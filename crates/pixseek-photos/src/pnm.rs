//! Checks a PNM's size before `image` allocates: a header of a few bytes may claim any picture.

/// Whether the file has as many bytes as its pixels need at least. Only a binary bitmap (P4) packs
/// several pixels into a byte; the others have a byte or more for each.
pub(crate) fn holds(bytes: &[u8], pixels: u64) -> bool {
    let least = if bytes.starts_with(b"P4") {
        pixels / 8
    } else {
        pixels
    };
    bytes.len() as u64 >= least
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn a_file_has_a_byte_for_each_pixel_or_for_eight() {
        assert!(holds(b"P6 2 1 255\n123456", 2));
        assert!(holds(b"P4 64 1\n12345678", 64));
        assert!(!holds(b"P5 64 1 255\n12345678", 64));
        assert!(!holds(b"P4 640 1\n12345678", 640));
        assert!(!holds(b"P1", u64::MAX));
    }
}
