use serde::{Deserialize, Serialize};
use std::fmt::{Display, Formatter};

/// Why a file did not become a photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong, from which a program derives its advice.
    pub kind: FailureKind,
    /// What the reader of the file found, in one short line.
    pub reason: String,
}

/// Kinds of failure, by what a person can do about them. The index stores the position in this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// The system did not let the file be read.
    Unreadable,
    /// The content is no image of a known format.
    NotAPhoto,
    /// An image in a format that this version does not decode.
    Unsupported,
    /// More pixels or bytes than the limit.
    TooLarge,
    /// Cut off or damaged.
    Corrupt,
    /// The model found no direction in it.
    NotEncoded,
    /// Its decoder crashed, or took more time or memory than a file may take.
    DecoderFailed,
    /// Something else than the file ended its decoding: a person, or a system without memory.
    Interrupted,
}

impl FailureKind {
    /// Whether the file may not be to blame, so that the next run tries again whatever its stamp is.
    #[must_use]
    pub fn is_of_the_moment(self) -> bool {
        matches!(self, Self::Unreadable | Self::Interrupted)
    }
}

impl Failure {
    /// A failure whose reason has no control characters and at most 200 characters.
    #[must_use]
    pub fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            kind,
            // Decoders quote the file in their messages.
            reason: reason
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .take(200)
                .collect(),
        }
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}
