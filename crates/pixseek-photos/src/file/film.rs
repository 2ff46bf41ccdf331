//! The film side of a file: recognised by content, its tables and key frames read.

use super::PhotoFile;
#[cfg(feature = "video")]
use super::{OpenFile, Part, extension_of, unreadable};
#[cfg(feature = "video")]
use crate::film::{self, FilmFile};
#[cfg(feature = "video")]
use crate::format::{MAGIC_LENGTH, is_surely_an_image};
#[cfg(feature = "video")]
use crate::{Budget, DecodeLimits, Decoders, Format, Workers};
use crate::{Failure, FileFacts};
use image::RgbImage;
#[cfg(feature = "video")]
use std::io::{Cursor, Read, Seek, SeekFrom};
#[cfg(feature = "video")]
use std::path::{Path, PathBuf};

/// A film whose file is here.
#[cfg(feature = "video")]
pub(super) struct OpenFilm {
    film: FilmFile,
    /// Where another program finds the file.
    path: Option<PathBuf>,
}

/// Whether a file is a film, by its first bytes: people and programs give films the names of photos, and
/// the reverse. A file with a film's name that is no photo counts, too, so that it fails as a film
/// without being read whole.
#[cfg(feature = "video")]
pub(super) fn is_film(name: &Path, file: &mut (impl Read + Seek)) -> Result<bool, Failure> {
    let mut magic = Vec::with_capacity(MAGIC_LENGTH);
    let length = MAGIC_LENGTH as u64;
    file.take(length)
        .read_to_end(&mut magic)
        .map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if is_surely_an_image(&magic) {
        return Ok(false);
    }
    Ok(pixseek_video::is_surely_film(&magic) || pixseek_video::may_be_film(name))
}

impl PhotoFile {
    /// Reads a film's tables and key frames.
    #[cfg(feature = "video")]
    pub(super) fn read_film(
        path: &Path,
        file: &OpenFile,
        decoders: &Decoders,
    ) -> Result<Self, Failure> {
        let size = file.stamp.size;
        let memory = decoders.budget.file(size.min(film::MOST_BYTES));
        let opened = FilmFile::read(&file.file, size, decoders.limits)?;
        let stamp = file.unchanged()?;
        Ok(Self {
            hash: opened.hash,
            format: Some(Format::Film),
            bytes: opened.bytes,
            part: Part::Film(opened.film.parts.clone()),
            film: Some(OpenFilm {
                film: opened.film,
                path: Some(path.into()),
            }),
            stamp,
            extension: extension_of(path),
            limits: decoders.limits,
            budget: decoders.budget.clone(),
            workers: decoders.workers.clone(),
            _memory: memory,
        })
    }

    /// The same of a film whose bytes are here already.
    #[cfg(feature = "video")]
    pub(super) fn film_of_bytes(
        name: &Path,
        bytes: &[u8],
        limits: DecodeLimits,
    ) -> Result<Self, Failure> {
        let opened = FilmFile::read(Cursor::new(bytes), bytes.len() as u64, limits)?;
        let part = Part::Film(opened.film.parts.clone());
        let budget = Budget::unlimited();
        Ok(Self {
            hash: opened.hash,
            film: Some(OpenFilm {
                film: opened.film,
                path: None,
            }),
            ..Self::in_memory(name, part, opened.bytes, limits, budget)
        })
    }

    /// The times of a film's key frames in milliseconds; empty for a photo.
    #[must_use]
    pub fn frames(&self) -> &[u32] {
        #[cfg(feature = "video")]
        if let Some(open) = &self.film {
            return open.film.frames();
        }
        &[]
    }

    /// What a film's container says; `None` for a photo.
    #[cfg_attr(
        not(feature = "video"),
        expect(clippy::unused_self, reason = "without films there is nothing to say")
    )]
    pub(crate) fn film_facts(&self) -> Option<FileFacts> {
        #[cfg(feature = "video")]
        if let Some(open) = &self.film {
            return Some(open.film.facts());
        }
        None
    }

    /// A key frame by `ffmpeg`, if that is installed, for codecs that are not decoded here.
    #[cfg_attr(
        not(feature = "video"),
        expect(clippy::unused_self, reason = "without films there is nothing to say")
    )]
    pub(crate) fn frame_by_ffmpeg(
        &self,
        frame: usize,
        side: u32,
        most_pixels: u64,
    ) -> Option<Result<RgbImage, Failure>> {
        #[cfg(feature = "video")]
        if let Some(open) = &self.film {
            let has_ended = || self.workers.as_ref().is_some_and(Workers::has_ended);
            let path = open.path.as_ref()?;
            return open
                .film
                .by_ffmpeg(path, (frame, side), most_pixels, &has_ended);
        }
        let _ = (frame, side, most_pixels);
        None
    }
}
