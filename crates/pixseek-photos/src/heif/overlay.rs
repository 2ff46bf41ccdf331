//! Overlays: pictures one over another.

/// The description of an overlay (ISO/IEC 23008-12, 6.6.2.2).
pub(super) struct Overlay {
    pub colour: [u8; 3],
    pub size: [u32; 2],
    /// Left and top of each layer.
    pub places: Vec<[i64; 2]>,
}

impl Overlay {
    pub(super) fn read(data: &[u8], layers: usize) -> Option<Self> {
        let [0, flags, colour @ ..] = data.first_chunk::<10>()? else {
            return None;
        };
        let is_wide = flags & 1 != 0;
        let width = if is_wide { 4 } else { 2 };
        let mut numbers = data[10..].chunks_exact(width).map(|bytes| match *bytes {
            [a, b] => (
                u32::from(u16::from_be_bytes([a, b])),
                i64::from(i16::from_be_bytes([a, b])),
            ),
            [a, b, c, d] => (
                u32::from_be_bytes([a, b, c, d]),
                i64::from(i32::from_be_bytes([a, b, c, d])),
            ),
            _ => (0, 0),
        });
        let size = [numbers.next()?.0, numbers.next()?.0];
        let mut places = Vec::new();
        for _ in 0..layers {
            places.push([numbers.next()?.1, numbers.next()?.1]);
        }
        Some(Self {
            // Of 16 bits each, the higher eight.
            colour: [colour[0], colour[2], colour[4]],
            size,
            places,
        })
    }
}
