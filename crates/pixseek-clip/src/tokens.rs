//! The table of token vectors: on the device, or row by row from the weight file.

use crate::ClipError;
use crate::device::Target;
use crate::parameters::Parameters;
use crate::weights::WeightFile;
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::sync::Arc;

/// A vector for each token.
#[derive(Module, Debug)]
pub(crate) struct Tokens {
    /// `[V, W]`; none where its rows are read when they are needed.
    table: Option<Param<Tensor<2>>>,
    #[module(skip)]
    rows: TokenRows,
}

/// The rows of the token table in the weight file. A query needs seven of its 49,408, which are
/// two fifths of a tower's weights.
#[derive(Clone)]
struct TokenRows {
    file: Arc<WeightFile>,
    key: String,
    width: usize,
}

impl std::fmt::Debug for TokenRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenRows")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Where the token table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenTable {
    /// On the device, as training needs it.
    #[cfg_attr(not(feature = "training"), expect(dead_code, reason = "only trained"))]
    Loaded,
    /// In the weight file.
    InFile,
}

impl Tokens {
    pub(crate) fn load(
        parameters: &Parameters,
        width: usize,
        target: &Target,
    ) -> Result<Self, ClipError> {
        Ok(Self {
            table: match target.tokens {
                TokenTable::Loaded => Some(parameters.param("text.tokens", &target.device)?),
                TokenTable::InFile => None,
            },
            rows: TokenRows {
                file: Arc::clone(parameters.file()),
                key: parameters.key("text.tokens").to_owned(),
                width,
            },
        })
    }

    /// The vectors of `B * T` ids, `[B, T, W]`.
    ///
    /// # Errors
    ///
    /// When the weight file cannot be read any more.
    pub(crate) fn embed(
        &self,
        ids: &[u32],
        shape: [usize; 2],
        device: &Device,
    ) -> Result<Tensor<3>, ClipError> {
        let Some(table) = &self.table else {
            return self.rows.tensor(ids, shape, device);
        };
        let ids: Vec<i64> = ids.iter().copied().map(i64::from).collect();
        let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, shape), device);
        Ok(burn::tensor::module::embedding(table.val(), ids))
    }
}

impl TokenRows {
    /// `B * T` ids to `[B, T, W]`; a row that occurs often is read once.
    fn tensor(
        &self,
        ids: &[u32],
        [batch, length]: [usize; 2],
        device: &Device,
    ) -> Result<Tensor<3>, ClipError> {
        let mut distinct = ids.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let table = self.file.read_rows(&self.key, &distinct, self.width)?;
        let row = |id: &u32| {
            let place = distinct.partition_point(|other| other < id) * self.width;
            &table[place..place + self.width]
        };
        let values: Vec<f32> = ids.iter().flat_map(row).copied().collect();
        let data = TensorData::new(values, [batch, length, self.width]);
        Ok(Tensor::from_data(data, device))
    }
}
