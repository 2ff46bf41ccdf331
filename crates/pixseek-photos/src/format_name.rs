//! Names of formats by the names of files, for counts: the content of the files is not read.

use crate::{Format, camera_raw};
use image::ImageFormat::{Bmp, Farbfeld, Gif, Hdr, Ico, Png, Pnm, Qoi, Tga, Tiff, WebP};
use std::path::Path;

/// The name of the format that a file's name promises, as people know it; `None` for a name without
/// an ending, or with one that no format has.
#[must_use]
pub fn format_by_name(path: &Path) -> Option<&'static str> {
    #[cfg(feature = "video")]
    if pixseek_video::may_be_film(path) {
        return Some(Format::Film.name());
    }
    if camera_raw::has_extension(path) {
        return Some(Format::CameraRaw.name());
    }
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    let format = match ending.as_str() {
        "jpg" | "jpeg" | "jpe" | "jfif" | "mpo" => Format::Jpeg,
        "png" | "apng" => Format::Raster(Png),
        "webp" => Format::Raster(WebP),
        "gif" => Format::Raster(Gif),
        "tif" | "tiff" => Format::Raster(Tiff),
        "bmp" | "dib" => Format::Raster(Bmp),
        "heic" | "heif" | "hif" => Format::Heic,
        "avif" => Format::Avif,
        "jxl" => Format::JpegXl,
        "psd" | "psb" => Format::Psd,
        "hdr" => Format::Raster(Hdr),
        "ico" => Format::Raster(Ico),
        "tga" => Format::Raster(Tga),
        "qoi" => Format::Raster(Qoi),
        "ff" => Format::Raster(Farbfeld),
        "pnm" | "pbm" | "pgm" | "ppm" | "pam" => Format::Raster(Pnm),
        "jp2" | "j2k" => return Some("JPEG 2000"),
        "exr" => return Some("OpenEXR"),
        "dds" => return Some("DirectDraw surface"),
        _ => return None,
    };
    Some(format.name())
}

#[cfg(test)]
mod tests {
    use super::format_by_name;
    use crate::format::EXTENSIONS;
    use std::path::Path;

    #[test]
    fn every_file_that_a_walk_opens_by_its_ending_has_a_format() {
        for ending in EXTENSIONS {
            let name = format!("photo.{ending}");
            assert!(format_by_name(Path::new(&name)).is_some(), "{ending}");
        }
    }

    #[test]
    fn names_promise_formats() {
        for (name, expected) in [
            ("a/IMG_1.JPG", Some("JPEG")),
            ("IMG_1.HEIC", Some("HEIC")),
            ("DSC_1.NEF", Some("camera raw")),
            ("a.jp2", Some("JPEG 2000")),
            ("notes.txt", None),
            ("photo.jpg/none", None),
        ] {
            assert_eq!(format_by_name(Path::new(name)), expected, "{name}");
        }
        let film = cfg!(feature = "video").then_some("film");
        assert_eq!(format_by_name(Path::new("clip.MOV")), film);
    }
}
