//! A weight file, opened but not read: names, shapes, and values on demand.
//!
//! A length that a file claims is compared with the file's own size before anything is allocated
//! for it. Tensors are read one by one at their offset, so a search reads the text tower's bytes
//! and no others.

mod safetensors_file;
pub(crate) mod write;

use crate::ClipError;
use crate::model::read_error;
use burn::store::pytorch_reader::{DType, PytorchReader, Tensor};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use safetensors::tensor::Dtype;
use safetensors_file::SafetensorsFile;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// An opened weight file.
pub(crate) struct WeightFile {
    path: PathBuf,
    content: Content,
}

enum Content {
    Safetensors(SafetensorsFile),
    Pytorch(HashMap<String, Tensor>),
    #[cfg(feature = "training")]
    Made(HashMap<String, Made>),
}

/// A tensor that is in memory: its shape and its values.
#[cfg(feature = "training")]
pub(crate) type Made = (Vec<usize>, Vec<f32>);

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
            Content::Safetensors(SafetensorsFile::open(path)?)
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
        Ok(Self {
            path: path.into(),
            content: Content::Safetensors(SafetensorsFile::embedded(path, bytes)?),
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
            Content::Safetensors(file) => {
                let notes = file.metadata.metadata().as_ref()?;
                notes.get(name).map(String::as_str)
            }
            _ => None,
        }
    }

    /// All keys, in no order.
    pub(crate) fn keys(&self) -> Vec<String> {
        match &self.content {
            Content::Safetensors(file) => file.metadata.tensors().into_keys().collect(),
            Content::Pytorch(tensors) => tensors.keys().cloned().collect(),
            #[cfg(feature = "training")]
            Content::Made(tensors) => tensors.keys().cloned().collect(),
        }
    }

    /// The shape of a key's tensor, if the file has the key.
    pub(crate) fn shape(&self, key: &str) -> Option<Vec<usize>> {
        match &self.content {
            Content::Safetensors(file) => file.metadata.info(key).map(|info| info.shape.clone()),
            Content::Pytorch(tensors) => tensors.get(key).map(|tensor| tensor.shape().to_vec()),
            #[cfg(feature = "training")]
            Content::Made(tensors) => tensors.get(key).map(|(shape, _)| shape.clone()),
        }
    }

    /// Reads one tensor whose shape was checked, as f32 in row-major order.
    pub(crate) fn read(&self, key: &str) -> Result<Vec<f32>, ClipError> {
        let (kind, bytes) = match &self.content {
            Content::Safetensors(file) => {
                let info = file.metadata.info(key).ok_or_else(|| self.missing(key))?;
                let kind = self.kind(key, info.dtype)?;
                let (start, end) = info.data_offsets;
                let read = file.range(info, 0, end - start);
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
        let Content::Safetensors(file) = &self.content else {
            let all = self.read(key)?;
            for row in rows {
                let start = *row as usize * width;
                values.extend(all.get(start..start + width).unwrap_or_default());
            }
            return Ok(values);
        };
        let info = file.metadata.info(key).ok_or_else(|| self.missing(key))?;
        let kind = self.kind(key, info.dtype)?;
        let length = width * kind.bytes();
        let (first, end) = info.data_offsets;
        for row in rows {
            let start = *row as usize * length;
            if start + length > end - first {
                return Err(self.missing(key));
            }
            let read = file.range(info, start, length);
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

/// Converts little-endian bytes to f32; `half` converts with SIMD where the processor has it.
fn to_f32(kind: Kind, bytes: &[u8]) -> Vec<f32> {
    match kind {
        Kind::F32 => bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect(),
        Kind::F16 => halves(bytes, f16::from_le_bytes),
        Kind::Bf16 => halves(bytes, bf16::from_le_bytes),
    }
}

fn halves<H>(bytes: &[u8], half: impl Fn([u8; 2]) -> H) -> Vec<f32>
where
    [H]: HalfFloatSliceExt,
{
    /// Numbers that are converted at once; they stay in the processor's cache.
    const PIECE: usize = 4096;
    let (bytes, _) = bytes.as_chunks::<2>();
    let mut values = vec![0.0; bytes.len()];
    let mut halves = Vec::with_capacity(PIECE);
    for (bytes, values) in bytes.chunks(PIECE).zip(values.chunks_mut(PIECE)) {
        halves.clear();
        halves.extend(bytes.iter().map(|bytes| half(*bytes)));
        halves.convert_to_f32_slice(values);
    }
    values
}
