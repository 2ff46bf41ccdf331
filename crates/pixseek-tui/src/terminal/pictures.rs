//! Chooses how this terminal draws pictures: by its graphics protocol if it reports one, else with
//! the characters and colours that its environment variables imply.
//!
//! These rules replace terminfo and `supports-color`: neither knows about characters, and for
//! colours both mostly read the name in `TERM`. In doubt the rules choose fewer colours and
//! characters: too few look coarse, too many look broken.

use crate::options::Pictures;
use crate::thumbnail::PictureMethod;
use pixseek_blocks::{Look, Palette, Symbols};
use ratatui_image::picker::{Picker, ProtocolType};
use std::io::{self, IsTerminal};

/// Values of `TERM` for terminals that have 24-bit colours and draw sextants themselves.
const MODERN: [&str; 7] = [
    "alacritty",
    "contour",
    "foot",
    "ghostty",
    "kitty",
    "rio",
    "wezterm",
];
/// The VTE version (GNOME's, Xfce's and other terminals) from which sextants are used: 0.62. That VTE
/// draws them itself is published (arewelegacycomputingyet.com); the first version is an assumption.
const VTE_WITH_SEXTANTS: u32 = 6200;

/// Returns the method by which the terminal draws pictures; `None` if it draws none.
pub fn method(pictures: Pictures, has_colour: bool) -> Option<PictureMethod> {
    let variable = |name: &str| std::env::var(name).ok();
    let symbols = match pictures {
        Pictures::None => return None,
        Pictures::Auto if !has_colour || variable("TERM").as_deref() == Some("dumb") => {
            return None;
        }
        Pictures::Kitty => return Some(graphics(ProtocolType::Kitty)),
        Pictures::Iterm2 => return Some(graphics(ProtocolType::Iterm2)),
        Pictures::Sixel => return Some(graphics(ProtocolType::Sixel)),
        Pictures::Auto => None,
        Pictures::Blocks => Some(Symbols::Blocks),
        Pictures::Sextants => Some(Symbols::Sextants),
        Pictures::Octants => Some(Symbols::Octants),
    };
    if let Some(symbols) = symbols {
        // The user asked for pictures explicitly, so assume 16 colours if none are detected.
        let palette = palette(&variable).unwrap_or(Palette::Ansi16);
        return Some(PictureMethod::blocks(Look { symbols, palette }));
    }
    let picker = ask();
    let font = picker.font_size();
    if picker.protocol_type() != ProtocolType::Halfblocks {
        return Some(PictureMethod::Graphics(picker));
    }
    let look = Look {
        symbols: self::symbols(&variable),
        palette: palette(&variable)?,
    };
    Some(PictureMethod::Blocks { look, font })
}

fn graphics(protocol: ProtocolType) -> PictureMethod {
    let mut picker = ask();
    picker.set_protocol_type(protocol);
    PictureMethod::Graphics(picker)
}

/// Queries the terminal through stdin and stdout. Skips tmux, which may not pass the answer on:
/// waiting for it would swallow the first keys.
fn ask() -> Picker {
    let is_tmux = std::env::var_os("TMUX").is_some();
    let can_ask = io::stdin().is_terminal() && io::stdout().is_terminal() && !is_tmux;
    let asked = can_ask.then(|| Picker::from_query_stdio().ok()).flatten();
    asked.unwrap_or_else(Picker::halfblocks)
}

/// Looks up an environment variable.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Returns the colours of the terminal; `None` if it has none.
fn palette(variable: Variable) -> Option<Palette> {
    let term = variable("TERM").unwrap_or_default();
    let has_all = match variable("COLORTERM").as_deref() {
        Some("truecolor" | "24bit") => true,
        _ => is_modern(&term) || term.ends_with("-direct") || variable("WT_SESSION").is_some(),
    };
    // `dumb` and most DEC terminals (`vt100`) have no colours; names that end in `-m` are
    // monochrome.
    let is_plain = ["", "dumb"].contains(&&*term) || term.starts_with("vt") || term.ends_with("-m");
    match term.as_str() {
        // tmux converts colours to those of the outer terminal.
        _ if cfg!(windows) || is_in_tmux(variable) => Some(Palette::Rgb24),
        // Inside GNU screen, `COLORTERM` describes the outer terminal.
        "linux" => Some(Palette::Ansi16),
        screen if screen.starts_with("screen") => Some(Palette::Indexed256),
        _ if has_all => Some(Palette::Rgb24),
        _ if term.contains("256color") => Some(Palette::Indexed256),
        _ if is_plain => None,
        _ => Some(Palette::Ansi16),
    }
}

/// Returns the characters that the terminal certainly shows.
fn symbols(variable: Variable) -> Symbols {
    let term = variable("TERM").unwrap_or_default();
    let version = variable("VTE_VERSION").and_then(|version| version.parse().ok());
    let is_vte = version.is_some_and(|version: u32| version >= VTE_WITH_SEXTANTS);
    if term == "linux" {
        Symbols::Halves
    } else if is_modern(&term) || (is_vte && term.starts_with("xterm")) {
        Symbols::Sextants
    } else {
        Symbols::Blocks
    }
}

fn is_modern(term: &str) -> bool {
    let name = term.strip_prefix("xterm-").unwrap_or(term);
    let first = name.split('-').next();
    first.is_some_and(|name| MODERN.contains(&name))
}

fn is_in_tmux(variable: Variable) -> bool {
    let term = variable("TERM").unwrap_or_default();
    // GNU screen inside tmux inherits `TMUX`.
    let is_screen = variable("STY").is_some();
    variable("TMUX").is_some()
        && !is_screen
        && (term.starts_with("tmux") || term.starts_with("screen"))
}

#[cfg(test)]
mod tests {
    use super::{palette, symbols};
    use pixseek_blocks::{Palette, Symbols};

    #[cfg(not(windows))]
    #[test]
    fn colours_and_characters_are_those_of_the_terminal() {
        let check = |environment: &str, colours: Option<Palette>, characters: Symbols| {
            let variable = |name: &str| {
                let pairs = environment
                    .split(' ')
                    .filter_map(|pair| pair.split_once('='));
                let found = pairs.into_iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| value.to_owned())
            };
            assert_eq!(palette(&variable), colours, "{environment}");
            assert_eq!(symbols(&variable), characters, "{environment}");
        };
        let [rgb, indexed, ansi] = [Palette::Rgb24, Palette::Indexed256, Palette::Ansi16].map(Some);
        let (halves, blocks, sextants) = (Symbols::Halves, Symbols::Blocks, Symbols::Sextants);
        check("", None, blocks);
        check("TERM=dumb", None, blocks);
        check("TERM=vt100", None, blocks);
        check("TERM=xterm", ansi, blocks);
        check("TERM=rxvt-unicode", ansi, blocks);
        check("TERM=linux COLORTERM=1", ansi, halves);
        check("TERM=linux COLORTERM=truecolor", ansi, halves);
        check("TERM=xterm-256color", indexed, blocks);
        check("TERM=xterm-256color COLORTERM=truecolor", rgb, blocks);
        check("TERM=xterm COLORTERM=24bit", rgb, blocks);
        check("TERM=xterm-direct", rgb, blocks);
        check("TERM=xterm-256color WT_SESSION=1-2", rgb, blocks);
        check(
            "TERM=xterm-256color COLORTERM=truecolor VTE_VERSION=7600",
            rgb,
            sextants,
        );
        check(
            "TERM=xterm-256color COLORTERM=truecolor VTE_VERSION=5202",
            rgb,
            blocks,
        );
        check("TERM=alacritty", rgb, sextants);
        check("TERM=xterm-kitty", rgb, sextants);
        check("TERM=foot-extra", rgb, sextants);
        check("TERM=screen COLORTERM=truecolor STY=1.tty", indexed, blocks);
        check(
            "TERM=screen-256color TMUX=/tmp/tmux VTE_VERSION=7600",
            rgb,
            blocks,
        );
        check("TERM=tmux-256color TMUX=/tmp/tmux", rgb, blocks);
        check("TERM=xterm-256color TMUX=/tmp/tmux", indexed, blocks);
        check("TERM=screen TMUX=/tmp/tmux STY=1.tty", indexed, blocks);
    }
}
