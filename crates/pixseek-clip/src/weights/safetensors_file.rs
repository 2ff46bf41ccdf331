//! A safetensors file, opened but not read: its header, and bytes at any place.

use crate::ClipError;
use crate::model::read_error;
use safetensors::SafeTensorError;
use safetensors::tensor::{Metadata, TensorInfo};
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The length of the header comes first, as a little-endian `u64`.
const LENGTH_BYTES: usize = 8;

/// `safetensors` refuses longer headers too.
const LONGEST_HEADER: u64 = 100_000_000;

pub(super) struct SafetensorsFile {
    pub(super) metadata: Metadata,
    data_start: u64,
    bytes: Bytes,
}

enum Bytes {
    Embedded(&'static [u8]),
    File(File),
}

impl SafetensorsFile {
    pub(super) fn open(path: &Path) -> Result<Self, ClipError> {
        let failed = |source| read_error(path, source);
        let mut file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mut read = |count: u64| {
            let mut bytes = Vec::new();
            let read = (&mut file).take(count).read_to_end(&mut bytes);
            read.map(|_| bytes).map_err(failed)
        };
        let length = header_length(path, &read(LENGTH_BYTES as u64)?, size)?;
        let header = read(length)?;
        Self::new(path, &header, size, Bytes::File(file))
    }

    /// Opens a file that is part of the program; `path` stands for its path in errors.
    pub(super) fn embedded(path: &Path, bytes: &'static [u8]) -> Result<Self, ClipError> {
        let size = bytes.len() as u64;
        let length = header_length(path, bytes, size)?;
        let source = Bytes::Embedded(bytes);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let header = source.range(LENGTH_BYTES as u64, length);
        let header = header.map_err(|source| read_error(path, source))?;
        Self::new(path, &header, size, source)
    }

    /// Parses a header and compares the bytes that it lays out with the file's size.
    fn new(path: &Path, header: &[u8], size: u64, bytes: Bytes) -> Result<Self, ClipError> {
        let metadata: Metadata = serde_json::from_slice(header).map_err(|error| {
            form_error(path, SafeTensorError::InvalidHeaderDeserialization(error))
        })?;
        let data_start = (header.len() + LENGTH_BYTES) as u64;
        if data_start.checked_add(metadata.data_len() as u64) != Some(size) {
            return Err(form_error(path, SafeTensorError::MetadataIncompleteBuffer));
        }
        Ok(Self {
            metadata,
            data_start,
            bytes,
        })
    }

    /// Reads `length` bytes of a tensor from its byte `from` on.
    ///
    /// `safetensors` has checked that the tensors' offsets follow each other, and
    /// [`SafetensorsFile::new`] that the last of them is the end of the file.
    pub(super) fn range(
        &self,
        tensor: &TensorInfo,
        from: usize,
        length: usize,
    ) -> std::io::Result<Cow<'static, [u8]>> {
        let start = self.data_start + (tensor.data_offsets.0 + from) as u64;
        self.bytes.range(start, length)
    }
}

impl Bytes {
    fn range(&self, start: u64, length: usize) -> std::io::Result<Cow<'static, [u8]>> {
        match self {
            Self::Embedded(bytes) => usize::try_from(start)
                .ok()
                .and_then(|start| bytes.get(start..start.checked_add(length)?))
                .map(Cow::Borrowed)
                .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into()),
            Self::File(file) => {
                let mut bytes = vec![0; length];
                read_exact_at(file, &mut bytes, start)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

/// Reads at an offset without moving the file's cursor, so that threads can read at once.
#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], start: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

/// Reads at an offset that each call names, so that threads can read at once.
#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut start: u64) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, start)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => {
                bytes = &mut bytes[count..];
                start += count as u64;
            }
        }
    }
    Ok(())
}

/// Reads the length of the header, with which `bytes` begin, and compares it with the file's size.
fn header_length(path: &Path, bytes: &[u8], size: u64) -> Result<u64, ClipError> {
    let error = match bytes.first_chunk() {
        None => SafeTensorError::HeaderTooSmall,
        Some(length) => match u64::from_le_bytes(*length) {
            length if length > LONGEST_HEADER => SafeTensorError::HeaderTooLarge,
            length if length + LENGTH_BYTES as u64 > size => SafeTensorError::InvalidHeaderLength,
            length => return Ok(length),
        },
    };
    Err(form_error(path, error))
}

pub(super) fn form_error(path: &Path, source: SafeTensorError) -> ClipError {
    ClipError::Safetensors {
        path: path.into(),
        source: source.into(),
    }
}
