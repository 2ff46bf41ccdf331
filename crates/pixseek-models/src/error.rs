use pixseek_clip::ClipError;
use std::path::PathBuf;

/// What can go wrong between a model's name and its folder.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// No such model.
    #[error("no model is called {name}; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The licence asks for a word.
    #[error(
        "{name} is under {licence}, for research only; if that is what you do, add --research-only"
    )]
    ResearchOnly {
        /// The model.
        name: String,
        /// Its licence.
        licence: String,
    },
    /// It is there.
    #[error("{name} is installed already, in {folder}; `pixseek model remove {name}` removes it")]
    Installed {
        /// The model.
        name: String,
        /// Its folder.
        folder: PathBuf,
    },
    /// It is not there.
    #[error("{name} is not installed; `pixseek model list` shows what is")]
    NotInstalled {
        /// The model.
        name: String,
    },
    /// A name that a folder cannot have.
    #[error("{name} cannot be a model's name: take letters, digits, - _ and .")]
    Name {
        /// The name.
        name: String,
    },
    /// Another process does the same.
    #[error("another process is pulling or importing {name}; wait for it")]
    Busy {
        /// The model.
        name: String,
    },
    /// The person said that there is no network.
    #[error(
        "HF_HUB_OFFLINE is set, so nothing is pulled; unset it, or copy the model's folder and `pixseek model import` it"
    )]
    Offline,
    /// The endpoint is none.
    #[error("HF_ENDPOINT is {endpoint}, which is not an https:// address")]
    Endpoint {
        /// What was given.
        endpoint: String,
    },
    /// The server refused or the way to it is broken.
    #[error("cannot get {url}: {reason}")]
    Network {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// Other bytes than those that were published.
    #[error(
        "{url} is not the published file: {reason}; nothing of it was kept. Try again, and if it stays so, do not trust that server"
    )]
    Tampered {
        /// The address.
        url: String,
        /// What differs.
        reason: String,
    },
    /// It was stopped.
    #[error("stopped; what was downloaded is kept, and the same command goes on")]
    Stopped,
    /// An import was stopped.
    #[error("stopped; nothing was imported")]
    NotImported,
    /// A file could not be read or written.
    #[error("cannot {what} {path}")]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The disk is full.
    #[error(
        "the disk is full: {path} needs {bytes} bytes more; what was downloaded of it was removed"
    )]
    Full {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        bytes: u64,
    },
    /// A record of an installed model that is none.
    #[error("cannot use {path}; `pixseek model remove` the model, then pull or import it again")]
    Record {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The files are no model.
    #[error(transparent)]
    Clip(#[from] ClipError),
}

impl ModelsError {
    pub(crate) fn file(
        what: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File {
            what,
            path: path.into(),
            source,
        }
    }
}
