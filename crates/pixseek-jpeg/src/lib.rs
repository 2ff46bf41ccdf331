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
//! jpeg-decoder can reduce, too, but is no longer developed and slower: a photo of 12 megapixels
//! takes it 1.7, 1.2 and 1.6 times as long at an eighth, a quarter and a half (2026-11-26, two
//! cores, `cargo bench --bench reduced`). zune-jpeg, which decodes all others here, cannot
//! reduce; it takes 6, 3.8 and 2 times as long for the whole picture. A progressive photo of 12
//! megapixels takes zune-jpeg 2.1, 1.7 and 1.1 times as long, and jpeg-decoder 2.1, 1.9 and 1.4 times
//! (one photo, 4:2:0, the same day on a busy machine): most of that time goes into reading the scans.

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
