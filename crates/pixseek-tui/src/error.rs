//! What can go wrong, each with the words that the screen or the program shows.

use pixseek_engine::{EngineError, QueryError};
use std::error::Error;
use std::io;

/// An error of a function that the program passes in.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why the interface did not start, or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum InterfaceError {
    /// A key or a colour of the options is not known.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// There is no terminal, or it failed.
    #[error(transparent)]
    Terminal(#[from] io::Error),
}

/// A key or a colour of the configuration that is not known.
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
    /// A key is written in a form that is not known.
    #[error(
        "keys: {0} is an unknown key; examples: x, X, ctrl-x, f1, enter, esc, tab, space, up, pgdn, home, del"
    )]
    Key(String),
    /// Nothing that has a colour has this name.
    #[error("theme: unknown name {name}; there are {known}")]
    ColourName {
        /// The name in the configuration.
        name: String,
        /// The names of what has a colour.
        known: String,
    },
    /// A colour is written in a form that is not known.
    #[error("theme: {0} is an unknown colour; examples: cyan, light-red, 208, #ff8800")]
    Colour(String),
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The query has a mistake, which is shown under its place.
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
        /// What happened.
        source: EngineError,
        /// What can be done about it.
        advice: Option<String>,
    },
    /// The search panicked. The next question opens the index again.
    #[error("this search failed unexpectedly; the log of -v says more")]
    Panicked,
}

/// What is wrong with a query and what was perhaps meant, in one line.
pub fn mistake_text(mistake: &QueryError) -> String {
    match &mistake.hint {
        Some(hint) => format!("{}: {hint}", mistake.message),
        None => mistake.message.clone(),
    }
}

fn after(advice: Option<&str>) -> String {
    advice.map_or_else(String::new, |advice| format!("; {advice}"))
}

/// An error and its causes in one line, as `anyhow` prints them with `{:#}`.
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
