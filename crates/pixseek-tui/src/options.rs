//! The options with which the interface starts, and the ways in which it ends.

use crate::indexing::Refresh;
use crate::keymap::OwnKeys;
use crate::thumbnail::Cache;
use pixseek_engine::Workers;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

/// Returns advice about an error, if there is some.
pub type Advice = fn(&(dyn Error + 'static)) -> Option<String>;

/// The options with which the interface starts.
#[derive(Clone)]
pub struct Options {
    /// The initial text of the query.
    pub query: String,
    /// Whether the interface is a picker: it returns the chosen paths instead of opening them.
    pub pick: bool,
    /// The method for drawing pictures.
    pub pictures: Pictures,
    /// Colours that replace the default ones, by name; `None` draws without colours.
    pub colours: Option<BTreeMap<String, String>>,
    /// Keys that replace those of the table.
    pub keys: OwnKeys,
    /// Whether the interface handles the mouse.
    pub mouse: bool,
    /// The cache of thumbnails on disk; `None` keeps thumbnails in memory only.
    pub cache: Option<Cache>,
    /// The file of earlier queries; `None` remembers none.
    pub history: Option<PathBuf>,
    /// The command that opens photos, in which `{}` stands for the paths; `None` uses the system's
    /// opener.
    pub opener: Option<String>,
    /// The folder that the prompt suggests for the first index run.
    pub pictures_folder: Option<PathBuf>,
    /// Returns advice about an error in terms of the program's own commands.
    pub advice: Advice,
    /// The processes that decode the photos that may hurt; without them, this one decodes all.
    pub workers: Option<Workers>,
    /// Updates the index. Without it, the key for that does nothing.
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
            workers: None,
            refresh: None,
        }
    }
}

/// The method for drawing pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pictures {
    /// The best graphics protocol that the terminal reports, or else the characters and colours
    /// that its environment variables imply.
    #[default]
    Auto,
    /// Kitty's graphics protocol.
    Kitty,
    /// iTerm2's inline images.
    Iterm2,
    /// Sixel graphics.
    Sixel,
    /// Block elements, which nearly every font has.
    Blocks,
    /// Sextants too: finer, but few fonts have them. Many terminals draw them themselves.
    Sextants,
    /// Octants too: finer still, but only a few terminals draw them.
    Octants,
    /// No pictures: the screen lists photos by name.
    None,
}

/// The way in which the interface ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The user quit.
    Left,
    /// The user chose these paths, as bytes.
    Picked(Vec<Vec<u8>>),
    /// The user quit a picker without choosing.
    Cancelled,
    /// This signal of the operating system ended the interface.
    Signal(i32),
}
