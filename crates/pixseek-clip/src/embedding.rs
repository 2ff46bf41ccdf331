use crate::ClipError;

/// A unit vector in a model's shared space: what a photo or a text means to it.
///
/// The length is 1 and every component is finite; both hold by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// Scales `features` to length 1.
    ///
    /// # Errors
    ///
    /// [`ClipError::NoDirection`] when a component is not finite or all are zero.
    pub fn normalize(mut features: Vec<f32>) -> Result<Self, ClipError> {
        let norm = features
            .iter()
            .map(|x| f64::from(*x).powi(2))
            .sum::<f64>()
            .sqrt();
        if !norm.is_finite() || norm <= f64::from(f32::MIN_POSITIVE) {
            return Err(ClipError::NoDirection);
        }
        #[expect(clippy::cast_possible_truncation, reason = "back to storage precision")]
        for x in &mut features {
            *x = (f64::from(*x) / norm) as f32;
        }
        Ok(Self(features))
    }

    /// The components, as many as the model's embedding has dimensions.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// The cosine similarity with `other`, in `-1..=1`; both must come from one model.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}
