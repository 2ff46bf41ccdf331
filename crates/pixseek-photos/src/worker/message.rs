//! What parent and worker say to each other. A message is its length in four bytes and a value in
//! postcard's encoding. A file's bytes and a picture's pixels follow their message as they are.

use crate::Failure;
use crate::file::Part;
use pixseek_record::PhotoFacts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind, Read, Write};

/// Changes with the messages. Parent and worker are the same program, unless it was replaced while
/// it ran.
pub(super) const VERSION: u32 = 1;

/// The longest message in bytes: a thousand times the usual one, and room for the longest notes.
const LONGEST: usize = 1 << 20;

/// From the parent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToWorker {
    /// The first message, before any byte of a file.
    Setup(Setup),
    /// A file; its bytes follow.
    Job(JobHeader),
    /// The memory that was asked for is free now.
    Granted,
}

/// The limits of a worker, for its whole life.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Setup {
    /// Pixels of a picture.
    pub pixels: u64,
    /// Bytes of a file.
    pub bytes: u64,
    /// Address space of the process, in bytes.
    pub memory: u64,
    /// Processor time for each file, in seconds.
    pub seconds: u64,
}

/// A file that follows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct JobHeader {
    pub task: Task,
    /// The extension of the file's name.
    pub extension: Vec<u8>,
    /// Which part of the file follows.
    pub part: Part,
    /// The number of bytes that follow.
    pub length: u64,
}

/// What is wanted of a file.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum Task {
    /// Its facts alone.
    Facts,
    /// Its facts and its picture, of at least `side` pixels along the shorter side; of a film, one of
    /// its key frames.
    Picture { side: u32, frame: usize },
}

/// From the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToParent {
    /// The worker has limited itself and waits for files.
    Ready {
        /// [`VERSION`].
        version: u32,
        /// The protections that the system does not have, for the log.
        missing: Vec<String>,
    },
    /// The decoder needs so many bytes for a picture, and waits for [`ToWorker::Granted`].
    Room { bytes: u64 },
    /// The answer to a file.
    Done {
        outcome: Result<Box<Outcome>, Failure>,
        /// The worker takes no other file after this one.
        retires: bool,
    },
}

/// What a file has told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub facts: PhotoFacts,
    pub unread: Option<String>,
    /// The picture whose pixels follow, if a picture was wanted.
    pub picture: Option<PictureHeader>,
}

/// An RGB picture that follows, three bytes a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct PictureHeader {
    pub width: u32,
    pub height: u32,
    /// See [`crate::Photo::size`].
    pub whole: [u32; 2],
    /// See [`crate::Photo::scale`].
    pub scale: f64,
}

/// Writes a message.
///
/// # Errors
///
/// When the other side has ended, or the message is too long.
pub(super) fn send<T: Serialize>(output: &mut impl Write, message: &T) -> io::Result<()> {
    let bytes = postcard::to_stdvec(message).map_err(io::Error::other)?;
    if bytes.len() > LONGEST {
        return Err(ErrorKind::InvalidData.into());
    }
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    output.write_all(&length.to_le_bytes())?;
    output.write_all(&bytes)?;
    output.flush()
}

/// Reads a message.
///
/// # Errors
///
/// `UnexpectedEof` when the other side has ended; `InvalidData` when this is no message.
pub(super) fn receive<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
    if length > LONGEST {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    postcard::from_bytes(&bytes).map_err(|_| ErrorKind::InvalidData.into())
}

/// Reads so many bytes, whose number has been held against a limit.
///
/// # Errors
///
/// `OutOfMemory` when there is no room for them, otherwise as [`receive`].
pub(super) fn receive_bytes(input: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let size = usize::try_from(length).map_err(|_| io::Error::from(ErrorKind::OutOfMemory))?;
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(size).is_err() {
        return Err(ErrorKind::OutOfMemory.into());
    }
    input.take(length).read_to_end(&mut bytes)?;
    if bytes.len() < size {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}
