//! What the directories of a raw file say: where previews lie, how large the picture is, its EXIF.

use super::exif_block::ExifBlock;
use super::makers;
use super::preview::Place;
use super::tiff::{Directory, Tiff};
use std::collections::BTreeSet;

/// Tags of TIFF 6.0, TIFF/EP (ISO 12234-2), EXIF and DNG 1.7.
const WIDTH: u16 = 0x100;
const HEIGHT: u16 = 0x101;
const PHOTOMETRIC: u16 = 0x106;
const STRIPS: u16 = 0x111;
const STRIP_LENGTHS: u16 = 0x117;
const SUB_DIRECTORIES: u16 = 0x14A;
const JPEG: u16 = 0x201;
const JPEG_LENGTH: u16 = 0x202;
const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
const MAKER_NOTE: u16 = 0x927C;
const EXIF_WIDTH: u16 = 0xA002;
const EXIF_HEIGHT: u16 = 0xA003;
const DNG_VERSION: u16 = 0xC612;
const DEFAULT_CROP_SIZE: u16 = 0xC620;

/// Tags of Panasonic: a JPEG, and the first and last rows and columns of the picture on the sensor.
const PANASONIC_JPEG: u16 = 0x2E;
const PANASONIC_BORDERS: [u16; 4] = [0x04, 0x05, 0x06, 0x07];

/// Photometric interpretations of sensor data: a mosaic of colours, and an interpolated mosaic.
const MOSAIC: u64 = 32_803;
const LINEAR_RAW: u64 = 34_892;

/// Directories to read at most; raw files have fewer than ten.
const MOST_DIRECTORIES: usize = 32;
/// Places of previews to remember at most; raw files have fewer than six.
const MOST_PLACES: usize = 32;

/// What the directories of a raw file say.
#[derive(Default)]
pub(crate) struct Contents {
    /// Whether a directory has sensor data.
    pub has_sensor_data: bool,
    /// Places of what may be previews.
    pub places: Vec<Place>,
    /// The sensor's picture, as it would be developed.
    pub picture: Picture,
    pub exif: ExifBlock,
}

/// Sizes of the sensor's picture, as makers say them in different places.
#[derive(Default)]
pub(crate) struct Picture {
    /// What a DNG is cropped to, or what Panasonic's borders leave.
    cropped: Option<[u64; 2]>,
    /// What EXIF says of the developed picture.
    developed: Option<[u64; 2]>,
    /// The largest of the sensor's data.
    sensor: Option<[u64; 2]>,
}

impl Picture {
    /// A picture of which only the cropped size is known, if that is.
    pub(crate) fn cropped(cropped: Option<[u64; 2]>) -> Self {
        Self {
            cropped,
            ..Self::default()
        }
    }

    /// The size that a developed picture would have, not yet turned upright.
    pub(crate) fn size(&self) -> Option<[u32; 2]> {
        let sizes = [self.cropped, self.developed, self.sensor];
        let mut sizes = sizes.into_iter().flatten();
        sizes.find_map(|[width, height]| {
            let side = |side: u64| u32::try_from(side).ok().filter(|side| *side > 0);
            Some([side(width)?, side(height)?])
        })
    }
}

impl Contents {
    /// Reads all directories of a TIFF.
    pub(crate) fn of_tiff(tiff: &Tiff<'_>, first: u64) -> Self {
        let mut contents = Self::default();
        let mut waiting = vec![first];
        let mut seen = BTreeSet::new();
        while let Some(offset) = waiting.pop() {
            if seen.len() == MOST_DIRECTORIES || !seen.insert(offset) {
                continue;
            }
            let Some(directory) = tiff.directory(offset) else {
                continue;
            };
            waiting.extend(directory.next);
            if let Some(field) = directory.find(SUB_DIRECTORIES) {
                waiting.extend(tiff.values(field, MOST_DIRECTORIES));
            }
            contents.add_directory(tiff, &directory);
            if offset == first {
                contents.add_main(tiff, &directory);
            }
        }
        contents
    }

    /// Remembers a place where a preview may lie.
    pub(crate) fn add_place(&mut self, at: Option<u64>, length: Option<u64>) {
        if let (Some(at), Some(length)) = (at, length)
            && self.places.len() < MOST_PLACES
        {
            self.places.push(Place { at, length });
        }
    }

    /// Reads an EXIF directory.
    pub(crate) fn add_exif(&mut self, tiff: &Tiff<'_>, directory: &Directory) {
        self.exif.keep_exif(tiff, directory);
        let number = |tag| directory.number(tiff, tag);
        if let (Some(width), Some(height)) = (number(EXIF_WIDTH), number(EXIF_HEIGHT)) {
            self.picture.developed = Some([width, height]);
        }
        if let Some(note) = directory.find(MAKER_NOTE) {
            makers::add_previews(tiff, note, self);
        }
    }

    /// Reads the first directory: it has the facts, and leads to others with more.
    fn add_main(&mut self, tiff: &Tiff<'_>, directory: &Directory) {
        self.exif.keep_main(tiff, directory);
        let led_to = |tag| tiff.directory(directory.number(tiff, tag)?);
        if let Some(exif) = led_to(EXIF) {
            self.add_exif(tiff, &exif);
        }
        if let Some(gps) = led_to(GPS) {
            self.exif.keep_gps(tiff, &gps);
        }
    }

    /// Looks for previews and the picture's size in any directory.
    fn add_directory(&mut self, tiff: &Tiff<'_>, directory: &Directory) {
        let number = |tag| directory.number(tiff, tag);
        let place = |tag| number(tag).and_then(|offset| tiff.place(offset));
        self.add_place(place(JPEG), number(JPEG_LENGTH));
        // A picture in several strips is no JPEG with its own header.
        if directory
            .find(STRIPS)
            .is_some_and(|strips| strips.count == 1)
        {
            self.add_place(place(STRIPS), number(STRIP_LENGTHS));
        }
        if let Some(jpeg) = directory.find(PANASONIC_JPEG) {
            self.add_place(Some(jpeg.at), Some(jpeg.length));
        }
        let is_sensor = matches!(number(PHOTOMETRIC), Some(MOSAIC | LINEAR_RAW));
        self.has_sensor_data |= is_sensor || directory.find(DNG_VERSION).is_some();
        if is_sensor && let (Some(width), Some(height)) = (number(WIDTH), number(HEIGHT)) {
            self.picture.sensor = self.picture.sensor.max(Some([width, height]));
        }
        if let Some(crop) = directory.find(DEFAULT_CROP_SIZE)
            && let [width, height] = tiff.values(crop, 2)[..]
        {
            self.picture.cropped = Some([width, height]);
        }
        if let [Some(top), Some(left), Some(bottom), Some(right)] = PANASONIC_BORDERS.map(number) {
            let sides = [right.saturating_sub(left), bottom.saturating_sub(top)];
            self.picture.cropped = Some(sides);
        }
    }
}
