//! The terminal interface: type a query, look at the photos, choose.
//!
//! The program is one loop, as in Elm, helix and television:
//!
//! 1. Threads send [`Message`]s into one channel: the terminal (keys, the mouse), the search,
//!    the thumbnails, an index run, background jobs.
//! 2. [`App::wait`] takes the messages that have arrived and hands each to `update`, a pure
//!    function from the state and a message to the next state and a list of [`Effect`]s.
//! 3. [`App::perform`] hands each effect to the thread that performs it. [`run`] itself performs
//!    the three effects that need the terminal (copy, suspend, end).
//! 4. [`App::draw`] draws the state with `view`, a pure function too. Then the loop begins again.
//!
//! Nothing slow happens on the loop's thread, and tests need neither a terminal nor threads:
//! they pass messages to `update` and read the screen that `view` draws.

mod options;
mod terminal;

mod app;
mod effect;
mod message;
mod state;
mod update;
mod view;

mod action;
mod keymap;
mod theme;

mod background;
mod command;
mod error;
mod export;
mod folders;
mod history;
mod indexing;
mod opening;
mod search;
mod stoppable;
mod thumbnail;

pub use app::App;
pub use effect::{Effect, Export, ExportForm, Question};
pub use error::{BoxError, InterfaceError, SettingError};
pub use indexing::Refresh;
pub use keymap::{Keymap, OwnKeys};
pub use message::Message;
pub use options::{Advice, Ending, Options, Pictures};
pub use search::OpenIndex;
pub use terminal::run;
pub use theme::{COLOURS, Theme};
pub use thumbnail::{Cache, PictureMethod};
