//! How the interface begins, and how it ends.

use crate::indexing::Refresh;
use crate::keymap::OwnKeys;
use crate::thumbnail::Cache;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

/// Gives the advice about an error, if there is some.
pub type Advice = fn(&(dyn Error + 'static)) -> Option<String>;

/// How the interface begins.
#[derive(Clone)]
pub struct Options {
    /// The query that is typed at the start.
    pub query: String,
    /// Whether the interface is a picker: it returns the chosen paths instead of opening them.
    pub pick: bool,
    /// How pictures are drawn.
    pub pictures: Pictures,
    /// Colours that replace the default ones, by name; `None` draws without colours.
    pub colours: Option<BTreeMap<String, String>>,
    /// Keys that replace those of the table.
    pub keys: OwnKeys,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// The cache of thumbnails on disk; `None` keeps thumbnails in memory only.
    pub cache: Option<Cache>,
    /// The file of earlier queries; `None` remembers none.
    pub history: Option<PathBuf>,
    /// The command that opens photos, in which `{}` stands for the paths; `None` leaves it to the
    /// system.
    pub opener: Option<String>,
    /// The folder that is proposed for the first index run.
    pub pictures_folder: Option<PathBuf>,
    /// What a person can do about an error, in the program's own commands.
    pub advice: Advice,
    /// Updates the index; without it the key for that does nothing.
    pub refresh: Option<Refresh>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            query: String::new(),
            pick: false,
            pictures: Pictures::default(),
            colours: None,
            keys: OwnKeys::default(),
            mouse: false,
            cache: None,
            history: None,
            opener: None,
            pictures_folder: None,
            advice: |_| None,
            refresh: None,
        }
    }
}

/// How pictures are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pictures {
    /// By the best protocol that the terminal says it knows, or else with the characters and colours
    /// that its environment promises.
    #[default]
    Auto,
    /// By Kitty's graphics protocol.
    Kitty,
    /// By iTerm2's inline images.
    Iterm2,
    /// By Sixel.
    Sixel,
    /// With block elements, which are in nearly every font.
    Blocks,
    /// With sextants too: finer, but in few fonts. Many terminals draw them themselves.
    Sextants,
    /// With octants too: finer still, and only a few terminals draw them.
    Octants,
    /// Not at all: photos are listed by name.
    None,
}

/// How the interface ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The user quit.
    Left,
    /// The user chose these paths, as bytes.
    Picked(Vec<Vec<u8>>),
    /// The user quit a picker without choosing.
    Cancelled,
    /// This signal of the operating system ended it.
    Signal(i32),
}
