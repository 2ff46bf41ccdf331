//! Why a try to download a file failed, and whether another one may succeed.

use super::Download;
use crate::{Difference, ModelsError, NetworkError, Status};
use std::time::Duration;
use ureq::Body;
use ureq::http::{Response, StatusCode};

/// The longest wait that a busy server can ask for, in seconds.
const LONGEST_WAIT: u64 = 60;

/// A try that failed.
pub(super) enum Failure {
    /// Another try would fail too.
    Permanent(ModelsError),
    /// Another try may succeed.
    Temporary {
        error: ModelsError,
        /// How long the server asks to wait before it.
        wait: Option<Duration>,
    },
}

impl From<ModelsError> for Failure {
    fn from(error: ModelsError) -> Self {
        Self::Permanent(error)
    }
}

pub(super) fn temporary(download: &Download, source: NetworkError) -> Failure {
    Failure::Temporary {
        error: network_error(download, source),
        wait: None,
    }
}

fn permanent(download: &Download, source: NetworkError) -> Failure {
    Failure::Permanent(network_error(download, source))
}

fn network_error(download: &Download, source: NetworkError) -> ModelsError {
    ModelsError::Network {
        url: download.url.clone(),
        source,
    }
}

pub(super) fn too_large(download: &Download, bytes: u64) -> ModelsError {
    let limit = download.file.byte_limit();
    tampered(download, Difference::Limit { bytes, limit })
}

pub(super) fn tampered(download: &Download, difference: Difference) -> ModelsError {
    ModelsError::Tampered {
        url: download.url.clone(),
        difference,
    }
}

/// A request without an answer. Redirects in a circle would be the same at the next try.
pub(super) fn no_answer(download: &Download, error: ureq::Error) -> Failure {
    match error {
        ureq::Error::TooManyRedirects => permanent(download, NetworkError::Redirects),
        ureq::Error::Timeout(_) => temporary(download, NetworkError::NoAnswer),
        other => temporary(download, NetworkError::Connection(other.into())),
    }
}

/// An answer that is not the file.
pub(super) fn refused(download: &Download, response: &Response<Body>) -> Failure {
    let code = response.status();
    let status = Status {
        code: code.as_u16(),
        reason: code.canonical_reason().unwrap_or("<unknown status code>"),
    };
    match code {
        StatusCode::NOT_FOUND => permanent(download, NetworkError::NotFound),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            permanent(download, NetworkError::Account)
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let wait = response.headers().get("retry-after");
            let wait = wait.and_then(|value| value.to_str().ok()?.parse().ok());
            Failure::Temporary {
                error: network_error(download, NetworkError::Busy(status)),
                wait: wait.map(|seconds: u64| Duration::from_secs(seconds.min(LONGEST_WAIT))),
            }
        }
        code if code.is_server_error() => temporary(download, NetworkError::Failed(status)),
        _ => permanent(download, NetworkError::Status(status)),
    }
}
