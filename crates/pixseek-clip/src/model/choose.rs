//! Which encoder an index run takes: the fastest that makes the right vectors, by a look at both.

use super::{ImageEncoder, Model};
use crate::{ClipError, ComputeDevice, Embedding, ImageTowerConfig, Pixels};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// The least cosine between a vector in reduced precision and in full.
const LEAST_REDUCED: f32 = 0.998;

/// The least cosine between a vector of a GPU and of the processor in f32.
const LEAST_OF_GPU: f32 = 0.999;

impl Model {
    /// Loads the image tower in the fastest way that is right on `sample`.
    ///
    /// On a processor, products are of bf16 where it has them and where they are faster than f32
    /// and every vector has a cosine of 0.998 or more to its own in f32. A GPU is used where every
    /// vector has a cosine of 0.999 or more to the processor's in f32; else the processor takes its
    /// place, and the second value says why: a broken driver must not poison an index.
    ///
    /// # Errors
    ///
    /// When the weights cannot be read or the processor fails.
    pub fn fastest_image_encoder(
        &self,
        on: &ComputeDevice,
        sample: &[Pixels],
    ) -> Result<(ImageEncoder, Option<String>), ClipError> {
        if on.is_cpu() {
            return Ok((self.on_processor(on, sample)?, None));
        }
        let processor = ComputeDevice::cpu();
        let exact = vectors(&self.image_encoder(&processor)?, sample)?;
        // A driver may fail anywhere on its way, by an error or by a panic.
        let of_gpu = catch_unwind(AssertUnwindSafe(|| {
            let encoder = self.image_encoder(on)?;
            let vectors = vectors(&encoder, sample)?;
            Ok::<_, ClipError>((encoder, vectors))
        }));
        let why = match of_gpu {
            Ok(Ok((encoder, found))) => {
                if are_close(&exact, &found, LEAST_OF_GPU) {
                    return Ok((encoder, None));
                }
                "it computes other vectors".to_owned()
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "its driver stopped".to_owned(),
        };
        let why = format!("{} is not used ({why}); using the CPU", on.name());
        Ok((self.on_processor(&processor, sample)?, Some(why)))
    }

    fn on_processor(
        &self,
        on: &ComputeDevice,
        sample: &[Pixels],
    ) -> Result<ImageEncoder, ClipError> {
        let full = self.image_encoder(on)?;
        let Some(reduced) = self.reduced(on) else {
            return Ok(full);
        };
        if sample.is_empty() {
            return Ok(full);
        }
        // One behind the other: both at once would need half as much memory again.
        let (exact, slow) = timed(&full, sample)?;
        drop(full);
        let reduced = self.image_encoder(&reduced)?;
        let (close, fast) = timed(&reduced, sample)?;
        if fast < slow && are_close(&exact, &close, LEAST_REDUCED) {
            return Ok(reduced);
        }
        drop(reduced);
        self.image_encoder(on)
    }

    /// The device in reduced precision, if it computes this model's image tower in that.
    fn reduced(&self, on: &ComputeDevice) -> Option<ComputeDevice> {
        match self.config.vision.tower {
            ImageTowerConfig::VisionTransformer(_) => on.reduced(),
            ImageTowerConfig::ModifiedResNet { .. } => None,
        }
    }
}

/// A vector each; none for one without direction.
type Vectors = Vec<Option<Embedding>>;

fn vectors(encoder: &ImageEncoder, sample: &[Pixels]) -> Result<Vectors, ClipError> {
    Ok(encoder
        .encode(sample)?
        .into_iter()
        .map(Result::ok)
        .collect())
}

fn timed(encoder: &ImageEncoder, sample: &[Pixels]) -> Result<(Vectors, Duration), ClipError> {
    // Once to warm up.
    encoder.features(&sample[..1])?;
    let start = Instant::now();
    Ok((vectors(encoder, sample)?, start.elapsed()))
}

fn are_close(exact: &Vectors, close: &Vectors, least: f32) -> bool {
    exact.iter().zip(close).all(|pair| match pair {
        (Some(exact), Some(close)) => exact.cosine(close) >= least,
        (None, None) => true,
        _ => false,
    })
}
