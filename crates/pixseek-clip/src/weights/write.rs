//! Weight files, written tensor by tensor: the header comes from the key table, so a model is
//! never in memory twice.

use crate::keys::{Entry, Layout};
use crate::{ClipError, WeightPrecision};
use half::f16;
use half::slice::HalfFloatSliceExt;
use pixseek_files::{NewFile, remove_unfinished};
use safetensors::tensor::{Dtype, Metadata, TensorInfo};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Headers are padded to this, as `safetensors` does, so that tensors are aligned.
const ALIGNMENT: usize = 8;

/// A weight file to be written.
pub(crate) struct WeightsToWrite<'a> {
    /// Its tensors, in the order of the file.
    pub entries: &'a [Entry],
    /// The precision of the numbers.
    pub precision: WeightPrecision,
    /// Entries of the metadata.
    pub notes: &'a [(&'static str, String)],
}

impl WeightsToWrite<'_> {
    /// Makes the file at `path`, or replaces it when the new one is whole and synced. `values`
    /// gives a parameter's values in the layout of use. One process at a time writes a path.
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
        // What a killed process left takes the room of a model, and nobody would find it.
        remove_unfinished(path);
        let mut new = NewFile::beside(path).map_err(error)?;
        let mut file = BufWriter::new(new.file());
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
        file.flush().map_err(error)?;
        drop(file);
        new.put_in_place().map_err(error)
    }

    fn header(&self, path: &Path) -> Result<Vec<u8>, ClipError> {
        let (dtype, width) = match self.precision {
            WeightPrecision::Full => (Dtype::F32, 4),
            WeightPrecision::Half => (Dtype::F16, 2),
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
            .map_err(|source| super::safetensors_file::form_error(path, source))?;
        let mut header =
            serde_json::to_vec(&metadata).map_err(|source| write_error(path, source.into()))?;
        header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');
        Ok(header)
    }
}

pub(crate) fn write_error(path: &Path, source: std::io::Error) -> ClipError {
    ClipError::Write {
        path: path.into(),
        source,
    }
}

fn to_bytes(values: &[f32], precision: WeightPrecision) -> Vec<u8> {
    match precision {
        WeightPrecision::Full => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        WeightPrecision::Half => {
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
