//! Raw files of each maker, built around JPEGs as `ExifTool` documents their structure. They have no
//! real sensor data: noise stands for it.

use super::boxes::cr3;
use super::builder::{BIG, Directory, Header, LITTLE, Value, half, tiff, word};
use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

/// A raw file and what should be read of it.
pub(super) struct Made {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    /// The colour of the preview that should be chosen.
    pub preview: Colour,
    /// Its size, and the developed picture's, upright.
    pub size: [u32; 2],
    pub whole: [u32; 2],
}

pub(super) type Colour = [u8; 3];

/// Each preview has a colour by which a test knows it.
pub(super) const THUMBNAIL: Colour = [20, 20, 20];
pub(super) const SMALL: Colour = [200, 30, 30];
pub(super) const MEDIUM: Colour = [30, 180, 30];
pub(super) const LARGE: Colour = [30, 30, 200];

/// Tags of directories.
const OLD_JPEG: [u16; 2] = [0x201, 0x202];
const STRIP: [u16; 2] = [0x111, 0x117];
const SUB_DIRECTORIES: u16 = 0x14A;
const MAKER_NOTE: u16 = 0x927C;
const MOSAIC: u16 = 32_803;

/// Sides of the sensor's mosaic in all files.
const SENSOR: [usize; 2] = [2400, 1600];

/// A JPEG of one colour.
pub(super) fn jpeg(colour: Colour) -> Vec<u8> {
    let (width, height) = match colour {
        THUMBNAIL => (160, 120),
        SMALL => (640, 424),
        MEDIUM => (1200, 800),
        _ => (2400, 1600),
    };
    let mut bytes = Cursor::new(Vec::new());
    let picture = RgbImage::from_pixel(width, height, Rgb(colour));
    picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// The same with an orientation and a date in its own EXIF.
pub(super) fn jpeg_with_exif(colour: Colour, orientation: u16) -> Vec<u8> {
    let exif = [b"Exif\0\0", tiff(&LITTLE, &main(orientation)).as_slice()].concat();
    let length = half(false, exif.len() + 2);
    let jpeg = jpeg(colour);
    [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat()
}

/// The first directory of all files: camera, orientation, and the way to EXIF and the place.
pub(super) fn main(orientation: u16) -> Directory {
    main_with_note(orientation, None)
}

fn main_with_note(orientation: u16, note: Option<Value>) -> Directory {
    let exif = exif();
    let exif = match note {
        Some(note) => exif.with(MAKER_NOTE, note),
        None => exif,
    };
    camera(orientation)
        .leads_to(0x8769, &[exif])
        .leads_to(0x8825, &[place()])
}

pub(super) fn camera(orientation: u16) -> Directory {
    let camera = Directory::default().text(0x10F, "Maker");
    camera.text(0x110, "Model 1").short(0x112, orientation)
}

pub(super) fn exif() -> Directory {
    let exif = Directory::default().text(0x9003, "2019:06:01 12:30:45");
    exif.short(0x8827, 400).text(0xA434, "A lens of 50 mm")
}

pub(super) fn place() -> Directory {
    Directory::default()
        .text(1, "N")
        .with(2, Value::Rationals(vec![45, 26, 24]))
        .text(3, "E")
        .with(4, Value::Rationals(vec![12, 19, 48]))
}

/// Adds sensor data without compression to a directory.
fn with_sensor(directory: Directory) -> Directory {
    let [width, height] = SENSOR;
    directory
        .long(0xFE, 0)
        .long(0x100, width)
        .long(0x101, height)
        .short(0x102, 8)
        .short(0x103, 1)
        .short(0x106, MOSAIC)
        .short(0x115, 1)
        .long(0x116, height)
        .with(0x828D, Value::Shorts(vec![2, 2]))
        .with(0x828E, Value::Bytes(vec![0, 1, 1, 2]))
        .data(STRIP, &[0x5a; 3000])
}

fn sensor() -> Directory {
    with_sensor(Directory::default())
}

/// A thumbnail as rows of pixels, which is no JPEG.
fn uncompressed(directory: Directory) -> Directory {
    let directory = directory.long(0xFE, 1).long(0x100, 160).long(0x101, 120);
    let directory = directory.short(0x103, 1).short(0x106, 2);
    directory.data(STRIP, &vec![0x80; 160 * 120 * 3])
}

fn strip(directory: Directory, compression: u16, jpeg: &[u8]) -> Directory {
    let directory = directory.long(0xFE, 1).short(0x103, compression);
    directory.short(0x106, 6).data(STRIP, jpeg)
}

fn old_jpeg(jpeg: &[u8]) -> Directory {
    Directory::default().short(0x103, 6).data(OLD_JPEG, jpeg)
}

pub(super) fn all() -> Vec<Made> {
    let made = |name, bytes, preview: Colour| {
        let size = match preview {
            SMALL => [640, 424],
            MEDIUM => [1200, 800],
            _ => [2400, 1600],
        };
        Made {
            name,
            bytes,
            preview,
            size,
            whole: [2400, 1600],
        }
    };
    let panasonic = Made {
        // The borders leave less than the sensor has.
        whole: [2380, 1590],
        ..made("a.RW2", rw2(), MEDIUM)
    };
    let adobe = Made {
        whole: [2388, 1588],
        ..made("a.dng", dng(), MEDIUM)
    };
    let fuji = Made {
        whole: [2390, 1594],
        ..made("a.raf", raf(), MEDIUM)
    };
    vec![
        made("a.CR2", cr2(), LARGE),
        made("a.nef", nef(true), LARGE),
        made("b.nef", nef(false), SMALL),
        made("a.nrw", nrw(), MEDIUM),
        made("a.arw", arw(), MEDIUM),
        made("a.pef", pef(), LARGE),
        made("b.pef", pef_of_note(b"AOC\0MM"), SMALL),
        made("a.srw", srw(), LARGE),
        made("a.orf", orf(), MEDIUM),
        made("b.orf", orf_of_om_system(), MEDIUM),
        made("c.orf", orf_of_old_note(), MEDIUM),
        made("a.cr3", cr3(), MEDIUM),
        panasonic,
        adobe,
        fuji,
    ]
}

fn cr2() -> Vec<u8> {
    // A lossless JPEG: tables, then a frame of the third kind.
    let lossless = b"\xff\xd8\xff\xc4\0\x04\0\0\xff\xc3\0\x0b\x0e\x06\x40\x09\x60\x01\0\x11\0";
    let header = Header {
        is_little: true,
        magic: b"II*\0",
        behind: b"CR\x02\0\0\0\0\0",
    };
    let first = strip(main(1), 6, &jpeg(LARGE)).long(0x100, 2400);
    let first = first.long(0x101, 1600);
    let sensor = Directory::default().short(0x103, 6).data(STRIP, lossless);
    let pixels = uncompressed(Directory::default());
    let thumbnail = old_jpeg(&jpeg(THUMBNAIL));
    tiff(&header, &first.then(thumbnail).then(pixels).then(sensor))
}

fn nef(has_jpeg: bool) -> Vec<u8> {
    let preview = old_jpeg(&jpeg(SMALL));
    let inner = tiff(&BIG, &Directory::default().leads_to(0x11, &[preview]));
    let note = Value::Undefined([b"Nikon\0\x02\x10\0\0".as_slice(), &inner].concat());
    let inner = if has_jpeg {
        vec![old_jpeg(&jpeg(LARGE)), sensor()]
    } else {
        vec![sensor()]
    };
    let first = uncompressed(main_with_note(1, Some(note)));
    tiff(&BIG, &first.leads_to(SUB_DIRECTORIES, &inner))
}

fn nrw() -> Vec<u8> {
    let first = main(1).short(0x103, 6).data(OLD_JPEG, &jpeg(THUMBNAIL));
    let inner = [sensor(), old_jpeg(&jpeg(MEDIUM))];
    tiff(&LITTLE, &first.leads_to(SUB_DIRECTORIES, &inner))
}

fn arw() -> Vec<u8> {
    let first = main(1).short(0x103, 6).data(OLD_JPEG, &jpeg(MEDIUM));
    let first = first.leads_to(SUB_DIRECTORIES, &[sensor()]);
    let first = first.then(old_jpeg(&jpeg(THUMBNAIL)));
    tiff(&LITTLE, &first.then(old_jpeg(&jpeg(LARGE))))
}

fn dng() -> Vec<u8> {
    let crop = Value::Rationals(vec![2388, 1588]);
    let inner = [
        sensor().with(0xC620, crop),
        strip(Directory::default(), 7, &jpeg(MEDIUM)),
        strip(Directory::default(), 7, &jpeg(LARGE)),
    ];
    let version = Value::Undefined(vec![1, 4, 0, 0]);
    let first = uncompressed(main(1)).with(0xC612, version);
    tiff(&LITTLE, &first.leads_to(SUB_DIRECTORIES, &inner))
}

fn pef() -> Vec<u8> {
    let first = with_sensor(main(1));
    let first = first.then(old_jpeg(&jpeg(THUMBNAIL)));
    tiff(&BIG, &first.then(old_jpeg(&jpeg(LARGE))))
}

fn pef_of_note(header: &[u8]) -> Vec<u8> {
    let note = Directory::default().data([0x04, 0x03], &jpeg(SMALL));
    let first = main_with_note(1, Some(Value::Note(header.to_vec(), note)));
    tiff(&BIG, &with_sensor(first))
}

fn srw() -> Vec<u8> {
    let first = uncompressed(main(1)).leads_to(SUB_DIRECTORIES, &[old_jpeg(&jpeg(LARGE))]);
    let inner = Directory::default().leads_to(SUB_DIRECTORIES, &[sensor()]);
    tiff(&LITTLE, &first.then(inner))
}

/// Olympus's first directory: the sensor's data, without a place in another.
fn olympus(note: Value) -> Vec<u8> {
    let header = Header {
        magic: b"IIRO",
        ..LITTLE
    };
    let first = with_sensor(main_with_note(1, Some(note)));
    tiff(&header, &first)
}

fn olympus_settings() -> Directory {
    let preview = Directory::default().long(0x100, 1);
    preview.data([0x101, 0x102], &jpeg(MEDIUM))
}

fn orf() -> Vec<u8> {
    let header = Header {
        magic: b"OLYMPUS\0II\x03\0",
        ..LITTLE
    };
    olympus(olympus_note(&header))
}

fn orf_of_om_system() -> Vec<u8> {
    let header = Header {
        magic: b"OM SYSTEM\0\0\0II\x04\0",
        ..LITTLE
    };
    olympus(olympus_note(&header))
}

/// A note whose offsets count from its own beginning. Its directory has no offset in front.
fn olympus_note(header: &Header) -> Value {
    let note = Directory::default().leads_to(0x2020, &[olympus_settings()]);
    // The builder writes an offset behind the magic bytes: without it all that follows moves by four.
    let shifted = Header {
        magic: &header.magic[..header.magic.len() - 4],
        ..LITTLE
    };
    let mut bytes = tiff(&shifted, &note);
    bytes[..header.magic.len()].copy_from_slice(header.magic);
    Value::Undefined(bytes)
}

fn orf_of_old_note() -> Vec<u8> {
    let note = Directory::default().leads_to(0x2020, &[olympus_settings()]);
    olympus(Value::Note(b"OLYMP\0\x01\0".to_vec(), note))
}

fn rw2() -> Vec<u8> {
    let header = Header {
        magic: b"IIU\0",
        ..LITTLE
    };
    let first = main(1).short(0x02, 2400).short(0x03, 1600);
    let first = first.short(0x04, 4).short(0x05, 10);
    let first = first.short(0x06, 1594).short(0x07, 2390);
    let jpeg = jpeg_with_exif(MEDIUM, 1);
    tiff(&header, &first.with(0x2E, Value::Undefined(jpeg)))
}

pub(super) fn raf() -> Vec<u8> {
    raf_of(&jpeg_with_exif(MEDIUM, 1))
}

pub(super) fn raf_of(jpeg: &[u8]) -> Vec<u8> {
    const HEADER: usize = 160;
    let mut bytes = b"FUJIFILMCCD-RAW 0201FF389501Model 1".to_vec();
    bytes.resize(84, 0);
    bytes[60..64].copy_from_slice(b"0100");
    // Two fields: the sensor's size and the cropped one, heights first.
    let mut directory = word(false, 2).to_vec();
    for (tag, [width, height]) in [(0x100, [2400, 1600]), (0x111, [2390, 1594])] {
        let halves = [tag, 4, height, width];
        directory.extend(halves.iter().flat_map(|it| half(false, *it)));
    }
    let directory_at = HEADER + jpeg.len();
    let data_at = directory_at + directory.len();
    for number in [
        HEADER,
        jpeg.len(),
        directory_at,
        directory.len(),
        data_at,
        3000,
    ] {
        bytes.extend(word(false, number));
    }
    bytes.resize(HEADER, 0);
    [&bytes, jpeg, &directory, &[0x5a; 3000]].concat()
}
