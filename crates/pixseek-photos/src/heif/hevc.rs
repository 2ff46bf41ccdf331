//! HEVC by `heifer-hevc-dec`.

use super::frame::{Frame, Planes};
use super::item::Coded;
use crate::Failure;
use crate::colour::Nclx;
use crate::decoder::{corrupt, unsupported};
use heifer_hevc_dec::Error;
use heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};
use heifer_hevc_dec::nal::NalUnit;
use heifer_hevc_dec::params::ParameterSets;
use heifer_hevc_dec::recon;
use heifer_isobmff::boxes::HevcConfig;

impl Planes for recon::Frame {
    fn row(&self, plane: usize, y: usize, samples: &mut [f32]) {
        let width = self.widths[plane] as usize;
        let row = &self.planes[plane][y * width..];
        for (sample, stored) in samples.iter_mut().zip(row) {
            *sample = f32::from(*stored);
        }
    }
}

/// Decodes a picture and hands the frame to `then`.
pub(super) fn decode(
    coded: &Coded<'_>,
    then: &mut dyn FnMut(&mut Frame<'_>),
) -> Result<(), Failure> {
    let stream = coded.file.hevc_bitstream(coded.id);
    let stream = stream.map_err(|error| corrupt(error.to_string()))?;
    let options = DecodeOptions {
        max_pixels: coded.pixels,
        ..DecodeOptions::default()
    };
    let frame = decode_picture(&stream, options).map_err(|error| match error {
        Error::Unimplemented(what) => unsupported(&format!("HEVC with {what}")),
        other => corrupt(other.to_string()),
    })?;
    let [luma, depth_of_chroma] = frame.bit_depth;
    let is_grey = frame.widths[1] == 0;
    if !is_grey && luma != depth_of_chroma {
        return Err(unsupported("HEVC with two depths"));
    }
    let [primaries, transfer] = coded
        .file
        .hevc_config(coded.id)
        .ok()
        .flatten()
        .and_then(written)
        .unwrap_or([2, 2]);
    let side = |side: u32| side as usize;
    then(&mut Frame {
        width: side(frame.widths[0]),
        height: side(frame.heights[0]),
        chroma: (!is_grey).then(|| [side(frame.widths[1]), side(frame.heights[1])]),
        depth: luma,
        nclx: coded.nclx.unwrap_or(Nclx {
            primaries,
            transfer,
            matrix: frame.matrix_coeffs.into(),
            is_full: frame.full_range,
        }),
        planes: &frame,
    });
    Ok(())
}

/// The primaries and the curve that the sequence's parameters name.
fn written(config: &HevcConfig) -> Option<[u16; 2]> {
    let mut sets = ParameterSets::default();
    for unit in &config.nal_units {
        sets.add(&NalUnit::parse(unit).ok()?).ok()?;
    }
    let mut said = sets.sps.iter().flatten().filter_map(|set| set.vui.as_ref());
    said.next().map(|vui| {
        [
            vui.colour_primaries.into(),
            vui.transfer_characteristics.into(),
        ]
    })
}
