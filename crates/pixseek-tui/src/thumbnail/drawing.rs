//! Scales pictures to whole cells, and draws them by a terminal's graphics or with characters.
//!
//! It crops a picture to the shape of its cells: one that fills seven rows loses at most a
//! fourteenth. The alternatives are worse: padding left dark edges that looked broken, and
//! stretching distorts the picture.

use super::PictureError;
use image::imageops::{FilterType, crop_imm, resize};
use image::{DynamicImage, RgbImage};
use pixseek_blocks::{Blocks, Look};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::widgets::Widget;
use ratatui_image::picker::Picker;
use ratatui_image::protocol::Protocol;
use ratatui_image::{FontSize, Image, Resize};
use std::sync::Arc;

/// The method by which a terminal draws pictures.
#[derive(Debug, Clone)]
pub enum PictureMethod {
    /// By its graphics protocol.
    Graphics(Picker),
    /// With characters.
    Blocks {
        /// The characters and colours of the terminal.
        look: Look,
        /// The size of its cells in pixels. Only their shape matters.
        font: FontSize,
    },
}

/// A picture that is ready to be shown.
pub enum Drawing {
    Graphics(Protocol),
    Blocks(Blocks),
}

impl PictureMethod {
    /// Draws with characters, in cells of the usual shape.
    #[must_use]
    pub fn blocks(look: Look) -> Self {
        let font = FontSize::new(10, 20);
        Self::Blocks { look, font }
    }

    /// Returns the size of a cell in pixels.
    pub(super) fn font(&self) -> FontSize {
        match self {
            Self::Graphics(picker) => picker.font_size(),
            Self::Blocks { font, .. } => *font,
        }
    }

    /// Crops and scales a picture to the whole cells that it fills within a room.
    pub(super) fn draw(&self, picture: &RgbImage, room: Size) -> Result<Drawing, PictureError> {
        let font = self.font();
        let (size, part) = fit(picture.dimensions(), room, font);
        let part = crop_imm(picture, part.x, part.y, part.width, part.height);
        match self {
            Self::Graphics(picker) => {
                let width = u32::from(size.width) * u32::from(font.width);
                let height = u32::from(size.height) * u32::from(font.height);
                let pixels = resize(&*part, width, height, FilterType::Triangle);
                let pixels = DynamicImage::ImageRgb8(pixels);
                let protocol = picker.new_protocol(pixels, size, Resize::Fit(None));
                protocol
                    .map(Drawing::Graphics)
                    .map_err(|error| PictureError::Protocol(Arc::new(error)))
            }
            Self::Blocks { look, .. } => {
                Ok(Drawing::Blocks(Blocks::draw(&part.to_image(), size, *look)))
            }
        }
    }
}

impl Drawing {
    /// Returns the size in cells.
    pub fn size(&self) -> Size {
        match self {
            Self::Graphics(protocol) => protocol.size(),
            Self::Blocks(blocks) => blocks.size(),
        }
    }
}

impl Widget for &Drawing {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        match self {
            Drawing::Graphics(protocol) => Image::new(protocol).render(area, buffer),
            Drawing::Blocks(blocks) => blocks.render(area, buffer),
        }
    }
}

/// A rectangle of a picture, in pixels.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

/// Returns the cells of the room that a picture fills, and the middle part of the picture that has
/// their shape.
fn fit((width, height): (u32, u32), room: Size, font: FontSize) -> (Size, Part) {
    let [wide, high] = [width, height].map(|side| u64::from(side.max(1)));
    let [cell_wide, cell_high] = [font.width, font.height].map(|side| u64::from(side.max(1)));
    let pixels = |size: Size| {
        let (columns, rows) = (u64::from(size.width), u64::from(size.height));
        (columns * cell_wide, rows * cell_high)
    };
    let nearest = |over: u64, under: u64, most: u16| {
        let cells = u16::try_from((over + under / 2) / under).unwrap_or(most);
        cells.clamp(1, most.max(1))
    };
    let (room_wide, room_high) = pixels(room);
    let size = if wide * room_high >= high * room_wide {
        let rows = nearest(room_wide * high, wide * cell_high, room.height);
        Size::new(room.width, rows)
    } else {
        let columns = nearest(room_high * wide, high * cell_wide, room.width);
        Size::new(columns, room.height)
    };
    let (size_wide, size_high) = pixels(size);
    let kept = |pixels: u64, whole: u32| {
        u32::try_from(pixels)
            .unwrap_or(whole)
            .clamp(1, whole.max(1))
    };
    let part_width = kept(high * size_wide / size_high.max(1), width);
    let part_height = kept(wide * size_high / size_wide.max(1), height);
    let part = Part {
        x: width.saturating_sub(part_width) / 2,
        y: height.saturating_sub(part_height) / 2,
        width: part_width,
        height: part_height,
    };
    (size, part)
}

#[cfg(test)]
mod tests {
    use super::{Drawing, PictureMethod, fit};
    use image::{Rgb, RgbImage};
    use pixseek_blocks::{Look, Palette, Symbols};
    use ratatui::layout::Size;
    use ratatui::style::Color;
    use ratatui_image::FontSize;
    use ratatui_image::picker::{Picker, ProtocolType};

    #[test]
    fn pictures_of_any_shape_fill_whole_cells_to_their_edges() {
        let look = Look {
            symbols: Symbols::Sextants,
            palette: Palette::Rgb24,
        };
        let method = PictureMethod::blocks(look);
        let room = Size::new(22, 7);
        for (width, height) in [
            (320, 240),
            (240, 320),
            (320, 213),
            (97, 89),
            (320, 9),
            (1, 320),
        ] {
            let picture = RgbImage::from_pixel(width, height, Rgb([250, 240, 230]));
            let Ok(Drawing::Blocks(blocks)) = method.draw(&picture, room) else {
                panic!("no picture of {width} x {height}");
            };
            let size = blocks.size();
            assert!(size.width == room.width || size.height == room.height);
            let colour = Color::Rgb(250, 240, 230);
            assert!(
                blocks
                    .cells()
                    .iter()
                    .all(|block| block.background == colour)
            );
        }
    }

    #[test]
    fn graphics_have_the_pixels_of_their_cells() {
        let mut picker = Picker::halfblocks();
        picker.set_protocol_type(ProtocolType::Sixel);
        let picture = RgbImage::from_pixel(320, 213, Rgb([250, 240, 230]));
        let method = PictureMethod::Graphics(picker);
        let Ok(drawing) = method.draw(&picture, Size::new(22, 7)) else {
            panic!("no picture");
        };
        assert_eq!(drawing.size(), Size::new(21, 7));
    }

    #[test]
    fn little_is_cut_off() {
        let font = FontSize::new(9, 20);
        for room in [Size::new(22, 7), Size::new(7, 22), Size::new(120, 50)] {
            for (width, height) in [(320, 240), (240, 320), (320, 213), (3000, 2999), (411, 800)] {
                let (size, part) = fit((width, height), room, font);
                assert!(size.width <= room.width && size.height <= room.height);
                assert!(width == part.width || height == part.height);
                let cells = f64::from(size.width.min(size.height));
                let kept = f64::from(part.width * part.height) / f64::from(width * height);
                assert!(kept > 1.0 - 0.5 / cells - 0.01, "{size} {part:?}");
            }
        }
        // Cells cannot show a picture as thin as a hair undistorted.
        let (size, part) = fit((4000, 3), Size::new(22, 7), font);
        assert_eq!((size, part.height), (Size::new(22, 1), 3));
        assert_eq!(fit((1, 1), Size::new(0, 0), font).1.width, 1);
    }
}
