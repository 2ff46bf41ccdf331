//! Weight files, written tensor by tensor: the header comes from the key table, so a model is
//! never in memory twice.

use crate::keys::{Entry, Layout};
use crate::{ClipError, Precision};
use half::f16;
use half::slice::HalfFloatSliceExt;
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Headers are padded to this, as `safetensors` does, so that tensors are aligned.
const ALIGNMENT: usize = 8;

/// A weight file to be written.
pub(crate) struct WeightsToWrite<'a> {
    /// Its tensors, in the order of the file.
    pub entries: &'a [Entry],
    /// The precision of the numbers.
    pub precision: Precision,
    /// Entries of the metadata.
    pub notes: &'a [(&'static str, String)],
}

impl WeightsToWrite<'_> {
    /// Writes a new file at `path` and syncs it. `values` gives a parameter's values in the
    /// layout of use.
    ///
    /// # Errors
    ///
    /// What `values` fails with, or when the file cannot be written.
    pub(crate) fn write(
        &self,
        path: &Path,
        mut values: impl FnMut(&Entry) -> Result<Vec<f32>, ClipError>,
    ) -> Result<(), ClipError> {
        let error = |source| write_error(path, source);
        let header = self.header(path)?;
        let mut file = BufWriter::new(File::create(path).map_err(error)?);
        file.write_all(&(header.len() as u64).to_le_bytes())
            .and_then(|()| file.write_all(&header))
            .map_err(error)?;
        for entry in self.entries {
            let mut values = values(entry)?;
            if entry.layout == Layout::Transposed {
                values = transpose(&values, &entry.shape);
            }
            file.write_all(&to_bytes(&values, self.precision))
                .map_err(error)?;
        }
        let file = file
            .into_inner()
            .map_err(|failure| error(failure.into_error()))?;
        file.sync_all().map_err(error)
    }

    fn header(&self, path: &Path) -> Result<Vec<u8>, ClipError> {
        let (dtype, width) = match self.precision {
            Precision::Full => (Dtype::F32, 4),
            Precision::Half => (Dtype::F16, 2),
        };
        let mut start = 0;
        let keys = self.entries.iter().flat_map(|entry| entry.keys.iter());
        let tensors = keys
            .map(|key| {
                let end = start + width * key.shape.iter().product::<usize>();
                let info = TensorInfo {
                    dtype,
                    shape: key.shape.clone(),
                    data_offsets: (start, end),
                };
                start = end;
                (key.name.clone(), info)
            })
            .collect();
        // PyTorch's tools ask for this one.
        let format = ("format".to_owned(), "pt".to_owned());
        let notes = self.notes.iter();
        let notes = notes.map(|(name, note)| ((*name).to_owned(), note.clone()));
        let metadata = Metadata::new(Some(notes.chain([format]).collect()), tensors)
            .map_err(|source| super::form_error(path, source))?;
        let mut header =
            serde_json::to_vec(&metadata).map_err(|source| write_error(path, source.into()))?;
        header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');
        Ok(header)
    }
}

/// Puts a synced file in another's place at one moment.
#[cfg(feature = "training")]
pub(crate) fn replace(file: &Path, place: &Path) -> Result<(), ClipError> {
    std::fs::rename(file, place).map_err(|source| write_error(place, source))?;
    sync_folder(place.parent().unwrap_or(Path::new(".")))
}

/// Syncs a folder's names; where folders cannot be opened (Windows) the rename is enough.
#[cfg(feature = "training")]
pub(crate) fn sync_folder(folder: &Path) -> Result<(), ClipError> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    if cfg!(unix) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| write_error(folder, source))?;
    }
    Ok(())
}

pub(crate) fn write_error(path: &Path, source: std::io::Error) -> ClipError {
    ClipError::Write {
        path: path.into(),
        source,
    }
}

fn to_bytes(values: &[f32], precision: Precision) -> Vec<u8> {
    match precision {
        Precision::Full => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Precision::Half => {
            let mut halves = vec![f16::ZERO; values.len()];
            halves.convert_from_f32_slice(values);
            halves.iter().flat_map(|x| x.to_le_bytes()).collect()
        }
    }
}

/// From the layout of use, `[in, out]`, to the file's, `[out, in]`; `shape` is the file's.
fn transpose(values: &[f32], shape: &[usize]) -> Vec<f32> {
    let (outputs, inputs) = (shape[0], shape[1]);
    (0..outputs)
        .flat_map(|output| (0..inputs).map(move |input| values[input * outputs + output]))
        .collect()
}
