//! Chooses the page that is the photo: in front of it may be a thumbnail, a mask, or an empty page.

use super::Reader;
use std::borrow::Cow;
use tiff::tags::{IfdPointer, Tag};

/// Pages that are looked at.
const MOST_PAGES: usize = 64;
/// How many times the pixels of a page the largest has if the page is a thumbnail: that of half the size.
const THUMBNAIL: u64 = 4;
/// Bytes of the largest file that is copied to put a page first.
const LARGEST_COPY: usize = 128 << 20;

/// A page of a file, and where its directory is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    pub number: usize,
    directory: IfdPointer,
    size: [u32; 2],
    /// Whether it says that it is a smaller copy of another page, or the mask of one.
    is_part: bool,
}

/// The page that is the photo, then the pages of its size behind it, which may stand for it.
pub(super) fn photos(reader: &mut Reader<'_>) -> Vec<Page> {
    chosen(pages(reader))
}

fn pages(reader: &mut Reader<'_>) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut next = reader.ifd_pointer();
    for number in 0..MOST_PAGES {
        let Some(pointer) = next else { break };
        let Ok(directory) = reader.read_directory(pointer) else {
            break;
        };
        next = directory.next();
        let mut tags = reader.read_directory_tags(&directory);
        let mut tag = |tag| tags.find_tag_unsigned::<u32>(tag).ok().flatten();
        if let (Some(width), Some(height)) = (tag(Tag::ImageWidth), tag(Tag::ImageLength)) {
            // Bit 0: of lower resolution. Bit 2: a mask. The older tag has 2 for the former.
            let is_part = tag(Tag::NewSubfileType).is_some_and(|flags| flags & 0b101 != 0)
                || tag(Tag::SubfileType) == Some(2)
                || tag(Tag::PhotometricInterpretation) == Some(4);
            pages.push(Page {
                number,
                directory: pointer,
                size: [width, height],
                is_part,
            });
        }
    }
    pages
}

/// Prefers the first of several large pages: a scanned album is shown by its beginning.
fn chosen(mut pages: Vec<Page>) -> Vec<Page> {
    if pages.iter().any(|page| !page.is_part) {
        pages.retain(|page| !page.is_part);
    }
    let largest = pages.iter().map(Page::pixels).max().unwrap_or(0);
    let is_thumbnail = |page: &Page| page.pixels().saturating_mul(THUMBNAIL) <= largest;
    let Some(first) = pages.iter().position(|page| !is_thumbnail(page)) else {
        return pages;
    };
    let size = pages[first].size;
    pages.drain(..first);
    pages.retain(|page| page.size == size);
    pages
}

impl Page {
    fn pixels(&self) -> u64 {
        u64::from(self.size[0]) * u64::from(self.size[1])
    }

    /// The file with this page as the first, for readers that know only that one.
    pub(super) fn put_first<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let is_little = bytes.starts_with(b"II");
        let place = u32::try_from(self.directory.0).ok();
        let Some(place) = place.filter(|_| bytes.len() <= LARGEST_COPY) else {
            return Cow::Borrowed(bytes);
        };
        let place = if is_little {
            place.to_le_bytes()
        } else {
            place.to_be_bytes()
        };
        let mut changed = bytes.to_vec();
        if let Some(first) = changed.get_mut(4..8) {
            first.copy_from_slice(&place);
        }
        Cow::Owned(changed)
    }
}
