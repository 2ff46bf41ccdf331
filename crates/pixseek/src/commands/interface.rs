//! `pixseek` without a command: the terminal interface.

use super::search::open;
use crate::arguments::{Common, Interface, Pictures};
use crate::location::{index_to_read, thumbnails};
use crate::output::Outcome;
use anyhow::{Context, Result};
use pixseek_tui::{Ending, Options};
use std::io::{Write, stdout};

/// Runs it, and prints what was picked.
pub fn interface(common: &Common, arguments: &Interface) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let options = Options {
        query: arguments.query.join(" "),
        pick: arguments.pick,
        pictures: match arguments.pictures {
            Pictures::Auto => pixseek_tui::Pictures::Auto,
            Pictures::Kitty => pixseek_tui::Pictures::Kitty,
            Pictures::Iterm2 => pixseek_tui::Pictures::Iterm2,
            Pictures::Sixel => pixseek_tui::Pictures::Sixel,
            Pictures::Blocks => pixseek_tui::Pictures::Blocks,
            Pictures::None => pixseek_tui::Pictures::None,
        },
        cache: thumbnails(),
    };
    // Nothing may be written over the screen.
    let quiet = Common {
        quiet: true,
        ..common.clone()
    };
    let path = index.clone();
    let open = Box::new(move || open(&quiet, &path).map_err(|error| format!("{error:#}")));
    let ending = pixseek_tui::run(index, open, &options)
        .context("there is no terminal to draw on; `pixseek search` prints what it finds")?;
    match ending {
        Ending::Left => Ok(Outcome::Done),
        Ending::Cancelled => Ok(Outcome::NothingPicked),
        Ending::Picked(paths) => {
            let end: &[u8] = if arguments.null { b"\0" } else { b"\n" };
            let mut output = stdout().lock();
            for path in paths {
                output.write_all(&path)?;
                output.write_all(end)?;
            }
            output.flush()?;
            Ok(Outcome::Done)
        }
    }
}
