//! The picture track of a film: which of its tracks that is, how it is coded and how it is shown.

use crate::boxes::{Boxes, Fields, child, descendant};
use crate::colour::Colour;
use crate::h264;
#[cfg(feature = "hevc")]
use crate::hevc;
use image::metadata::Orientation;
use pixseek_record::{Failure, FailureKind};

/// The track whose pictures are looked at.
pub(crate) struct Track<'a> {
    pub id: u32,
    /// Units of the track's clock in a second; 0 if it is not known.
    pub timescale: u32,
    /// The length in units of the track's clock; 0 if the fragments say it.
    pub duration: u64,
    pub codec: Codec,
    /// Width and height of the coded pictures.
    pub size: [u32; 2],
    /// How the pictures are turned to be upright.
    pub orientation: Orientation,
    pub colour: Colour,
    pub edit: Edit,
    /// The boxes of the sample tables.
    pub table: &'a [u8],
}

/// How pictures are coded, with what a decoder must know before the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Codec {
    /// H.264 with its configuration (`avcC`).
    H264(Vec<u8>),
    /// HEVC with its configuration (`hvcC`).
    Hevc(Vec<u8>),
    /// A codec that is not decoded here, by the name that people know.
    Other(String),
}

/// The part of a track that is shown. Later parts of a film that was cut are taken as if they followed
/// the first without a gap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Where it begins in the track, in units of the track's clock.
    pub start: i64,
    /// What is shown before it is empty for so long, in units of the movie's clock.
    pub delay: u64,
}

impl<'a> Track<'a> {
    /// Chooses the track with pictures that players show first: one that is enabled, and of these the
    /// largest.
    pub(crate) fn choose(moov: &'a [u8]) -> Result<Self, Failure> {
        let tracks = Boxes::of(moov)
            .filter(|(kind, _)| kind == b"trak")
            .filter_map(|(_, trak)| Track::read(trak));
        let mut best: Option<((bool, u64), Self)> = None;
        for (is_enabled, track) in tracks {
            let area = u64::from(track.size[0]) * u64::from(track.size[1]);
            let rank = (is_enabled, area);
            if best.as_ref().is_none_or(|(known, _)| rank > *known) {
                best = Some((rank, track));
            }
        }
        best.map(|(_, track)| track)
            .ok_or_else(|| Failure::new(FailureKind::NotAPhoto, "it has sound only, or no track"))
    }

    /// Reads a track if it has pictures, and whether it is enabled.
    fn read(trak: &'a [u8]) -> Option<(bool, Self)> {
        let media = child(trak, *b"mdia")?;
        if descendant(media, &[*b"hdlr"])?.get(8..12)? != *b"vide" {
            return None;
        }
        let (id, is_enabled, orientation) = header(child(trak, *b"tkhd")?)?;
        let (timescale, duration) = clock(child(media, *b"mdhd")?)?;
        let information = child(media, *b"minf")?;
        let table = child(information, *b"stbl")?;
        let mut descriptions = Fields::new(child(table, *b"stsd")?);
        descriptions.skip(8)?;
        let (kind, entry) = Boxes::of(descriptions.rest()).next()?;
        let mut fields = Fields::new(entry);
        fields.skip(24)?;
        let size = [u32::from(fields.u16()?), u32::from(fields.u16()?)];
        // The fixed fields of a description of pictures.
        let boxes = entry.get(78..).unwrap_or_default();
        let codec = if is_elsewhere(information) {
            Codec::Other("a film whose pictures lie in another file".to_owned())
        } else {
            Codec::of(kind, boxes)
        };
        let read = Self {
            id,
            timescale,
            duration,
            codec,
            size,
            orientation,
            colour: child(boxes, *b"colr").map_or_else(Colour::default, Colour::of_box),
            edit: descendant(trak, &[*b"edts", *b"elst"])
                .and_then(edit)
                .unwrap_or_default(),
            table,
        };
        Some((is_enabled, read))
    }
}

impl Codec {
    fn of(kind: [u8; 4], boxes: &[u8]) -> Self {
        let configuration = |name: &str| child(boxes, *name.as_bytes().first_chunk()?);
        let name = match &kind {
            b"avc1" | b"avc3" => match configuration("avcC") {
                Some(configuration) => return Self::H264(configuration.to_vec()),
                None => "H.264",
            },
            b"hvc1" | b"hev1" => match configuration("hvcC") {
                Some(configuration) => return Self::Hevc(configuration.to_vec()),
                None => "HEVC",
            },
            b"dvh1" | b"dvhe" | b"dva1" | b"dvav" => "Dolby Vision",
            b"av01" => "AV1",
            b"vp08" => "VP8",
            b"vp09" => "VP9",
            b"vvc1" | b"vvi1" => "VVC",
            b"mp4v" => "MPEG-4 Visual",
            b"s263" | b"h263" | b"H263" => "H.263",
            b"jpeg" | b"mjpa" | b"mjpb" => "Motion JPEG",
            b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "ProRes",
            b"AVdn" | b"AVdh" => "DNxHD",
            b"CFHD" => "CineForm",
            b"SVQ1" | b"SVQ3" => "Sorenson Video",
            b"cvid" => "Cinepak",
            b"encv" | b"drmi" => "an encrypted film",
            _ => {
                let letters = kind.iter().map(|byte| char::from(*byte));
                let letters: String = letters.filter(char::is_ascii_graphic).collect();
                return Self::Other(format!("the codec \"{letters}\""));
            }
        };
        Self::Other(name.to_owned())
    }

    /// Width and height of the pictures, by what the decoder must know before the first.
    pub(crate) fn size(&self) -> Option<[u32; 2]> {
        match self {
            Self::H264(configuration) => h264::size(configuration),
            #[cfg(feature = "hevc")]
            Self::Hevc(configuration) => hevc::size(configuration),
            _ => None,
        }
    }

    /// The name that people know.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::H264(_) => "H.264",
            Self::Hevc(_) => "HEVC",
            Self::Other(name) => name,
        }
    }
}

/// Reads a track's number, whether it is enabled, and its orientation.
fn header(tkhd: &[u8]) -> Option<(u32, bool, Orientation)> {
    let mut fields = Fields::new(tkhd);
    let (version, flags) = fields.version()?;
    fields.versioned(version)?;
    fields.versioned(version)?;
    let id = fields.u32()?;
    fields.skip(4)?;
    fields.versioned(version)?;
    fields.skip(16)?;
    let across = [fields.i32()?, fields.i32()?];
    fields.skip(4)?;
    let down = [fields.i32()?, fields.i32()?];
    Some((id, flags & 1 != 0, orientation(across, down)))
}

/// The orientation by the matrix, which says where a step to the right and a step down lead. What is
/// not a quarter turn is left as it is.
fn orientation(across: [i32; 2], down: [i32; 2]) -> Orientation {
    match [across, down].map(|step| step.map(i32::signum)) {
        [[0, 1], [-1, 0]] => Orientation::Rotate90,
        [[-1, 0], [0, -1]] => Orientation::Rotate180,
        [[0, -1], [1, 0]] => Orientation::Rotate270,
        [[-1, 0], [0, 1]] => Orientation::FlipHorizontal,
        [[1, 0], [0, -1]] => Orientation::FlipVertical,
        [[0, 1], [1, 0]] => Orientation::Rotate90FlipH,
        [[0, -1], [-1, 0]] => Orientation::Rotate270FlipH,
        _ => Orientation::NoTransforms,
    }
}

/// Reads the units in a second, 0 if they are not known, and the duration in them.
pub(crate) fn clock(mdhd: &[u8]) -> Option<(u32, u64)> {
    let mut fields = Fields::new(mdhd);
    let (version, _) = fields.version()?;
    fields.versioned(version)?;
    fields.versioned(version)?;
    let timescale = fields.u32()?;
    Some((timescale, known(version, fields.versioned(version)?)))
}

/// A duration, which is all ones where it is not known.
pub(crate) fn known(version: u8, duration: u64) -> u64 {
    let unknown = if version == 0 {
        u64::from(u32::MAX)
    } else {
        u64::MAX
    };
    if duration == unknown { 0 } else { duration }
}

/// Reads the first part of an edit list that shows pictures, and the empty parts before it.
fn edit(elst: &[u8]) -> Option<Edit> {
    let mut fields = Fields::new(elst);
    let (version, _) = fields.version()?;
    let count = fields.u32()?;
    let mut delay = 0_u64;
    for _ in 0..count {
        let duration = fields.versioned(version)?;
        let start = if version == 0 {
            i64::from(fields.i32()?)
        } else {
            fields.i64()?
        };
        fields.skip(4)?;
        if start >= 0 {
            return Some(Edit { start, delay });
        }
        delay = delay.saturating_add(duration);
    }
    None
}

/// Whether the first data reference leads to another file.
fn is_elsewhere(information: &[u8]) -> bool {
    let references = descendant(information, &[*b"dinf", *b"dref"]);
    let first = references
        .and_then(|references| references.get(8..))
        .and_then(|references| Boxes::of(references).next());
    let is_here = |content: &[u8]| content.get(3).is_none_or(|flags| flags & 1 != 0);
    first.is_some_and(|(_, content)| !is_here(content))
}
