//! `pixseek` without a command: the terminal interface.

use super::refresh;
use super::search::open;
use crate::advice::{advice, explained};
use crate::arguments::{Common, Index, Interface, Pictures};
use crate::config::{Config, OPENER_VARIABLE, THUMBNAILS_MB};
use crate::decode_worker::workers;
use crate::location::{history, index_to_read, thumbnails};
use crate::output::Outcome;
use anyhow::{Result, bail};
use directories::UserDirs;
use pixseek_tui::{Cache, Ending, InterfaceError, Options, Refresh};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs the interface and prints the picked paths.
pub fn interface(common: &Common, arguments: &Interface, config: &Config) -> Result<Outcome> {
    let index = index_to_read(common)?;
    // Other commands would print over the screen.
    let quiet = Common {
        quiet: true,
        ..common.clone()
    };
    let options = Options {
        query: arguments.query.join(" "),
        pick: arguments.pick,
        pictures: match arguments.pictures.unwrap_or_default() {
            Pictures::Auto => pixseek_tui::Pictures::Auto,
            Pictures::Kitty => pixseek_tui::Pictures::Kitty,
            Pictures::Iterm2 => pixseek_tui::Pictures::Iterm2,
            Pictures::Sixel => pixseek_tui::Pictures::Sixel,
            Pictures::Blocks => pixseek_tui::Pictures::Blocks,
            Pictures::Sextants => pixseek_tui::Pictures::Sextants,
            Pictures::Octants => pixseek_tui::Pictures::Octants,
            Pictures::None => pixseek_tui::Pictures::None,
        },
        colours: common.has_colour().then(|| config.theme.clone()),
        keys: config.keys(),
        mouse: config.mouse.unwrap_or(true),
        cache: thumbnails().map(|folder| Cache {
            folder,
            bytes: config.limits.thumbnails_mb.unwrap_or(THUMBNAILS_MB) << 20,
        }),
        history: history().filter(|_| config.history.unwrap_or(true)),
        opener: opener(config),
        pictures_folder: pictures_folder(),
        advice,
        workers: workers(),
        refresh: Some(refresher(quiet.clone(), config, index.clone())),
    };
    let path = index.clone();
    let open = Box::new(move || {
        if !path.exists() {
            return Ok(None);
        }
        let searcher = open(&quiet, &path);
        searcher
            .map(Some)
            .map_err(|error| pixseek_tui::BoxError::from(explained(error.as_ref())))
    });
    let ending = match pixseek_tui::run(index, open, options) {
        Err(InterfaceError::NoTerminal(error)) => {
            tracing::info!("no terminal: {error}");
            bail!("pixseek needs a terminal; in scripts use `pixseek search`")
        }
        ending => ending?,
    };
    match ending {
        Ending::Left => Ok(Outcome::Done),
        Ending::Cancelled => Ok(Outcome::Interrupted),
        Ending::Signal(number) => Ok(Outcome::Signalled(number)),
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

/// The folder to propose for the first index run: that of the system for pictures if there is one, or
/// else the current one.
fn pictures_folder() -> Option<PathBuf> {
    let named = UserDirs::new().and_then(|folders| Some(folders.picture_dir()?.to_path_buf()));
    let usual = std::env::home_dir().map(|home| home.join("Pictures"));
    let mut known = named.into_iter().chain(usual);
    let known = known.find(|folder| folder.is_dir());
    known.or_else(|| std::env::current_dir().ok())
}

/// The command that opens photos: the variable wins over the file.
fn opener(config: &Config) -> Option<String> {
    let named = std::env::var(OPENER_VARIABLE).ok();
    named
        .filter(|opener| !opener.trim().is_empty())
        .or_else(|| config.opener.clone())
}

/// Returns the callback that updates the index as `pixseek index` does.
fn refresher(common: Common, config: &Config, index: PathBuf) -> Refresh {
    let arguments = Index {
        common_excludes: config.exclude.clone(),
        max_megapixels: config.limits.megapixels,
        roots: config.roots.clone(),
        ..Index::default()
    };
    Arc::new(move |folder, stop, tell| {
        let arguments = Index {
            folders: folder.map(Path::to_path_buf).into_iter().collect(),
            ..arguments.clone()
        };
        refresh(&common, &arguments, &index, stop, tell)
            .map_err(|error| pixseek_tui::BoxError::from(explained(error.as_ref())))
    })
}
