//! The errors of the interface, with the messages that the screen or the program shows.

use pixseek_engine::{EngineError, QueryError};
use std::error::Error;
use std::io;

/// An error of a function that the program passes in.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// The reason why the interface did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum InterfaceError {
    /// The options have an unknown key or colour.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// There is no terminal.
    #[error("there is no terminal to draw on: {0}")]
    NoTerminal(#[source] io::Error),
    /// The terminal failed.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
}

/// An unknown key or colour in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// No row of the table of keys has this name.
    #[error("keys: unknown name {name}; there are {known}")]
    ActionName {
        /// The name in the configuration.
        name: String,
        /// The names of the table.
        known: String,
    },
    /// A key has an unknown form.
    #[error(
        "keys: {0} is an unknown key; examples: x, X, ctrl-x, f1, enter, esc, tab, space, up, pgdn, home, del"
    )]
    Key(String),
    /// No colour of the theme has this name.
    #[error("theme: unknown name {name}; there are {known}")]
    ColourName {
        /// The name in the configuration.
        name: String,
        /// The names of the theme's colours.
        known: String,
    },
    /// A colour has an unknown form.
    #[error("theme: {0} is an unknown colour; examples: cyan, light-red, 208, #ff8800")]
    Colour(String),
}

/// The reason why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The query has a mistake. The screen points at it.
    #[error("{}", mistake_text(.0))]
    Query(QueryError),
    /// There is no index yet.
    #[error("nothing is indexed yet")]
    NoIndex,
    /// The index cannot be opened.
    #[error("{}", chain(.0.as_ref()))]
    Open(BoxError),
    /// The search failed.
    #[error("{}{}", chain(.source), after(.advice.as_deref()))]
    Search {
        /// The error of the search engine.
        source: EngineError,
        /// Advice on how to resolve it.
        advice: Option<String>,
    },
    /// The search panicked. The next question opens the index again.
    #[error("this search failed unexpectedly; the log of -v says more")]
    Panicked,
}

/// Describes a mistake in a query, and a likely correction, in one line.
pub fn mistake_text(mistake: &QueryError) -> String {
    match &mistake.hint {
        Some(hint) => format!("{}: {hint}", mistake.message),
        None => mistake.message.clone(),
    }
}

fn after(advice: Option<&str>) -> String {
    advice.map_or_else(String::new, |advice| format!("; {advice}"))
}

/// Formats an error and its causes in one line, as `anyhow` does with `{:#}`.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
