//! The checksums of PNG's chunks, which decoders compare before they read a chunk.

/// The first bytes of a PNG.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Bytes of a chunk's length, name and checksum.
const FRAME: usize = 12;

/// Makes the checksum of each chunk that of its damaged content, up to the first chunk that is not whole.
/// Leaves files of other formats as they are.
pub fn mend_checksums(bytes: &mut [u8]) {
    if !bytes.starts_with(SIGNATURE) {
        return;
    }
    let mut rest = &mut bytes[SIGNATURE.len()..];
    while let Some(length) = rest.first_chunk() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((chunk, behind)) = rest.split_at_mut_checked(FRAME.saturating_add(length)) else {
            return;
        };
        let (covered, checksum) = chunk.split_at_mut(FRAME - 4 + length);
        checksum.copy_from_slice(&crc32fast::hash(&covered[4..]).to_be_bytes());
        rest = behind;
    }
}
