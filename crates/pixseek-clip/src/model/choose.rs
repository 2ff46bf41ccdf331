//! The precision and the device of an image tower that encodes an index.
//!
//! The precision is chosen once for an index, by time and by a comparison of vectors, and given to
//! every later run. If each run chose anew, an index would hold photos of several precisions,
//! depending on how busy the machine was.
//!
//! GPUs and burn's `flex` compute in f32 only, so they encode an index in f32, or one whose
//! precision no device of this machine has. f32 is close enough then: a reduced precision is
//! chosen only if its vectors have a cosine of [`LEAST_REDUCED`] or more to f32's. Rounding to
//! bf16 in software would be closer, but it is a second path through every kernel and through
//! burn's towers for an index that was carried to another machine.

use super::{ImageEncoder, Model};
use crate::{ClipError, ComputeDevice, Embedding, ImageTowerConfig, Pixels, Precision};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// The least cosine between a vector in reduced precision and in f32.
const LEAST_REDUCED: f32 = 0.998;

/// The least cosine between a vector of a GPU and of the processor in f32.
const LEAST_OF_GPU: f32 = 0.999;

/// Pictures that are encoded to measure the speed of a precision.
const TIMED: usize = 8;

/// An image tower and why it is not on the device that was asked for.
pub struct ChosenEncoder {
    /// The tower.
    pub encoder: ImageEncoder,
    /// Why the processor encodes in the place of a GPU, if it does.
    pub why_processor: Option<String>,
}

impl Model {
    /// Whether image towers of this model are computed in `precision` on a device.
    #[must_use]
    pub fn computes_in(&self, precision: Precision, on: &ComputeDevice) -> bool {
        self.device_in(precision, on).is_some()
    }

    /// Loads the image tower in a precision; in f32 where the machine does not compute in it.
    /// [`ImageEncoder::precision`] says which one it became.
    ///
    /// # Errors
    ///
    /// When the weights cannot be read.
    pub fn image_encoder_in(
        &self,
        precision: Precision,
        on: &ComputeDevice,
    ) -> Result<ImageEncoder, ClipError> {
        let on = self.device_for(precision, on);
        self.image_encoder(&self.device_in(precision, &on).unwrap_or(on))
    }

    /// Loads the image tower in a precision, as [`Self::image_encoder_in`] does. Without a
    /// precision it takes the fastest one whose vectors of `sample` are right.
    ///
    /// Reduced precision is chosen where it is faster than f32 and every vector has a cosine of
    /// 0.998 or more to its own in f32. A GPU is used where it computes in the precision and every
    /// vector has a cosine of 0.999 or more to the processor's in f32: a broken driver must not
    /// poison an index. Else the processor takes its place.
    ///
    /// # Errors
    ///
    /// When the weights cannot be read or the processor fails.
    pub fn choose_image_encoder(
        &self,
        precision: Option<Precision>,
        on: &ComputeDevice,
        sample: &[Pixels],
    ) -> Result<ChosenEncoder, ClipError> {
        let why = match precision {
            _ if on.is_cpu() => None,
            Some(precision) if self.device_for(precision, on).is_cpu() => Some(format!(
                "it does not compute in {precision} as the index does"
            )),
            _ => match self.checked_gpu_encoder(on, sample)? {
                Ok(encoder) => {
                    return Ok(ChosenEncoder {
                        encoder,
                        why_processor: None,
                    });
                }
                Err(why) => Some(why),
            },
        };
        let processor = if on.is_cpu() {
            on.clone()
        } else {
            ComputeDevice::cpu()
        };
        let encoder = match precision {
            Some(precision) => self.image_encoder_in(precision, &processor)?,
            None => self.fastest_image_encoder(&processor, sample)?,
        };
        Ok(ChosenEncoder {
            encoder,
            why_processor: why
                .map(|why| format!("{} is not used ({why}); using the CPU", on.name())),
        })
    }

    /// The device itself, or the processor where only that computes in a precision.
    fn device_for(&self, precision: Precision, on: &ComputeDevice) -> ComputeDevice {
        let processor = ComputeDevice::cpu();
        if self.computes_in(precision, on) || !self.computes_in(precision, &processor) {
            on.clone()
        } else {
            processor
        }
    }

    /// The device computing in a precision; `None` where it does not compute this model's image
    /// tower in it.
    fn device_in(&self, precision: Precision, on: &ComputeDevice) -> Option<ComputeDevice> {
        match (precision, &self.config.vision.tower) {
            (Precision::F32, _) => Some(on.clone()),
            (Precision::Bf16, ImageTowerConfig::VisionTransformer(_)) => on.reduced(),
            (Precision::Bf16, ImageTowerConfig::ModifiedResNet { .. }) => None,
        }
    }

    /// A GPU's encoder if it makes the processor's vectors, else the reason why it is not used.
    fn checked_gpu_encoder(
        &self,
        gpu: &ComputeDevice,
        sample: &[Pixels],
    ) -> Result<Result<ImageEncoder, String>, ClipError> {
        let exact = vectors(&self.image_encoder(&ComputeDevice::cpu())?, sample)?;
        // A driver may fail anywhere on its way, by an error or by a panic.
        let of_gpu = catch_unwind(AssertUnwindSafe(|| {
            let encoder = self.image_encoder(gpu)?;
            let vectors = vectors(&encoder, sample)?;
            Ok::<_, ClipError>((encoder, vectors))
        }));
        Ok(match of_gpu {
            Ok(Ok((encoder, found))) if are_close(&exact, &found, LEAST_OF_GPU) => Ok(encoder),
            Ok(Ok(_)) => Err("it computes other vectors".to_owned()),
            Ok(Err(ClipError::Device(cause))) => Err(format!("it failed: {cause}")),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("its driver stopped".to_owned()),
        })
    }

    /// The processor's encoder of the precision that is fastest and right.
    fn fastest_image_encoder(
        &self,
        on: &ComputeDevice,
        sample: &[Pixels],
    ) -> Result<ImageEncoder, ClipError> {
        let full = self.image_encoder(on)?;
        let (Some(reduced), false) = (self.device_in(Precision::Bf16, on), sample.is_empty())
        else {
            return Ok(full);
        };
        // One after the other: both at once would need half as much memory again.
        let slow = time(&full, sample)?;
        let exact = vectors(&full, sample)?;
        drop(full);
        let reduced = self.image_encoder(&reduced)?;
        let fast = time(&reduced, sample)?;
        if fast < slow && are_close(&exact, &vectors(&reduced, sample)?, LEAST_REDUCED) {
            return Ok(reduced);
        }
        drop(reduced);
        self.image_encoder(on)
    }
}

/// One vector for each picture; `None` for a vector without direction.
type Vectors = Vec<Option<Embedding>>;

fn vectors(encoder: &ImageEncoder, sample: &[Pixels]) -> Result<Vectors, ClipError> {
    Ok(encoder
        .encode(sample)?
        .into_iter()
        .map(Result::ok)
        .collect())
}

/// The time of a batch. A sample of few pictures is repeated: the index keeps the choice when its
/// batches are large.
fn time(encoder: &ImageEncoder, sample: &[Pixels]) -> Result<Duration, ClipError> {
    let batch: Vec<Pixels> = sample.iter().cycle().take(TIMED).cloned().collect();
    // The first run fills caches and starts threads.
    encoder.features(&batch)?;
    let start = Instant::now();
    encoder.features(&batch)?;
    Ok(start.elapsed())
}

fn are_close(exact: &Vectors, close: &Vectors, least: f32) -> bool {
    exact.iter().zip(close).all(|pair| match pair {
        (Some(exact), Some(close)) => exact.cosine(close) >= least,
        (None, None) => true,
        _ => false,
    })
}
