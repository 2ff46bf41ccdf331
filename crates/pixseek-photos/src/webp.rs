//! Checks the sizes of a WebP's lossy frames. `image` checks them too, but after it has allocated.

/// Bytes of a RIFF chunk's header: its name and the length of its data.
const CHUNK_HEADER: usize = 8;
/// Bytes of an animation frame's header (place, size, duration, flags), which its own chunks follow.
const FRAME_HEADER: usize = 16;

/// Whether no lossy frame has more pixels than its picture. The decoder allocates a frame by the
/// frame's own header before it compares the sizes.
pub(crate) fn frames_fit(bytes: &[u8], pixels: u64) -> bool {
    bytes.get(12..).is_none_or(|chunks| fit(chunks, pixels))
}

fn fit(mut chunks: &[u8], pixels: u64) -> bool {
    while let Some((header, rest)) = chunks.split_at_checked(CHUNK_HEADER) {
        let length = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let data = &rest[..length.min(rest.len())];
        let is_larger = match &header[..4] {
            b"VP8 " => frame_pixels(data).is_some_and(|frame| frame > pixels),
            b"ANMF" => data
                .get(FRAME_HEADER..)
                .is_some_and(|frame| !fit(frame, pixels)),
            _ => false,
        };
        if is_larger {
            return false;
        }
        // Chunks begin at even places.
        chunks = rest.get(length.next_multiple_of(2)..).unwrap_or_default();
    }
    true
}

/// The number of pixels of a key frame (RFC 6386, section 9.1).
fn frame_pixels(frame: &[u8]) -> Option<u64> {
    let side = |at: usize| {
        let bytes = frame.get(at..)?.first_chunk::<2>()?;
        Some(u64::from(u16::from_le_bytes(*bytes) & 0x3FFF))
    };
    Some(side(6)? * side(8)?)
}
