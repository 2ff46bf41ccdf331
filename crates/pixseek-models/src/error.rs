//! Why a model could not be pulled, imported or found.

use pixseek_clip::ClipError;
use std::error::Error;
use std::path::PathBuf;

/// Why a model could not be pulled, imported or found.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// The registry has no model of this name.
    #[error("no model is called {name}; there are: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names that the registry has.
        known: String,
    },
    /// The licence allows research only, and the user has not confirmed it.
    #[error("{name} is under {licence}, for research only")]
    ResearchOnly {
        /// The model.
        name: String,
        /// Its licence.
        licence: String,
    },
    /// A model of this name is installed.
    #[error("{name} is installed already, in {folder}")]
    Installed {
        /// The model.
        name: String,
        /// Its folder.
        folder: PathBuf,
    },
    /// No model of this name is installed.
    #[error("{name} is not installed")]
    NotInstalled {
        /// The model.
        name: String,
    },
    /// The name cannot be that of a folder.
    #[error("{name} cannot be a model's name: take letters, digits, - _ and .")]
    Name {
        /// The name.
        name: String,
    },
    /// Another process pulls or imports a model of this name.
    #[error("another process is pulling or importing {name}; wait for it")]
    Busy {
        /// The model.
        name: String,
    },
    /// The environment forbids the network.
    #[error("HF_HUB_OFFLINE is set, so nothing is pulled")]
    Offline,
    /// The address of the server is not one that may be used.
    #[error("HF_ENDPOINT is {endpoint}, which is not an https:// address")]
    Endpoint {
        /// The address.
        endpoint: String,
    },
    /// The file cannot be got from the server.
    #[error("cannot get {url}")]
    Network {
        /// The address of the file.
        url: String,
        /// What happened.
        source: NetworkError,
    },
    /// The server sent other bytes than were published.
    #[error(
        "{url} is not the published file: {difference}; nothing of it was kept. Try again, and if it stays so, do not trust that server"
    )]
    Tampered {
        /// The address of the file.
        url: String,
        /// How the bytes differ.
        difference: Difference,
    },
    /// The user stopped the pull.
    #[error("stopped; what was downloaded is kept, and the same command goes on")]
    Stopped,
    /// The user stopped the import.
    #[error("stopped; nothing was imported")]
    NotImported,
    /// A file could not be read or written.
    #[error("cannot {action} {path}")]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
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
        /// The bytes that did not fit.
        bytes: u64,
    },
    /// The record of an installed model cannot be read.
    #[error("cannot use {path}")]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The files are not a model that can be opened.
    #[error(transparent)]
    Clip(#[from] ClipError),
}

/// Why a server did not send a file.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The connection was not made, or broke.
    #[error("the connection broke")]
    Connection(#[source] Box<dyn Error + Send + Sync>),
    /// The connection was made, but no answer came in time.
    #[error("the server does not answer")]
    NoAnswer,
    /// The server stopped sending.
    #[error("the server does not go on")]
    Stalled,
    /// The server ended its answer too early.
    #[error("it ended after {received} of {total} bytes")]
    Ended {
        /// Bytes that were received.
        received: u64,
        /// Bytes that the server had announced.
        total: u64,
    },
    /// The file on the server is another than the one whose rest was asked for.
    #[error("it has changed on the server")]
    Changed,
    /// The server sent another range of the file than was asked for.
    #[error("the server sent another part than was asked for")]
    AnotherRange,
    /// The server redirects in a circle.
    #[error("the server sends us in a circle")]
    Redirects,
    /// The server answered 404.
    #[error("the server has no such file")]
    NotFound,
    /// The server answered 401 or 403.
    #[error("the server asks for an account")]
    Account,
    /// The server answered that it has too much to do.
    #[error("the server is busy ({0}); try again later")]
    Busy(Status),
    /// The server answered that it failed.
    #[error("the server failed ({0})")]
    Failed(Status),
    /// The server answered something else.
    #[error("the server answered {0}")]
    Status(Status),
}

/// The status of a server's answer, such as `404 Not Found`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The number.
    pub code: u16,
    /// The words that belong to the number.
    pub reason: &'static str,
}

impl std::fmt::Display for Status {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.code, self.reason)
    }
}

/// How a file differs from the published one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The server announced another size.
    #[error("it has {bytes} bytes and not {published}")]
    Size {
        /// Bytes that the server announced.
        bytes: u64,
        /// Bytes of the published file.
        published: u64,
    },
    /// The server sent more than it had announced.
    #[error("it has more than {announced} bytes")]
    Longer {
        /// Bytes that the server had announced.
        announced: u64,
    },
    /// The file, whose size is not published, is larger than any such file.
    #[error("it has {bytes} bytes, and such a file has at most {limit}")]
    Limit {
        /// Bytes that the server announced or sent.
        bytes: u64,
        /// Bytes that such a file has at most.
        limit: u64,
    },
    /// The hash is another.
    #[error("its SHA-256 is {sha256} and not {published}")]
    Hash {
        /// The hash of the bytes that were received.
        sha256: String,
        /// The published hash.
        published: String,
    },
}

impl ModelsError {
    pub(crate) fn file(
        action: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File {
            action,
            path: path.into(),
            source,
        }
    }
}
