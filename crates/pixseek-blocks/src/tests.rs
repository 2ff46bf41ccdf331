//! Compares each choice with all possible choices, and pictures with their half-block versions.

use crate::{Block, Blocks, Look, Palette, Symbols, palette};
use image::{Rgb, RgbImage};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::Color;
use ratatui::symbols::pixel::OCTANTS;
use ratatui::text::Span;
use ratatui::widgets::Widget;

const CELL: Size = Size {
    width: 8,
    height: 24,
};
const ONE: Size = Size {
    width: 1,
    height: 1,
};
const PALETTES: [Palette; 3] = [Palette::Rgb24, Palette::Indexed256, Palette::Ansi16];
const SETS: [Symbols; 4] = [
    Symbols::Halves,
    Symbols::Blocks,
    Symbols::Sextants,
    Symbols::Octants,
];

/// Returns the characters of a set from Unicode's definitions, each with the pixels of an 8 x 24
/// cell that it fills.
fn glyphs(symbols: Symbols) -> Vec<(char, Vec<bool>)> {
    let glyph = |symbol, fills: &dyn Fn(u32, u32) -> bool| {
        let pixels = (0..8 * 24).map(|at| fills(at % 8, at / 8));
        (symbol, pixels.collect())
    };
    let mut glyphs = vec![
        glyph(' ', &|_, _| false),
        glyph('█', &|_, _| true),
        glyph('▀', &|_, y| y < 12),
        glyph('▄', &|_, y| y >= 12),
        glyph('▌', &|x, _| x < 4),
        glyph('▐', &|x, _| x >= 4),
    ];
    if symbols >= Symbols::Blocks {
        // Upper left, upper right, lower left, lower right.
        for (symbol, quadrants) in [
            ('▘', [1, 0, 0, 0]),
            ('▝', [0, 1, 0, 0]),
            ('▖', [0, 0, 1, 0]),
            ('▗', [0, 0, 0, 1]),
            ('▚', [1, 0, 0, 1]),
            ('▞', [0, 1, 1, 0]),
            ('▛', [1, 1, 1, 0]),
            ('▜', [1, 1, 0, 1]),
            ('▙', [1, 0, 1, 1]),
            ('▟', [0, 1, 1, 1]),
        ] {
            let fills = |x, y| quadrants[(y / 12 * 2 + x / 4) as usize] == 1;
            glyphs.push(glyph(symbol, &fills));
        }
        for eighths in 1..8 {
            let [lower, left] = [0x2580 + eighths, 0x2590 - eighths].map(char::from_u32);
            glyphs.push(glyph(lower.unwrap(), &|_, y| y >= 24 - 3 * eighths));
            glyphs.push(glyph(left.unwrap(), &|x, _| x < eighths));
        }
    }
    if symbols >= Symbols::Sextants {
        // Unicode has no sextants for the left and the right half: these are block elements.
        let masks = (1..63u32).filter(|mask| ![0b01_0101, 0b10_1010].contains(mask));
        for (symbol, mask) in ('\u{1fb00}'..='\u{1fb3b}').zip(masks) {
            glyphs.push(glyph(symbol, &|x, y| mask >> (y / 8 * 2 + x / 4) & 1 == 1));
        }
    }
    if symbols >= Symbols::Octants {
        for (&symbol, mask) in OCTANTS.iter().zip(0u32..) {
            glyphs.push(glyph(symbol, &|x, y| mask >> (y / 6 * 2 + x / 4) & 1 == 1));
        }
    }
    glyphs
}

/// Returns the least squared error of one colour for these pixels.
fn least_error(pixels: &[Rgb<u8>], colours: &[[u8; 3]]) -> f64 {
    let error = |colour: &[u8; 3]| {
        let channels = pixels.iter().flat_map(|pixel| pixel.0.iter().zip(colour));
        channels
            .map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2))
            .sum()
    };
    if !colours.is_empty() {
        return colours.iter().map(error).fold(f64::INFINITY, f64::min);
    }
    let mean = [0, 1, 2].map(|channel| {
        let sum: u32 = pixels.iter().map(|pixel| u32::from(pixel[channel])).sum();
        let mean = f64::from(sum) / f64::from(u32::try_from(pixels.len().max(1)).unwrap());
        format!("{mean:.0}").parse().unwrap()
    });
    error(&mean)
}

/// Returns the least squared error for a picture of one cell: tries every choice.
fn least_of_all(picture: &RgbImage, look: Look) -> f64 {
    let values = |indices: std::ops::RangeInclusive<u8>| -> Vec<[u8; 3]> {
        indices
            .map(|index| palette::value(Color::Indexed(index)))
            .collect()
    };
    let (inside, outside) = match look.palette {
        Palette::Rgb24 => (Vec::new(), Vec::new()),
        Palette::Indexed256 => (values(16..=255), values(16..=255)),
        Palette::Ansi16 => (values(0..=15), values(0..=7)),
    };
    let errors = glyphs(look.symbols).into_iter().map(|(_, fills)| {
        let side = |is_inside: bool| -> Vec<Rgb<u8>> {
            let pixels = picture.pixels().zip(&fills);
            pixels
                .filter(|(_, fills)| **fills == is_inside)
                .map(|(pixel, _)| *pixel)
                .collect()
        };
        least_error(&side(true), &inside) + least_error(&side(false), &outside)
    });
    errors.fold(f64::INFINITY, f64::min)
}

fn squared_error(a: &RgbImage, b: &RgbImage) -> f64 {
    let channels = a.iter().zip(b.iter());
    channels
        .map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2))
        .sum()
}

fn byte_of(number: u32) -> u8 {
    u8::try_from(number).unwrap()
}

/// Returns pictures of one cell: noise, edges in all directions, slopes.
fn cells() -> Vec<RgbImage> {
    let mut random = 1_u32;
    (0..60_u32)
        .map(|kind| {
            let mut byte = || {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                byte_of(random >> 24)
            };
            let (one, other) = ([byte(), byte(), byte()], [byte(), byte(), byte()]);
            let (slope, start) = (i64::from(byte()) - 128, i64::from(byte()) - 128);
            RgbImage::from_fn(8, 24, |x, y| match kind % 3 {
                0 => Rgb([byte(), byte() / 2, byte()]),
                1 if i64::from(x) * slope + i64::from(y) * 60 > start * 4 => Rgb(one),
                1 => Rgb(other),
                _ => Rgb([byte_of(x * 30), byte_of(y * 10), one[1]]),
            })
        })
        .collect()
}

#[test]
fn no_other_character_and_colours_are_nearer() {
    for palette in PALETTES {
        for symbols in SETS {
            let look = Look { symbols, palette };
            for picture in cells() {
                let drawn = Blocks::draw(&picture, ONE, look);
                let error = squared_error(&drawn.image(CELL), &picture);
                let least = least_of_all(&picture, look);
                // Between equal choices, rounding decides.
                assert!(
                    error <= least * 1.0001 + 1.0,
                    "{look:?}: {error} for {least}"
                );
            }
        }
    }
}

#[test]
fn a_cell_shows_the_characters_of_its_set_only_and_each_takes_one_column() {
    for palette in PALETTES {
        for symbols in SETS {
            let known: Vec<char> = glyphs(symbols).iter().map(|(symbol, _)| *symbol).collect();
            for shape in symbols.shapes(palette) {
                assert!(known.contains(&shape.symbol), "{}", shape.symbol);
                assert_eq!(Span::raw(shape.symbol.to_string()).width(), 1);
            }
        }
    }
}

#[test]
fn the_colours_of_a_plain_picture_are_those_of_the_palette() {
    let shown = |palette, colour| {
        let picture = RgbImage::from_pixel(5, 7, Rgb(colour));
        let symbols = Symbols::Octants;
        let drawn = Blocks::draw(&picture, Size::new(3, 2), Look { symbols, palette });
        let first = drawn.cells()[0];
        assert!(drawn.cells().iter().all(|block| *block == first));
        first
    };
    let behind = |background| Block {
        symbol: ' ',
        foreground: Color::Reset,
        background,
    };
    assert_eq!(
        shown(Palette::Rgb24, [9, 80, 201]),
        behind(Color::Rgb(9, 80, 201))
    );
    assert_eq!(
        shown(Palette::Indexed256, [250, 0, 96]),
        behind(Color::Indexed(197))
    );
    assert_eq!(
        shown(Palette::Indexed256, [120, 119, 117]),
        behind(Color::Indexed(243))
    );
    assert_eq!(
        shown(Palette::Ansi16, [0, 150, 9]),
        behind(Color::Indexed(2))
    );
    let white = shown(Palette::Ansi16, [250, 255, 250]);
    assert_eq!((white.symbol, white.foreground), ('█', Color::Indexed(15)));
}

/// Returns a disc with thin lines on a slope.
fn made() -> RgbImage {
    RgbImage::from_fn(320, 320, |x, y| {
        let (across, down) = (i64::from(x) - 170, i64::from(y) - 150);
        match across * across + down * down {
            ..10_000 => Rgb([200, byte_of(x / 2), 40]),
            _ if (x + 2 * y) % 97 < 9 => Rgb([20, 30, 60]),
            _ => Rgb([90, byte_of(y / 2), 160]),
        }
    })
}

#[test]
fn more_characters_and_more_colours_are_nearer_to_a_picture() {
    let errors = |palette| {
        SETS.map(|symbols| {
            let drawn = Blocks::draw(&made(), Size::new(20, 10), Look { symbols, palette });
            squared_error(&drawn.image(Size::new(16, 32)), &made())
        })
    };
    let [rgb, indexed, ansi] = PALETTES.map(errors);
    for errors in [rgb, indexed, ansi] {
        assert!(
            errors.is_sorted_by(|more, fewer| more > fewer),
            "{errors:?}"
        );
    }
    assert!(rgb[2] < indexed[2] && indexed[2] < ansi[2]);
    // Require a gain of one decibel: a factor of 0.79 in the squared error.
    assert!(rgb[2] < rgb[0] * 0.79, "{rgb:?}");
}

#[test]
fn a_picture_of_any_size_fills_its_cells_to_the_edges() {
    let look = Look {
        symbols: Symbols::Blocks,
        palette: Palette::Rgb24,
    };
    for (width, height) in [(1, 1), (3, 500), (500, 3), (97, 89)] {
        let picture = RgbImage::from_pixel(width, height, Rgb([255; 3]));
        let drawn = Blocks::draw(&picture, Size::new(7, 5), look);
        assert!(
            drawn
                .image(CELL)
                .pixels()
                .all(|pixel| *pixel == Rgb([255; 3]))
        );
    }
    for size in [Size::new(0, 4), Size::new(4, 0)] {
        assert_eq!(Blocks::draw(&made(), size, look).cells(), []);
    }
}

#[test]
fn what_does_not_fit_into_the_area_is_cut_off() {
    let look = Look {
        symbols: Symbols::Halves,
        palette: Palette::Rgb24,
    };
    let drawn = Blocks::draw(
        &RgbImage::from_pixel(9, 9, Rgb([7; 3])),
        Size::new(4, 3),
        look,
    );
    let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 6));
    drawn.render(Rect::new(1, 1, 3, 2), &mut buffer);
    let drawn_at = |x, y| buffer[(x, y)].bg == Color::Rgb(7, 7, 7);
    let shown = (0..36).filter(|at| drawn_at(at % 6, at / 6)).count();
    assert_eq!(shown, 6);
    assert!(drawn_at(1, 1) && drawn_at(3, 2));
}
