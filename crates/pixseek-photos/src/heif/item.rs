//! Decodes items: coded pictures, and pictures that are put together from others.

use super::frame::Frame;
use super::overlay::Overlay;
use super::transform::{self, Picture};
use super::{damaged, size_of};
use crate::Failure;
use crate::colour::Nclx;
use crate::decoder::{corrupt, unsupported};
use heifer_isobmff::boxes::{ColorInfo, Property};
use heifer_isobmff::{HeifFile, Item, ItemId};
use image::{GrayImage, RgbImage};
use std::cell::Cell;

/// A picture that a codec has packed.
pub(super) struct Coded<'a> {
    pub file: &'a HeifFile<'a>,
    pub id: ItemId,
    /// What the container says of its colours; otherwise the codec's own words count.
    pub nclx: Option<Nclx>,
    /// Pixels that the codec may decode at most.
    pub pixels: u64,
}

/// How deep pictures may be made of pictures.
pub(super) const DEEPEST: u32 = 4;
/// Layers of an overlay at most; phones and cameras write none.
const MOST_LAYERS: usize = 16;
/// Pixels that an item counts for at least: opening a decoder takes its time, too.
const LEAST: u64 = 4096;
/// A codec's picture may be larger than its item by this many pixels along a side, because it is a whole
/// number of blocks.
const PADDING: u64 = 64;

/// Auxiliary pictures that are opacity.
const OPACITY: [&str; 2] = [
    "urn:mpeg:hevc:2015:auxid:1",
    "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
];

/// Decodes items within a number of pixels.
pub(super) struct Items<'a> {
    file: &'a HeifFile<'a>,
    /// Whether a profile says what the colours are, so that code points count for nothing but luma and
    /// chroma.
    has_profile: bool,
    /// Pixels that may still be decoded. A file of a few bytes can refer to one picture many times.
    left: Cell<u64>,
}

/// What pictures are drawn on. Its memory is taken when the first one is decoded, because a header alone
/// may lie.
struct Canvas {
    width: u32,
    height: u32,
    image: Option<RgbImage>,
}

impl Canvas {
    fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            image: None,
        }
    }

    fn image(&mut self) -> &mut RgbImage {
        let (width, height) = (self.width, self.height);
        self.image
            .get_or_insert_with(|| RgbImage::new(width, height))
    }

    fn finished(mut self) -> RgbImage {
        std::mem::take(self.image())
    }
}

impl<'a> Items<'a> {
    pub(super) fn new(file: &'a HeifFile<'a>, has_profile: bool, pixels: u64) -> Self {
        Self {
            file,
            has_profile,
            left: Cell::new(pixels),
        }
    }

    /// Decodes an item and all that it is made of, upright.
    pub(super) fn decode(
        &self,
        id: ItemId,
        depth: u32,
        inherited: Option<Nclx>,
    ) -> Result<Picture, Failure> {
        if depth > DEEPEST {
            return Err(corrupt("its pictures are made of too many others"));
        }
        let nclx = nclx(self.file, id)?.or(inherited);
        let kind = self.file.item(id).map_err(damaged)?.item_type.0;
        let mut picture = match &kind {
            b"grid" => self.grid(id, depth, nclx)?,
            b"iovl" => self.overlay(id, depth, nclx)?,
            b"iden" | b"tmap" => {
                let source = self.file.referenced_items(id, b"dimg").first();
                let source = source.ok_or_else(|| corrupt("a picture is made of none"))?;
                self.decode(*source, depth + 1, nclx)?
            }
            _ => self.coded(id, nclx)?,
        };
        if let Some(opacity) = opacity_of(self.file, id)? {
            picture.opacity = Some(self.opacity(opacity, depth, &picture.rgb)?);
            let premultiplied = self.file.referenced_items(id, b"prem");
            picture.is_premultiplied = premultiplied.contains(&opacity);
        }
        transform::apply(self.file, id, picture)
    }

    /// Decodes a coded picture alone, without its transformations.
    fn coded(&self, id: ItemId, nclx: Option<Nclx>) -> Result<Picture, Failure> {
        let kind = self.file.item(id).map_err(damaged)?.item_type.0;
        if &kind == b"jpeg" {
            return self.jpeg(id);
        }
        let [width, height] = size_of(self.file, id)?;
        self.count(width, height)?;
        let mut canvas = Canvas::new(width, height);
        self.draw(id, nclx, &mut canvas, [0, 0], [width, height])?;
        Ok(Picture::opaque(canvas.finished()))
    }

    /// Draws a coded picture of this size onto a place of the canvas, as far as there is canvas.
    fn draw(
        &self,
        id: ItemId,
        nclx: Option<Nclx>,
        canvas: &mut Canvas,
        [left, top]: [u32; 2],
        [width, height]: [u32; 2],
    ) -> Result<(), Failure> {
        let shown = |size: u32, canvas: u32, at: u32| size.min(canvas.saturating_sub(at)) as usize;
        let columns = shown(width, canvas.width, left);
        let rows = shown(height, canvas.height, top);
        let stride = canvas.width as usize * 3;
        let first = top as usize * stride + left as usize * 3;
        let mut is_small = false;
        let mut draw = |frame: &mut Frame<'_>| {
            is_small = frame.width < width as usize || frame.height < height as usize;
            if self.has_profile {
                frame.nclx = frame.nclx.without_colours();
            }
            if !is_small {
                let samples: &mut [u8] = canvas.image();
                frame.rgb_rows(columns, rows, |y, row| {
                    let at = first + y * stride;
                    samples[at..at + row.len()].copy_from_slice(row);
                });
            }
        };
        let coded = Coded {
            file: self.file,
            id,
            nclx,
            pixels: (u64::from(width) + PADDING) * (u64::from(height) + PADDING),
        };
        let kind = self.file.item(id).map_err(damaged)?.item_type;
        match &kind.0 {
            b"av01" => super::av1::decode(&coded, &mut draw)?,
            #[cfg(feature = "heic")]
            b"hvc1" | b"hev1" => super::hevc::decode(&coded, &mut draw)?,
            _ => return Err(unsupported(&format!("HEIF with pictures of type {kind}"))),
        }
        if is_small {
            return Err(corrupt("a picture is smaller than its header says"));
        }
        Ok(())
    }

    /// Tiles in rows, each as large as the first.
    fn grid(&self, id: ItemId, depth: u32, nclx: Option<Nclx>) -> Result<Picture, Failure> {
        let grid = self.file.grid(id).map_err(damaged)?;
        let tiles = self.file.referenced_items(id, b"dimg");
        let (columns, rows) = (u32::from(grid.columns), u32::from(grid.rows));
        if tiles.len() as u64 != u64::from(columns) * u64::from(rows) {
            return Err(corrupt("its tiles are not as many as its header says"));
        }
        let (width, height) = (grid.output_width, grid.output_height);
        self.count(width, height)?;
        let [tile_width, tile_height] = size_of(self.file, tiles[0])?;
        let covers = |tile: u32, count: u32, side: u32| {
            u64::from(tile) * u64::from(count) >= u64::from(side)
        };
        if !covers(tile_width, columns, width) || !covers(tile_height, rows, height) {
            return Err(corrupt("its tiles do not cover the picture"));
        }
        let mut canvas = Canvas::new(width, height);
        for (number, tile) in (0_u32..).zip(tiles) {
            let left = (number % columns).saturating_mul(tile_width);
            let top = (number / columns).saturating_mul(tile_height);
            if left >= width || top >= height {
                continue;
            }
            let size = size_of(self.file, *tile)?;
            if size != [tile_width, tile_height] {
                return Err(corrupt("its tiles have different sizes"));
            }
            let own = self::nclx(self.file, *tile)?.or(nclx);
            let is_plain = matches!(
                &self.file.item(*tile).map_err(damaged)?.item_type.0,
                b"av01" | b"hvc1" | b"hev1"
            );
            if is_plain && !transform::has_any(self.file, *tile)? {
                self.count(tile_width, tile_height)?;
                self.draw(*tile, own, &mut canvas, [left, top], size)?;
            } else {
                let tile = self.decode(*tile, depth + 1, nclx)?;
                image::imageops::replace(canvas.image(), &tile.rgb, left.into(), top.into());
            }
        }
        Ok(Picture::opaque(canvas.finished()))
    }

    /// Pictures one over another on a canvas of one colour.
    fn overlay(&self, id: ItemId, depth: u32, nclx: Option<Nclx>) -> Result<Picture, Failure> {
        let data = self.file.item_data(id).map_err(damaged)?;
        let layers = self.file.referenced_items(id, b"dimg");
        if layers.len() > MOST_LAYERS {
            return Err(unsupported("HEIF with more than 16 layers"));
        }
        let overlay = Overlay::read(&data, layers.len())
            .ok_or_else(|| corrupt("its layers are not described"))?;
        let [width, height] = overlay.size;
        self.count(width, height)?;
        let mut canvas = RgbImage::from_pixel(width, height, image::Rgb(overlay.colour));
        for (layer, [left, top]) in layers.iter().zip(overlay.places) {
            let layer = self.decode(*layer, depth + 1, nclx)?.over(|x, y| {
                let place = [left + i64::from(x), top + i64::from(y)];
                let [x, y] = place.map(|at| u32::try_from(at).unwrap_or(u32::MAX));
                canvas
                    .get_pixel_checked(x, y)
                    .map_or([255; 3], |below| below.0)
            });
            image::imageops::replace(&mut canvas, &layer, left, top);
        }
        Ok(Picture::opaque(canvas))
    }

    fn jpeg(&self, id: ItemId) -> Result<Picture, Failure> {
        let header = self.file.item_properties(id).map_err(damaged)?;
        let header = header.into_iter().find_map(|property| match property {
            Property::Unknown(kind, bytes) if &kind.0 == b"jpgC" => Some(bytes.as_slice()),
            _ => None,
        });
        let data = self.file.item_data(id).map_err(damaged)?;
        let whole = [header.unwrap_or_default(), &data].concat();
        let [width, height] = size_of(self.file, id)?;
        self.count(width, height)?;
        Ok(Picture::opaque(crate::jpeg::whole(
            &whole,
            [width, height],
        )?))
    }

    /// Decodes opacity, as large as the picture.
    fn opacity(&self, id: ItemId, depth: u32, picture: &RgbImage) -> Result<GrayImage, Failure> {
        let written = nclx(self.file, id)?;
        // Opacity is a number and no colour.
        let plain = written.map(Nclx::without_colours);
        let kind = self.file.item(id).map_err(damaged)?.item_type.0;
        let opacity = match &kind {
            b"grid" => self.grid(id, depth, plain)?,
            _ => self.coded(id, plain)?,
        };
        let (width, height) = opacity.rgb.dimensions();
        let (columns, rows) = picture.dimensions();
        let scaled = |at: u32, from: u32, to: u32| {
            u32::try_from(u64::from(at) * u64::from(to) / u64::from(from)).unwrap_or(0)
        };
        Ok(GrayImage::from_fn(columns, rows, |x, y| {
            let at = (scaled(x, columns, width), scaled(y, rows, height));
            image::Luma([opacity.rgb.get_pixel(at.0, at.1)[0]])
        }))
    }

    /// Takes the pixels of a picture from what may still be decoded.
    fn count(&self, width: u32, height: u32) -> Result<(), Failure> {
        let pixels = (u64::from(width) * u64::from(height)).max(LEAST);
        let left = self.left.get().checked_sub(pixels);
        let left = left.ok_or_else(|| corrupt("it decodes more pixels than it shows"))?;
        self.left.set(left);
        Ok(())
    }
}

/// The picture that is the opacity of another.
pub(super) fn opacity_of(file: &HeifFile<'_>, id: ItemId) -> Result<Option<ItemId>, Failure> {
    for auxiliary in file.referencing_items(id, b"auxl") {
        let mut properties = file.item_properties(auxiliary).map_err(damaged)?;
        let is_opacity = properties.any(|property| {
            matches!(property, Property::AuxiliaryType(kind) if OPACITY.contains(&kind.as_str()))
        });
        if is_opacity {
            return Ok(Some(auxiliary));
        }
    }
    Ok(None)
}

/// Bytes that a codec takes for each pixel of an item: the samples of its planes, and one for what it notes
/// of blocks. `None` for items that no codec has packed.
pub(super) fn samples(file: &HeifFile<'_>, item: &Item) -> Option<u64> {
    let mut properties = file.item_properties(item.id).ok()?;
    // Two bytes a sample, and chroma as large as luma, unless the codec's header says less.
    let most = 2 * 3;
    let samples = match &item.item_type.0 {
        b"hvc1" | b"hev1" => properties.find_map(|property| match property {
            Property::HevcConfig(config) => {
                Some([2, 3, 4, 6][usize::from(config.chroma_format & 3)])
            }
            _ => None,
        }),
        b"av01" => properties.find_map(|property| match property {
            Property::Unknown(kind, bytes) if &kind.0 == b"av1C" => {
                let flags = bytes.get(2)?;
                let sample = if flags & 0x40 == 0 { 1 } else { 2 };
                // Chroma is as large as luma, or half as wide, and then perhaps half as high.
                Some(sample * [3, 3, 2, 2][usize::from(flags >> 2 & 3)])
            }
            _ => None,
        }),
        b"jpeg" => Some(most + 6),
        _ => return None,
    };
    Some(samples.unwrap_or(most) + 1)
}

/// Whether an item, or the first that it is made of, is coded as HEVC.
#[cfg(not(feature = "heic"))]
pub(super) fn has_hevc(file: &HeifFile<'_>, mut id: ItemId) -> bool {
    for _ in 0..=DEEPEST {
        let kind = file.item(id).map(|item| item.item_type.0);
        if matches!(kind.as_ref(), Ok(b"hvc1" | b"hev1")) {
            return true;
        }
        let Some(first) = file.referenced_items(id, b"dimg").first() else {
            return false;
        };
        id = *first;
    }
    false
}

/// What the container says of an item's colours.
fn nclx(file: &HeifFile<'_>, id: ItemId) -> Result<Option<Nclx>, Failure> {
    let mut properties = file.item_properties(id).map_err(damaged)?;
    Ok(properties.find_map(|property| match property {
        Property::Color(ColorInfo::Nclx {
            primaries,
            transfer,
            matrix,
            full_range,
        }) => Some(Nclx {
            primaries: *primaries,
            transfer: *transfer,
            matrix: *matrix,
            is_full: *full_range,
        }),
        _ => None,
    }))
}
