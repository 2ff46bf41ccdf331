//! Key frames of H.264, decoded by `rust_h264`.

use crate::colour::Colour;
use crate::planes::{Plane, Planes};
use crate::units::{check_work, damaged, split};
use pixseek_record::{Failure, FailureKind};
use rust_h264::decoder::{Decoder, Frame};
use rust_h264::error::DecodeError;
use rust_h264::nal::{NalUnit, NalUnitType, SpsInfo, parse_annex_b, parse_sps_info};

/// Types of units.
const SLICE: u8 = 1;
const SLICE_OF_KEY_FRAME: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;

/// What a decoder must know before the first picture.
struct Configuration<'a> {
    length_size: usize,
    parameters: Vec<&'a [u8]>,
}

/// Decodes a key frame of at most `most_pixels`.
pub(crate) fn decode(avcc: &[u8], sample: &[u8], most_pixels: u64) -> Result<Planes, Failure> {
    let configuration =
        Configuration::read(avcc).ok_or_else(|| damaged("its H.264 configuration is damaged"))?;
    let units = split(sample, configuration.length_size)?;
    let kind = |unit: &[u8]| unit.first().map_or(0, |first| first & 0x1f);
    let is_slice = |unit: &&[u8]| matches!(kind(unit), SLICE | SLICE_OF_KEY_FRAME);
    let slices = units.iter().filter(|unit| is_slice(unit)).count();
    let is_needed = |unit: &&[u8]| {
        is_slice(unit) || matches!(kind(unit), SEQUENCE_PARAMETERS | PICTURE_PARAMETERS)
    };
    let all = configuration.parameters.into_iter().chain(units);
    let mut decoder = Decoder::new();
    let mut sequence: Option<SpsInfo> = None;
    let mut frame = None;
    for unit in all.filter(is_needed) {
        let with_start = [&[0, 0, 1], unit].concat();
        for unit in parse_annex_b(&with_start) {
            if let Some(said) = sequence_parameters(&unit)? {
                let pixels = u64::from(said.coded_width) * u64::from(said.coded_height);
                check_work(pixels, slices, most_pixels)?;
                sequence = Some(said);
            }
            let before = decoder.decode_nal(&unit).map_err(refused)?;
            frame = frame.or(before);
        }
        if frame.is_some() {
            // What follows is another picture.
            break;
        }
    }
    let frame = frame.or_else(|| decoder.flush());
    let frame = frame.ok_or_else(|| damaged("a key frame has no picture"))?;
    Ok(planes(&frame, sequence))
}

/// Width and height of the pictures, by the first sequence parameters; `None` if those come with the
/// pictures.
pub(crate) fn size(avcc: &[u8]) -> Option<[u32; 2]> {
    let configuration = Configuration::read(avcc)?;
    configuration.parameters.into_iter().find_map(|unit| {
        let with_start = [&[0, 0, 1], unit].concat();
        let units = parse_annex_b(&with_start);
        let said = units
            .iter()
            .find_map(|unit| sequence_parameters(unit).ok()?);
        said.map(|said| [said.width, said.height])
    })
}

impl<'a> Configuration<'a> {
    /// Reads an `AVCDecoderConfigurationRecord`.
    fn read(avcc: &'a [u8]) -> Option<Self> {
        let mut fields = crate::boxes::Fields::new(avcc);
        fields.skip(4)?;
        let length_size = usize::from(fields.u8()? & 3) + 1;
        let mut parameters = Vec::new();
        let sequences = fields.u8()? & 0x1f;
        for _ in 0..sequences {
            let length = fields.u16()?;
            parameters.push(fields.bytes(usize::from(length))?);
        }
        let pictures = fields.u8()?;
        for _ in 0..pictures {
            let length = fields.u16()?;
            parameters.push(fields.bytes(usize::from(length))?);
        }
        Some(Self {
            length_size,
            parameters,
        })
    }
}

fn sequence_parameters(unit: &NalUnit<'_>) -> Result<Option<SpsInfo>, Failure> {
    if unit.nal_unit_type == NalUnitType::Sps {
        parse_sps_info(unit).map(Some).map_err(refused)
    } else {
        Ok(None)
    }
}

fn planes(frame: &Frame, sequence: Option<SpsInfo>) -> Planes {
    let plane = |width: u32, height: u32, bytes: &[u8]| {
        if frame.bit_depth > 8 {
            let (pairs, _) = bytes.as_chunks();
            let numbers = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
            Plane::of(width, height, numbers.collect())
        } else {
            Plane::of_bytes(width, height, bytes)
        }
    };
    let chroma = |bytes: &[u8]| plane(frame.chroma_width(), frame.chroma_height(), bytes);
    Planes {
        luma: plane(frame.width, frame.height, &frame.y),
        chroma: Some([chroma(&frame.u), chroma(&frame.v)]),
        depth: frame.bit_depth,
        colour: sequence.map_or_else(Colour::default, |said| Colour {
            primaries: said.primaries,
            transfer: said.transfer,
            matrix: said.matrix,
            is_full_range: said.full_range,
        }),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(error: DecodeError) -> Failure {
    let kind = match error {
        DecodeError::Unsupported(_) => FailureKind::Unsupported,
        _ => FailureKind::Corrupt,
    };
    Failure::new(kind, format!("H.264: {error}"))
}
