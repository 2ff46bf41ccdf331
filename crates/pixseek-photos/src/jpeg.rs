//! JPEG, strictly: a file that is cut off or damaged is a failure, not a half-grey picture.

mod header;
mod huffman;
mod inverse;
mod reduced;
#[cfg(test)]
mod tests;

pub(crate) use reduced::reduced;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// A JPEG whose header has been read.
pub(crate) struct Jpeg<'a> {
    decoder: JpegDecoder<ZCursor<&'a [u8]>>,
    width: usize,
    height: usize,
}

impl<'a> Jpeg<'a> {
    /// Reads the header; the reason is in words when it is broken.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        // Headers are read leniently: odd bytes between segments do no harm. The limits on
        // sides are JPEG's own; the limit on pixels is the caller's.
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX));
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder
            .decode_headers()
            .map_err(|error| error.to_string())?;
        let (width, height) = decoder.dimensions().ok_or("no picture in it")?;
        Ok(Self {
            decoder,
            width,
            height,
        })
    }

    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The XMP packet, and Photoshop's image resources.
    pub(crate) fn notes(&self) -> (Option<&[u8]>, Option<&[u8]>) {
        let xmp = self.decoder.xmp().map(Vec::as_slice);
        (xmp, self.decoder.iptc().map(Vec::as_slice))
    }

    /// Decodes to interleaved RGB.
    pub(crate) fn rgb(mut self) -> Result<Vec<u8>, String> {
        let is_grey = self.decoder.input_colorspace() == Some(ColorSpace::Luma);
        let output = if is_grey {
            ColorSpace::Luma
        } else {
            ColorSpace::RGB
        };
        let options = self
            .decoder
            .options()
            .set_strict_mode(true)
            .jpeg_set_out_colorspace(output);
        self.decoder.set_options(options);
        let pixels = self.decoder.decode().map_err(|error| error.to_string())?;
        let pixels = if is_grey {
            pixels.into_iter().flat_map(|grey| [grey; 3]).collect()
        } else {
            pixels
        };
        if pixels.len() == self.width * self.height * 3 {
            Ok(pixels)
        } else {
            Err("its colours are of an unknown kind".into())
        }
    }
}
