//! The terminal interface: type, see, choose.
//!
//! Plain data in `state`, a pure `update` from keys and answers to the next state, and a pure
//! `view` of it. Searching, decoding, indexing and errands run on threads of their own
//! (`worker`, `thumbnail`, `indexing`, `errand`); `app` brings them together, and `terminal`
//! puts that on a screen.

mod action;
mod app;
mod errand;
mod history;
mod indexing;
mod keymap;
mod state;
mod terminal;
mod theme;
mod thumbnail;
mod update;
mod view;
mod worker;

pub use app::{App, Command, News};
pub use indexing::Refresh;
pub use keymap::{Keymap, OwnKeys};
pub use terminal::run;
pub use theme::{COLOURS, Theme};
pub use thumbnail::Cache;
pub use worker::Open;

use std::collections::BTreeMap;
use std::path::PathBuf;

/// How to begin.
#[derive(Clone, Default)]
pub struct Options {
    /// What is in the box at first.
    pub query: String,
    /// Whether what is chosen is given back instead of opened.
    pub pick: bool,
    /// How pictures are drawn.
    pub pictures: Pictures,
    /// Other colours than the usual; `None` is without any.
    pub colours: Option<BTreeMap<String, String>>,
    /// Other keys than the usual.
    pub keys: OwnKeys,
    /// Whether the mouse counts.
    pub mouse: bool,
    /// Where small pictures are kept between runs; `None` keeps none.
    pub cache: Option<Cache>,
    /// Where earlier queries are kept; `None` keeps none.
    pub history: Option<PathBuf>,
    /// What brings the index up to date; without it that key does nothing.
    pub refresh: Option<Refresh>,
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
    /// A signal of the system ended it.
    Signal(i32),
}
