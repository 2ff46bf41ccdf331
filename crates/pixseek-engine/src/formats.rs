//! How many photos there are of each format, by the names of their files.

use crate::{EngineError, Photos};
use pixseek_photos::format_by_name;
use pixseek_record::path_of;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;

/// The format of files whose names promise none.
const OTHER: &str = "other";

/// Names of formats with numbers of files, the largest number first.
pub type FormatCounts = Vec<(&'static str, u64)>;

impl Photos {
    /// Counts the photos of each format.
    ///
    /// # Errors
    ///
    /// Fails when the index is damaged.
    pub fn formats(&self) -> Result<FormatCounts, EngineError> {
        let endings = self.reader().endings()?;
        let formats = endings.iter().map(|(ending, count)| {
            let name = format!("photo.{ending}");
            (format_by_name(Path::new(&name)), *count)
        });
        Ok(summed(formats))
    }
}

/// Counts the files of each format, given by the bytes of their paths.
pub fn count_formats<'a>(paths: impl Iterator<Item = &'a [u8]>) -> FormatCounts {
    summed(paths.map(|path| (format_by_name(&path_of(path)), 1)))
}

fn summed(formats: impl Iterator<Item = (Option<&'static str>, u64)>) -> FormatCounts {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, count) in formats {
        *sums.entry(name.unwrap_or(OTHER)).or_default() += count;
    }
    let mut counts: FormatCounts = sums.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts
}

#[cfg(test)]
mod tests {
    use super::count_formats;

    #[test]
    fn the_most_frequent_format_is_first() {
        let paths = ["b.heic", "a.nef", "c.JPG", "none", "d.jpeg"];
        assert_eq!(
            count_formats(paths.iter().map(|path| path.as_bytes())),
            [("JPEG", 2), ("HEIC", 1), ("camera raw", 1), ("other", 1)]
        );
    }
}
