//! A weight file, opened but not read: names, shapes, and values on demand.
//!
//! A length that a file claims is compared with the file's own size before anything is allocated
//! for it. Tensors are read one by one at their offset, so a search reads the text tower's bytes
//! and no others.

pub(crate) mod write;

use crate::ClipError;
use burn::store::pytorch_reader::{DType, PytorchReader, Tensor};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The length of a safetensors header comes first, as a little-endian `u64`.
const LENGTH_BYTES: usize = 8;

/// `safetensors` refuses longer headers too.
const LONGEST_HEADER: u64 = 100_000_000;

/// An opened weight file.
pub(crate) struct WeightFile {
    path: PathBuf,
    content: Content,
}

enum Content {
    Safetensors {
        metadata: Metadata,
        data_start: u64,
        bytes: Bytes,
    },
    Pytorch(HashMap<String, Tensor>),
    #[cfg(feature = "training")]
    Made(HashMap<String, Made>),
}

/// A tensor that is in memory: its shape and its values.
#[cfg(feature = "training")]
pub(crate) type Made = (Vec<usize>, Vec<f32>);

enum Bytes {
    Embedded(&'static [u8]),
    File(File),
}

/// The number formats in which weights are published.
#[derive(Clone, Copy)]
enum Kind {
    F32,
    F16,
    Bf16,
}

impl Kind {
    /// Bytes of a number.
    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }
}

impl WeightFile {
    /// Opens `path`: safetensors by its extension, else a PyTorch state dict.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or its header does not describe it.
    pub(crate) fn open(path: &Path) -> Result<Self, ClipError> {
        let content = if path.extension().is_some_and(|e| e == "safetensors") {
            let mut file = File::open(path).map_err(|source| read_error(path, source))?;
            let size = file
                .metadata()
                .map_err(|source| read_error(path, source))?
                .len();
            let mut prefix = Vec::with_capacity(LENGTH_BYTES);
            (&mut file)
                .take(LENGTH_BYTES as u64)
                .read_to_end(&mut prefix)
                .map_err(|source| read_error(path, source))?;
            let length = header_length(path, &prefix, size)?;
            let mut header = Vec::new();
            (&mut file)
                .take(length)
                .read_to_end(&mut header)
                .map_err(|source| read_error(path, source))?;
            safetensors_content(path, &header, size, Bytes::File(file))?
        } else {
            let reader = PytorchReader::new(path).map_err(|error| ClipError::Pytorch {
                path: path.into(),
                source: error.into(),
            })?;
            Content::Pytorch(reader.into_tensors())
        };
        Ok(Self {
            path: path.into(),
            content,
        })
    }

    /// Opens safetensors that are part of the program; `name` stands for a path in errors.
    pub(crate) fn embedded(name: &str, bytes: &'static [u8]) -> Result<Self, ClipError> {
        let path = Path::new(name);
        let size = bytes.len() as u64;
        let length = header_length(path, bytes, size)?;
        let source = Bytes::Embedded(bytes);
        let header = source
            .range(
                LENGTH_BYTES as u64,
                usize::try_from(length).unwrap_or(usize::MAX),
            )
            .map_err(|source| read_error(path, source))?;
        let content = safetensors_content(path, &header, size, source)?;
        Ok(Self {
            path: path.into(),
            content,
        })
    }

    /// Wraps weights that no file holds yet; `path` stands for one in errors.
    #[cfg(feature = "training")]
    pub(crate) fn made(path: &Path, tensors: HashMap<String, Made>) -> Self {
        Self {
            path: path.into(),
            content: Content::Made(tensors),
        }
    }

    /// The file, for errors.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the whole file to `hasher`. Weights that no file holds are added in the order of their
    /// names.
    pub(crate) fn hash(&self, hasher: &mut blake3::Hasher) -> Result<(), ClipError> {
        let failed = |source| read_error(&self.path, source);
        #[cfg(feature = "training")]
        if let Content::Made(tensors) = &self.content {
            let mut tensors: Vec<_> = tensors.iter().collect();
            tensors.sort_by_key(|(key, _)| *key);
            for (key, (_, values)) in tensors {
                hasher.update(key.as_bytes());
                for value in values {
                    hasher.update(&value.to_le_bytes());
                }
            }
            return Ok(());
        }
        let file = File::open(&self.path).map_err(failed)?;
        hasher.update_reader(file).map_err(failed)?;
        Ok(())
    }

    /// An entry of a safetensors file's metadata.
    #[cfg(feature = "training")]
    pub(crate) fn note(&self, name: &str) -> Option<&str> {
        match &self.content {
            Content::Safetensors { metadata, .. } => {
                metadata.metadata().as_ref()?.get(name).map(String::as_str)
            }
            _ => None,
        }
    }

    /// All keys, in no order.
    pub(crate) fn keys(&self) -> Vec<String> {
        match &self.content {
            Content::Safetensors { metadata, .. } => metadata.tensors().into_keys().collect(),
            Content::Pytorch(tensors) => tensors.keys().cloned().collect(),
            #[cfg(feature = "training")]
            Content::Made(tensors) => tensors.keys().cloned().collect(),
        }
    }

    /// The shape of a key's tensor, if the file has the key.
    pub(crate) fn shape(&self, key: &str) -> Option<Vec<usize>> {
        match &self.content {
            Content::Safetensors { metadata, .. } => {
                metadata.info(key).map(|info| info.shape.clone())
            }
            Content::Pytorch(tensors) => tensors.get(key).map(|tensor| tensor.shape().to_vec()),
            #[cfg(feature = "training")]
            Content::Made(tensors) => tensors.get(key).map(|(shape, _)| shape.clone()),
        }
    }

    /// Reads one tensor whose shape was checked, as f32 in row-major order.
    pub(crate) fn read(&self, key: &str) -> Result<Vec<f32>, ClipError> {
        let (kind, bytes) = match &self.content {
            Content::Safetensors {
                metadata,
                data_start,
                bytes,
            } => {
                let info = metadata.info(key).ok_or_else(|| self.missing(key))?;
                let kind = self.kind(key, info.dtype)?;
                let (start, end) = info.data_offsets;
                // `safetensors` has checked that the offsets follow each other, and
                // `safetensors_content` that the last of them is the end of the file.
                let read = bytes.range(*data_start + start as u64, end - start);
                (kind, read.map_err(|source| read_error(&self.path, source))?)
            }
            Content::Pytorch(tensors) => {
                let tensor = tensors.get(key).ok_or_else(|| self.missing(key))?;
                let kind = match tensor.dtype() {
                    DType::F32 => Kind::F32,
                    DType::F16 => Kind::F16,
                    DType::BF16 => Kind::Bf16,
                    other => return Err(self.number_kind(key, format!("{other:?}"))),
                };
                let bytes = tensor
                    .read()
                    .map_err(|source| read_error(&self.path, source))?;
                (kind, std::borrow::Cow::Owned(bytes))
            }
            #[cfg(feature = "training")]
            Content::Made(tensors) => {
                let (_, values) = tensors.get(key).ok_or_else(|| self.missing(key))?;
                return Ok(values.clone());
            }
        };
        Ok(to_f32(kind, &bytes))
    }

    /// Reads some rows of a matrix `[rows, width]` whose shape was checked, one after the other.
    pub(crate) fn read_rows(
        &self,
        key: &str,
        rows: &[u32],
        width: usize,
    ) -> Result<Vec<f32>, ClipError> {
        let mut values = Vec::with_capacity(rows.len() * width);
        let Content::Safetensors {
            metadata,
            data_start,
            bytes,
        } = &self.content
        else {
            let all = self.read(key)?;
            for row in rows {
                let start = *row as usize * width;
                values.extend(all.get(start..start + width).unwrap_or_default());
            }
            return Ok(values);
        };
        let info = metadata.info(key).ok_or_else(|| self.missing(key))?;
        let kind = self.kind(key, info.dtype)?;
        let length = width * kind.bytes();
        let (first, end) = info.data_offsets;
        for row in rows {
            let start = first + *row as usize * length;
            if start + length > end {
                return Err(self.missing(key));
            }
            let read = bytes.range(*data_start + start as u64, length);
            values.extend(to_f32(kind, &read.map_err(|e| read_error(&self.path, e))?));
        }
        Ok(values)
    }

    fn kind(&self, key: &str, dtype: Dtype) -> Result<Kind, ClipError> {
        match dtype {
            Dtype::F32 => Ok(Kind::F32),
            Dtype::F16 => Ok(Kind::F16),
            Dtype::BF16 => Ok(Kind::Bf16),
            other => Err(self.number_kind(key, format!("{other:?}"))),
        }
    }

    fn missing(&self, key: &str) -> ClipError {
        ClipError::MissingKey {
            path: self.path.clone(),
            key: key.into(),
        }
    }

    fn number_kind(&self, key: &str, kind: String) -> ClipError {
        ClipError::NumberKind {
            path: self.path.clone(),
            key: key.into(),
            kind,
        }
    }
}

impl Bytes {
    fn range(&self, start: u64, length: usize) -> std::io::Result<std::borrow::Cow<'static, [u8]>> {
        match self {
            Self::Embedded(bytes) => usize::try_from(start)
                .ok()
                .and_then(|start| bytes.get(start..start.checked_add(length)?))
                .map(std::borrow::Cow::Borrowed)
                .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into()),
            Self::File(file) => {
                let mut bytes = vec![0; length];
                read_exact_at(file, &mut bytes, start)?;
                Ok(std::borrow::Cow::Owned(bytes))
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

/// Parses a header and compares the bytes that it lays out with the file's size.
fn safetensors_content(
    path: &Path,
    header: &[u8],
    size: u64,
    bytes: Bytes,
) -> Result<Content, ClipError> {
    let metadata: Metadata = serde_json::from_slice(header)
        .map_err(|error| form_error(path, SafeTensorError::InvalidHeaderDeserialization(error)))?;
    let data_start = (header.len() + LENGTH_BYTES) as u64;
    if data_start.checked_add(metadata.data_len() as u64) != Some(size) {
        return Err(form_error(path, SafeTensorError::MetadataIncompleteBuffer));
    }
    Ok(Content::Safetensors {
        metadata,
        data_start,
        bytes,
    })
}

fn form_error(path: &Path, source: SafeTensorError) -> ClipError {
    ClipError::Safetensors {
        path: path.into(),
        source: source.into(),
    }
}

fn read_error(path: &Path, source: std::io::Error) -> ClipError {
    ClipError::Read {
        path: path.into(),
        source,
    }
}

/// Converts little-endian bytes to f32; `half` converts with SIMD where the processor has it.
fn to_f32(kind: Kind, bytes: &[u8]) -> Vec<f32> {
    match kind {
        Kind::F32 => bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect(),
        Kind::F16 => bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|b| f16::from_le_bytes(*b))
            .collect::<Vec<_>>()
            .to_f32_vec(),
        Kind::Bf16 => bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|b| bf16::from_le_bytes(*b))
            .collect::<Vec<_>>()
            .to_f32_vec(),
    }
}
