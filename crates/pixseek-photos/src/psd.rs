//! Photoshop's files: the flattened picture that programs store for others.
//!
//! Decoded here because the crates that do so read uncompressed files wrongly (`zune-psd` 0.5.1) or need
//! all layers in memory (`psd`). The flattened picture is on white already, so its opacity is not read.

use crate::Failure;
use crate::colour::{Nclx, code_points_to_srgb, profile_to_srgb, to_byte};
use crate::decoder::{Decoded, Decoder, RGB, Wanted, corrupt, unsupported};
use crate::notes::{Collected, image_resource};
use exif::Exif;
use image::{DynamicImage, RgbImage};

/// A Photoshop file whose header has been read.
pub(crate) struct Psd<'a> {
    width: u32,
    height: u32,
    channels: usize,
    /// Bits of a sample.
    depth: u16,
    mode: Mode,
    /// Of indexed pictures, 256 values each of red, green and blue.
    palette: &'a [u8],
    /// Metadata, each part with a number.
    resources: &'a [u8],
    /// Whether rows are packed by repeating bytes.
    is_packed: bool,
    /// Bytes of a packed row's length.
    length: usize,
    pixels: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Bits, of which 1 is black.
    Bitmap,
    Grey,
    Indexed,
    Rgb,
    /// Inks, of which 0 is all.
    Cmyk,
}

/// Numbers of the resources (Adobe's Photoshop File Formats Specification).
const PROFILE: u16 = 1039;
const EXIF: u16 = 1058;
const XMP: u16 = 1060;

/// Reads numbers and parts one after another.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Failure> {
        let parts = self.0.split_at_checked(length);
        let (part, rest) = parts.ok_or_else(|| corrupt("it is cut off"))?;
        self.0 = rest;
        Ok(part)
    }

    /// A number of two, four or eight bytes.
    fn number(&mut self, width: usize) -> Result<u64, Failure> {
        let bytes = self.take(width)?.iter();
        Ok(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn short(&mut self) -> Result<u16, Failure> {
        Ok(u16::try_from(self.number(2)?).unwrap_or(u16::MAX))
    }

    fn side(&mut self) -> Result<u32, Failure> {
        Ok(u32::try_from(self.number(4)?).unwrap_or(u32::MAX))
    }

    /// A part behind its length of so many bytes.
    fn part(&mut self, width: usize) -> Result<&'a [u8], Failure> {
        let length = usize::try_from(self.number(width)?);
        self.take(length.map_err(|_| corrupt("it is cut off"))?)
    }
}

impl<'a> Psd<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Failure> {
        let mut reader = Reader(bytes);
        reader.take(4)?;
        // Files of more than 30,000 pixels a side have a version of their own, with longer lengths.
        let is_large = match reader.short()? {
            1 => false,
            2 => true,
            _ => return Err(corrupt("its version is unknown")),
        };
        reader.take(6)?;
        let channels = reader.short()?.into();
        let (height, width) = (reader.side()?, reader.side()?);
        let depth = reader.short()?;
        let mode = match reader.short()? {
            0 => Mode::Bitmap,
            // Two inks are stored as grey.
            1 | 8 => Mode::Grey,
            2 => Mode::Indexed,
            3 => Mode::Rgb,
            4 => Mode::Cmyk,
            _ => return Err(unsupported("Photoshop in Lab or in many inks")),
        };
        if !matches!((mode, depth), (Mode::Bitmap, 1) | (Mode::Indexed, 8))
            && (matches!(mode, Mode::Bitmap | Mode::Indexed) || !matches!(depth, 8 | 16 | 32))
        {
            return Err(corrupt("its depth is impossible"));
        }
        if channels < mode.channels() {
            return Err(corrupt("it has too few channels"));
        }
        let palette = reader.part(4)?;
        if mode == Mode::Indexed && palette.len() < 768 {
            return Err(corrupt("its palette is cut off"));
        }
        let resources = reader.part(4)?;
        let _layers = reader.part(if is_large { 8 } else { 4 })?;
        let is_packed = match reader.short()? {
            0 => false,
            1 => true,
            _ => return Err(unsupported("Photoshop packed by ZIP")),
        };
        Ok(Self {
            width,
            height,
            channels,
            depth,
            mode,
            palette,
            resources,
            is_packed,
            length: if is_large { 4 } else { 2 },
            pixels: reader.0,
        })
    }

    /// A part of the metadata.
    fn resource(&self, wanted: u16) -> Option<&'a [u8]> {
        let mut resources = self.resources;
        while let Some((id, data, rest)) = image_resource(resources) {
            if id == wanted {
                return Some(data);
            }
            resources = rest;
        }
        None
    }

    /// Bytes of a row of one channel.
    fn row(&self) -> usize {
        (self.width as usize * usize::from(self.depth)).div_ceil(8)
    }

    fn count(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The lengths of all rows, channel by channel, and the rows behind them.
    fn parts(&self) -> Result<(Option<&'a [u8]>, &'a [u8]), Failure> {
        let mut reader = Reader(self.pixels);
        if !self.is_packed {
            return Ok((None, self.pixels));
        }
        let count = self.height as usize * self.channels;
        let lengths = reader.take(count * self.length)?;
        Ok((Some(lengths), reader.0))
    }

    /// Hands the rows of the picture to `then`, as they are stored, with their numbers.
    fn rows(
        &self,
        mut then: impl FnMut(usize, &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (lengths, rows) = self.parts()?;
        let mut lengths = lengths.map(Reader);
        let mut rows = Reader(rows);
        for number in 0..self.height as usize * self.mode.channels() {
            let length = match &mut lengths {
                Some(lengths) => usize::try_from(lengths.number(self.length)?),
                None => Ok(self.row()),
            };
            then(
                number,
                rows.take(length.map_err(|_| corrupt("it is cut off"))?)?,
            )?;
        }
        Ok(())
    }

    fn decoded(&self) -> Result<RgbImage, Failure> {
        // A file that is cut off is refused before memory is taken for its pixels.
        self.rows(|_, _| Ok(()))?;
        let mut image = RgbImage::new(self.width, self.height);
        let (stride, height) = (self.width as usize * 3, self.height as usize);
        let mut unpacked = Vec::new();
        let samples: &mut [u8] = &mut image;
        self.rows(|number, row| {
            let pixels = samples[number % height * stride..][..stride]
                .as_chunks_mut()
                .0;
            if self.is_packed {
                unpack(row, self.row(), &mut unpacked)?;
                self.draw(number / height, &unpacked, pixels);
            } else {
                self.draw(number / height, row, pixels);
            }
            Ok(())
        })?;
        Ok(image)
    }

    /// Draws a row of one channel.
    fn draw(&self, channel: usize, row: &[u8], pixels: &mut [[u8; 3]]) {
        let samples: &mut dyn Iterator<Item = u8> = match self.depth {
            1 => &mut row.iter().flat_map(|byte| {
                (0..8)
                    .rev()
                    .map(move |bit| if byte >> bit & 1 == 1 { 0 } else { 255 })
            }),
            16 => &mut row.iter().copied().step_by(2),
            32 => &mut row
                .as_chunks()
                .0
                .iter()
                .map(|bytes| to_byte(f32::from_be_bytes(*bytes))),
            _ => &mut row.iter().copied(),
        };
        for (pixel, sample) in pixels.iter_mut().zip(samples) {
            match (self.mode, channel) {
                (Mode::Bitmap | Mode::Grey, _) => *pixel = [sample; 3],
                (Mode::Indexed, _) => {
                    *pixel = [0, 256, 512].map(|of| self.palette[of + usize::from(sample)]);
                }
                // Black ink darkens all three.
                (Mode::Cmyk, 3) => {
                    *pixel = pixel.map(|value| {
                        u8::try_from(u16::from(value) * u16::from(sample) / 255).unwrap_or(u8::MAX)
                    });
                }
                (Mode::Rgb | Mode::Cmyk, channel) => pixel[channel] = sample,
            }
        }
    }
}

impl Mode {
    /// Channels that make the picture; further ones are opacity and masks.
    fn channels(self) -> usize {
        match self {
            Self::Bitmap | Self::Grey | Self::Indexed => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }
}

/// Unpacks a row of `PackBits`.
fn unpack(packed: &[u8], length: usize, row: &mut Vec<u8>) -> Result<(), Failure> {
    row.clear();
    let mut reader = Reader(packed);
    while row.len() < length {
        match reader.take(1)?[0] {
            count @ 0..=127 => row.extend(reader.take(usize::from(count) + 1)?),
            128 => {}
            count => {
                let byte = reader.take(1)?[0];
                row.resize(row.len() + 257 - usize::from(count), byte);
            }
        }
    }
    row.truncate(length);
    Ok(())
}

impl Decoder for Psd<'_> {
    fn size(&self) -> [u32; 2] {
        [self.width, self.height]
    }

    /// Programs turn the picture themselves when they save it.
    fn turns_by_exif(&self) -> bool {
        false
    }

    fn exif(&self) -> Option<Exif> {
        let written = self.resource(EXIF)?;
        exif::Reader::new().read_raw(written.to_vec()).ok()
    }

    fn notes(&self, exif: Option<&Exif>) -> Collected {
        Collected::collect(self.resource(XMP), Some(self.resources), exif)
    }

    fn decode(self: Box<Self>, wanted: &Wanted<'_>) -> Result<Decoded, Failure> {
        let memory = wanted.budget.picture(self.count() * RGB);
        let mut image = self.decoded()?;
        if self.depth == 32 {
            let linear = Nclx {
                primaries: 1,
                transfer: 8,
                matrix: 0,
                is_full: true,
            };
            code_points_to_srgb(linear, &mut image);
        } else if self.mode == Mode::Rgb
            && let Some(profile) = self.resource(PROFILE)
        {
            profile_to_srgb(profile, &mut image);
        }
        Ok(Decoded {
            image: DynamicImage::ImageRgb8(image),
            scale: 1.0,
            profile: None,
            memory,
        })
    }
}
