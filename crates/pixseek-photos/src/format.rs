//! Recognises a file's format by its first bytes, and files that may be photos by their names.

use crate::{camera_raw, tga};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// An image format that the magic bytes name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Decoded here.
    Jpeg,
    /// The preview in a camera's raw file, a JPEG, is decoded here.
    CameraRaw,
    /// A film, whose key frames are decoded.
    #[cfg(feature = "video")]
    Film,
    /// Decoded by `image`.
    Raster(image::ImageFormat),
    /// HEIF with pictures that HEVC packs, or of a brand that names no codec.
    Heic,
    /// HEIF with pictures that AV1 packs.
    Avif,
    /// JPEG XL, bare or in its container.
    JpegXl,
    /// Photoshop's own, of which the flattened picture is decoded.
    Psd,
    /// Recognised, not decoded; the name is for people.
    Unsupported(&'static str),
}

/// Bytes of a file that are enough to recognise every format.
pub(crate) const MAGIC_LENGTH: usize = 32;

/// Extensions of image files beside those of raw files. They only decide whether a file is opened; its
/// format is recognised by its magic bytes.
pub(crate) const EXTENSIONS: [&str; 34] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "tif", "tiff", "bmp", "dib",
    "heic", "heif", "hif", "avif", "jxl", "jp2", "j2k", "psd", "psb", "exr", "hdr", "ico", "tga",
    "qoi", "dds", "ff", "pnm", "pbm", "pgm", "ppm", "pam", "mpo",
];

/// A container of films and of photos, of a brand that is neither's.
const HEIF_OR_FILM: Format = Format::Unsupported("HEIF or video");

/// The name of all makers' raw files in a failure.
const CAMERA_RAW: &str = "camera raw";

impl Format {
    /// Recognises the format of a whole file by its content. The name counts for a TGA alone, which has
    /// no magic bytes. A raw file that begins as an ordinary TIFF is told apart by its directories, when
    /// it is read.
    #[must_use]
    pub fn of_file(path: &Path, bytes: &[u8]) -> Option<Self> {
        Self::of(bytes).or_else(|| {
            tga::is_likely(path, bytes).then_some(Self::Raster(image::ImageFormat::Tga))
        })
    }

    /// Recognises a format by the first bytes of a file.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        use image::ImageFormat::{Bmp, Farbfeld, Gif, Hdr, Ico, Png, Pnm, Qoi, Tiff, WebP};
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        let at = |offset: usize, magic: &[u8]| {
            bytes
                .get(offset..)
                .is_some_and(|rest| rest.starts_with(magic))
        };
        Some(if starts(b"\xff\xd8\xff") {
            Self::Jpeg
        } else if starts(b"\x89PNG\r\n\x1a\n") {
            Self::Raster(Png)
        } else if starts(b"GIF87a") || starts(b"GIF89a") {
            Self::Raster(Gif)
        } else if starts(b"RIFF") && at(8, b"WEBP") {
            Self::Raster(WebP)
        } else if let Some(is_read) = camera_raw::has_magic(bytes) {
            if is_read {
                Self::CameraRaw
            } else {
                Self::Unsupported(CAMERA_RAW)
            }
        } else if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
            Self::Raster(Tiff)
        } else if starts(b"BM") {
            Self::Raster(Bmp)
        } else if at(4, b"ftyp") {
            match bytes.get(8..12) {
                Some(b"avif" | b"avis") => Self::Avif,
                Some(
                    b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1",
                ) => Self::Heic,
                _ => HEIF_OR_FILM,
            }
        } else if starts(b"\xff\x0a") || starts(b"\0\0\0\x0cJXL \r\n\x87\n") {
            Self::JpegXl
        } else if starts(b"\0\0\0\x0cjP  ") || starts(b"\xff\x4f\xff\x51") {
            Self::Unsupported("JPEG 2000")
        } else if starts(b"8BPS") {
            Self::Psd
        } else if starts(b"\x76\x2f\x31\x01") {
            Self::Unsupported("OpenEXR")
        } else if starts(b"#?RADIANCE") || starts(b"#?RGBE") {
            Self::Raster(Hdr)
        } else if starts(b"\0\0\x01\0") {
            Self::Raster(Ico)
        } else if starts(b"qoif") {
            Self::Raster(Qoi)
        } else if starts(b"DDS ") {
            Self::Unsupported("DirectDraw surface")
        } else if starts(b"farbfeld") {
            Self::Raster(Farbfeld)
        } else if let [b'P', b'1'..=b'7', b' ' | b'\n' | b'\r' | b'\t' | b'#', ..] = bytes {
            Self::Raster(Pnm)
        } else {
            return None;
        })
    }

    /// Whether a file of this format is decoded in a process of its own where one can be started: its
    /// decoder is young, large or has `unsafe` code, so that damaged files may crash or stall it.
    #[must_use]
    pub fn is_isolated(self) -> bool {
        match self {
            // Without the decoder, programs on the PATH decode it: processes of their own already.
            Self::Heic => cfg!(feature = "heic"),
            Self::Avif | Self::JpegXl | Self::Psd => true,
            #[cfg(feature = "video")]
            Self::Film => true,
            // A large preview is, too: see `PhotoFile::is_large_preview`.
            Self::CameraRaw => false,
            Self::Jpeg | Self::Raster(_) | Self::Unsupported(_) => false,
        }
    }

    /// The name that people know.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::CameraRaw => CAMERA_RAW,
            Self::Raster(image::ImageFormat::Png) => "PNG",
            Self::Raster(image::ImageFormat::Gif) => "GIF",
            Self::Raster(image::ImageFormat::WebP) => "WebP",
            Self::Raster(image::ImageFormat::Tiff) => "TIFF",
            Self::Raster(image::ImageFormat::Bmp) => "BMP",
            Self::Raster(image::ImageFormat::Pnm) => "PNM",
            Self::Raster(image::ImageFormat::Tga) => "TGA",
            Self::Raster(image::ImageFormat::Ico) => "Windows icon",
            Self::Raster(image::ImageFormat::Qoi) => "QOI",
            Self::Raster(image::ImageFormat::Hdr) => "Radiance HDR",
            Self::Raster(image::ImageFormat::Farbfeld) => "farbfeld",
            Self::Raster(_) => "image",
            #[cfg(feature = "video")]
            Self::Film => "film",
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::JpegXl => "JPEG XL",
            Self::Psd => "Photoshop",
            Self::Unsupported(name) => name,
        }
    }
}

/// Whether a file may be a photo, by its extension or, without one, by its magic bytes. Files with other
/// extensions are not opened.
#[must_use]
pub fn may_be_photo(path: &Path) -> bool {
    if let Some(extension) = path.extension() {
        let is_image = extension
            .to_str()
            .is_some_and(|e| EXTENSIONS.contains(&e.to_ascii_lowercase().as_str()));
        #[cfg(feature = "video")]
        if pixseek_video::may_be_film(path) {
            return true;
        }
        return is_image || camera_raw::has_extension(path);
    }
    let mut magic = Vec::with_capacity(MAGIC_LENGTH);
    File::open(path)
        .and_then(|file| file.take(MAGIC_LENGTH as u64).read_to_end(&mut magic))
        .is_ok_and(|_| is_worth_opening(&magic))
}

/// Whether the magic bytes are those of a picture without the name: two letters or three zeros are not
/// enough.
pub(crate) fn is_surely_an_image(magic: &[u8]) -> bool {
    use image::ImageFormat::{Bmp, Ico, Pnm};
    let is_weak = |format| matches!(format, Format::Raster(Bmp | Ico | Pnm) | HEIF_OR_FILM);
    Format::of(magic).is_some_and(|format| !is_weak(format))
}

/// Whether the magic bytes are enough to open a file without an extension.
fn is_worth_opening(magic: &[u8]) -> bool {
    is_surely_an_image(magic) || Format::of(magic) == Some(HEIF_OR_FILM)
}
