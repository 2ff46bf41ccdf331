//! Caches thumbnails on disk as JPEG files, named by the hash of their photos' content. Only their
//! owner can read them, because the photos may be private too.

use super::SMALL;
use image::RgbImage;
use jpeg_encoder::{ColorType, Encoder};
use pixseek_engine::Pictures;
use pixseek_files::NewFile;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The JPEG quality, from 1 to 100. A thumbnail of 320 pixels takes about 20 kB.
const QUALITY: u8 = 85;
/// `put` writes no larger files, so `get` rejects them.
const MOST_PIXELS: u64 = SMALL as u64 * SMALL as u64;
const MOST_BYTES: u64 = 1 << 20;
/// A thumbnail's modification time is the time of its last use, to within a day: a write per use
/// would cost more than an exact order is worth.
const DAY: Duration = Duration::from_hours(24);

/// The cache of thumbnails on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Its folder.
    pub folder: PathBuf,
    /// The size in bytes to which each start reduces the cache.
    pub bytes: u64,
}

impl Cache {
    pub(super) fn get(&self, content: &[u8; 32]) -> Option<RgbImage> {
        let place = self.place(content);
        let pictures = Pictures::limited(MOST_PIXELS, MOST_BYTES);
        let picture = pictures.read(&place, SMALL).ok()?.image;
        let now = SystemTime::now();
        let seen = place.metadata().and_then(|facts| facts.modified()).ok()?;
        if now.duration_since(seen).is_ok_and(|age| age > DAY) {
            // If this fails, the cache removes the thumbnail too early, which is harmless.
            let file = File::options().write(true).open(&place);
            let _ = file.and_then(|file| file.set_modified(now));
        }
        Some(picture)
    }

    pub(super) fn put(&self, content: &[u8; 32], picture: &RgbImage) -> io::Result<()> {
        let side = |pixels| u16::try_from(pixels).map_err(|_| io::ErrorKind::InvalidInput);
        let (width, height) = (side(picture.width())?, side(picture.height())?);
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes, QUALITY)
            .encode(picture, width, height, ColorType::Rgb)
            .map_err(io::Error::other)?;
        let place = self.place(content);
        let folder = place.parent().unwrap_or(&self.folder);
        pixseek_files::make_folder(folder)?;
        let mut new = NewFile::beside(&place)?;
        new.file().write_all(&bytes)?;
        new.put_in_place_unsynced()
    }

    /// Removes the thumbnails of all other contents, and unfinished files. When the index forgets a
    /// photo, nothing else records which thumbnails were made from it or from its unedited
    /// versions.
    ///
    /// # Errors
    ///
    /// Fails when a file cannot be removed. It still removes the others.
    pub fn keep_only(&self, known: &HashSet<[u8; 32]>) -> io::Result<()> {
        let known: HashSet<PathBuf> = known.iter().map(|content| self.place(content)).collect();
        let unknown = self.files().filter(|file| !known.contains(file));
        let removed = unknown.map(|file| match std::fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        });
        removed.fold(Ok(()), Result::and)
    }

    /// Removes the least recently used thumbnails until the cache is small enough, and temporary
    /// files that an interrupted `put` left.
    pub(super) fn tidy(&self) {
        // If this fails, the folder usually does not exist yet: then no file needs protection.
        let _ = pixseek_files::close(&self.folder);
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for file in self.files() {
            let Ok(facts) = file.symlink_metadata() else {
                continue;
            };
            let seen = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let is_old = seen.elapsed().is_ok_and(|age| age > DAY);
            if is_old && file.extension() != Some("jpg".as_ref()) {
                let _ = std::fs::remove_file(&file);
            } else {
                files.push((seen, facts.len(), file));
            }
        }
        files.sort_unstable();
        let mut bytes: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, size, file) in files {
            if bytes <= self.bytes {
                return;
            }
            let _ = std::fs::remove_file(file);
            bytes -= size;
        }
    }

    /// Returns the files of the cache, finished or not. Follows no links and enters only folders
    /// with names that the cache gives, so that it never removes a foreign file.
    fn files(&self) -> impl Iterator<Item = PathBuf> + use<> {
        let is_own = |folder: &PathBuf| {
            let name = folder.file_name().and_then(|name| name.to_str());
            let is_hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            name.is_some_and(|name| name.len() == 2 && name.bytes().all(is_hexadecimal))
                && folder.symlink_metadata().is_ok_and(|facts| facts.is_dir())
        };
        let folders = entries(&self.folder).filter(is_own);
        let is_file = |file: &PathBuf| file.symlink_metadata().is_ok_and(|facts| facts.is_file());
        folders.flat_map(|folder| entries(&folder)).filter(is_file)
    }

    /// Returns the path of a content's thumbnail: `ab/abcdef.jpg`.
    fn place(&self, content: &[u8; 32]) -> PathBuf {
        let mut name = String::new();
        for byte in content {
            let _ = write!(name, "{byte:02x}");
        }
        self.folder.join(&name[..2]).join(format!("{name}.jpg"))
    }
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::Cache;
    use image::{Rgb, RgbImage};
    use std::time::{Duration, SystemTime};

    #[test]
    fn thumbnails_are_read_back_and_the_oldest_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Cache {
            folder: folder.path().into(),
            bytes: u64::MAX,
        };
        let picture = RgbImage::from_pixel(32, 24, Rgb([200, 40, 40]));
        let contents = [[1; 32], [2; 32], [3; 32]];
        for (days, content) in (1..).zip(&contents) {
            cache.put(content, &picture).unwrap();
            let file = std::fs::File::options()
                .write(true)
                .open(cache.place(content))
                .unwrap();
            let seen = SystemTime::now() - Duration::from_hours(24 * 30 / days);
            file.set_modified(seen).unwrap();
        }
        let back = cache.get(&contents[0]).unwrap();
        assert_eq!(back.dimensions(), (32, 24));
        let near = |a: u8, b: u8| a.abs_diff(b) < 8;
        assert!(
            back.pixels()
                .all(|pixel| near(pixel[0], 200) && near(pixel[1], 40))
        );
        // The first one was used just now; the cache removes the older one of the other two.
        cache.bytes = 2 * cache.place(&contents[0]).metadata().unwrap().len();
        cache.tidy();
        let kept = contents.map(|content| cache.get(&content).is_some());
        assert_eq!(kept, [true, false, true]);
        assert!(cache.get(&[9; 32]).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn files_of_others_are_never_removed() {
        let place = tempfile::tempdir().unwrap();
        let cache = Cache {
            folder: place.path().join("thumbnails"),
            bytes: 0,
        };
        let picture = RgbImage::from_pixel(32, 24, Rgb([200, 40, 40]));
        cache.put(&[1; 32], &picture).unwrap();
        let diary = place.path().join("others/diary.txt");
        std::fs::create_dir(diary.parent().unwrap()).unwrap();
        std::fs::write(&diary, "dear diary").unwrap();
        let old = SystemTime::now() - Duration::from_hours(24 * 30);
        let file = std::fs::File::options().write(true).open(&diary).unwrap();
        file.set_modified(old).unwrap();
        std::os::unix::fs::symlink(diary.parent().unwrap(), cache.folder.join("aa")).unwrap();
        cache.keep_only(&std::collections::HashSet::new()).unwrap();
        cache.tidy();
        assert!(diary.exists());
        assert!(cache.get(&[1; 32]).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_thumbnails() {
        use std::os::unix::fs::PermissionsExt;

        let place = tempfile::tempdir().unwrap();
        let cache = Cache {
            folder: place.path().join("new/thumbnails"),
            bytes: u64::MAX,
        };
        let picture = RgbImage::from_pixel(32, 24, Rgb([200, 40, 40]));
        let file = cache.place(&[1; 32]);
        // Put a link to a valuable file in the place of a thumbnail, as an attacker could.
        let valuable = place.path().join("valuable");
        std::fs::write(&valuable, "kept").unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&valuable, &file).unwrap();
        for folder in [&cache.folder, &place.path().join("new")] {
            std::fs::set_permissions(folder, PermissionsExt::from_mode(0o755)).unwrap();
        }
        cache.put(&[1; 32], &picture).unwrap();
        cache.put(&[2; 32], &picture).unwrap();
        cache.tidy();
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(&cache.folder), 0o700);
        assert_eq!(mode(cache.place(&[2; 32]).parent().unwrap()), 0o700);
        assert_eq!(std::fs::read_to_string(&valuable).unwrap(), "kept");
        assert!(!file.is_symlink() && cache.get(&[1; 32]).is_some());
    }
}
