use serde::{Deserialize, Serialize};

/// Why a file did not become a photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The kind, from which the advice follows.
    pub kind: FailureKind,
    /// What was found, in a few words.
    pub reason: String,
}

/// Kinds of failure, by what can be done about them.
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
}

impl Failure {
    /// Puts a reason to a kind.
    #[must_use]
    pub fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            kind,
            // Decoders quote the file in their messages; a reason stays one short line.
            reason: reason
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .take(200)
                .collect(),
        }
    }

    /// What a person can do.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self.kind {
            FailureKind::Unreadable => "check the file's permissions and the drive",
            FailureKind::NotAPhoto => "nothing to do, or rename it to what it is",
            FailureKind::Unsupported => "convert it to JPEG or PNG",
            FailureKind::TooLarge => "raise --max-megapixels, or shrink it",
            FailureKind::Corrupt => "restore it from a backup",
            FailureKind::NotEncoded => "look at it; the picture may be empty",
        }
    }
}
