//! JPEGs at a half, a quarter or an eighth of their size.
//!
//! A model looks at a few hundred pixels, and a camera writes thousands. The low frequencies of
//! an 8 x 8 block *are* that block at a smaller size (libjpeg calls this DCT scaling), so only
//! they are dequantised and transformed. In a baseline file the decoder reads of the other
//! coefficients no more than the length of their codes, and that saves most of a full decoder's time.
//! In a progressive file it passes by the scans that bring none of the coefficients that it keeps: at
//! an eighth that is most of the file. A scan that refines coefficients can be read only behind all that
//! brought them, so at a quarter and at a half it reads nearly every scan. Damage in a scan that is
//! passed by neither shows nor counts; a file that is cut off is always noticed, because it has no end
//! of the picture.
//!
//! [`Frame::read`] reads the header, [`Frame::decode`] the picture. Both return `None` for
//! everything out of the ordinary (arithmetic coding, 12 bits, four components) and for damage that
//! it notices: the caller then takes a full decoder, whose verdict and error message count.
//! [`Coding::of`] tells the kinds of JPEG apart without decoding.
//!
//! Others take so many times as long for a photo of 12 megapixels at an eighth, a quarter and a half
//! (4:2:0, 2 MB, processor time of one thread, 2026-11-26, `cargo bench --bench reduced`):
//!
//! | | baseline | progressive |
//! |---|---|---|
//! | zune-jpeg, which decodes all others here, for the whole picture | 3.7, 2.7, 1.4 | 10.2, 2.4, 1.7 |
//! | jpeg-decoder, which can reduce but is no longer developed | 2.0, 1.6, 1.0 | 9.3, 2.2, 1.6 |
//! | Pillow's draft mode (libjpeg-turbo) | 1.4, 1.2, 0.7 | 6.3, 1.4, 1.3 |
//!
//! A progressive photo takes as long as a baseline one at an eighth, and three times as long at a
//! quarter: most of that time goes into the scans that refine coefficients.

mod bits;
mod coefficients;
mod frame;
mod header;
mod huffman;
mod picture;
mod progressive;
mod scan;
mod sequential;
mod tables;
#[cfg(test)]
mod tests;
mod transform;

pub use frame::{Frame, Scale};
pub use header::Coding;
