//! The terminal interface: type, see, choose.
//!
//! Plain data in `state`, a pure `update` from keys and answers to the next state, and a pure
//! `view` of it. Searching and decoding run on threads of their own (`worker`, `thumbnail`);
//! `terminal` brings them together.

mod action;
mod keymap;
mod state;
mod terminal;
mod thumbnail;
mod update;
mod view;
mod worker;

pub use terminal::run;
pub use worker::Open;

use std::path::PathBuf;

/// How to begin.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What is in the box at first.
    pub query: String,
    /// Whether what is chosen is given back instead of opened.
    pub pick: bool,
    /// How pictures are drawn.
    pub pictures: Pictures,
    /// Where small pictures are kept between runs; `None` keeps none.
    pub cache: Option<PathBuf>,
}

/// How pictures are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pictures {
    /// As well as the terminal can.
    #[default]
    Auto,
    /// Kitty's graphics.
    Kitty,
    /// iTerm2's inline images.
    Iterm2,
    /// Sixel.
    Sixel,
    /// Two pixels a cell, in every terminal with colours.
    Blocks,
    /// Not at all: names only.
    None,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It was left.
    Left,
    /// These paths were chosen, as bytes.
    Picked(Vec<Vec<u8>>),
    /// Nothing was chosen.
    Cancelled,
}
