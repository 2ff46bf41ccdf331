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
//! burn's towers for an index that was carried to another machine. int8 is the same on every
//! processor with AVX2.

use super::{ImageEncoder, Model};
use crate::{ClipError, ComputeDevice, Embedding, ImageTowerConfig, Pixels, Precision};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// The least cosine between a vector in reduced precision and in f32.
const LEAST_REDUCED: f32 = 0.998;

/// The least cosine between a vector of a GPU and of the processor in f32.
const LEAST_OF_GPU: f32 = 0.999;

/// How much faster than f32 bf16 can be: an instruction multiplies twice as many.
const MOST_OF_BF16: f64 = 2.0;

/// Pictures that are encoded to measure the speed of a precision.
const TIMED: usize = 8;

/// An image tower and why it is not on the device that was asked for.
pub struct ChosenEncoder {
    /// The tower.
    pub encoder: ImageEncoder,
    /// Why the processor encodes in the place of a GPU, if it does.
    pub why_processor: Option<String>,
    /// The precisions that were compared; empty where there was nothing to choose.
    pub measured: Vec<MeasuredPrecision>,
}

/// What a precision achieves on a sample of pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredPrecision {
    /// The precision.
    pub precision: Precision,
    /// Pictures a second through the image tower.
    pub pictures_per_second: f64,
    /// The least cosine between a picture's vector and its vector in f32.
    pub least_cosine: f32,
}

impl MeasuredPrecision {
    /// Whether its vectors are close enough to f32's for an index.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.least_cosine >= LEAST_REDUCED
    }
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
    /// int8 or bf16 is chosen where it is the fastest and every vector has a cosine of 0.998 or more
    /// to its own in f32. A GPU is used where it computes in the precision and every
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
                        measured: Vec::new(),
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
        let (encoder, measured) = match precision {
            Some(precision) => (self.image_encoder_in(precision, &processor)?, Vec::new()),
            None => self.fastest_image_encoder(&processor, sample)?,
        };
        Ok(ChosenEncoder {
            encoder,
            measured,
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
            (_, ImageTowerConfig::VisionTransformer(_)) => on.in_precision(precision),
            (_, ImageTowerConfig::ModifiedResNet { .. }) => None,
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
            Ok(Ok((encoder, found))) if least_cosine(&exact, &found) >= LEAST_OF_GPU => Ok(encoder),
            Ok(Ok(_)) => Err("it computes other vectors".to_owned()),
            Ok(Err(ClipError::Device(cause))) => Err(format!("it failed: {cause}")),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("its driver stopped".to_owned()),
        })
    }

    /// The processor's encoder of the precision that is fastest and right, and what each precision
    /// achieved.
    fn fastest_image_encoder(
        &self,
        on: &ComputeDevice,
        sample: &[Pixels],
    ) -> Result<(ImageEncoder, Vec<MeasuredPrecision>), ClipError> {
        let full = self.image_encoder(on)?;
        let others = [Precision::Int8, Precision::Bf16].map(|other| self.device_in(other, on));
        if sample.is_empty() || others.iter().all(Option::is_none) {
            return Ok((full, Vec::new()));
        }
        let exact = vectors(&full, sample)?;
        let of_full = MeasuredPrecision {
            precision: full.precision(),
            pictures_per_second: speed(&full, sample)?,
            least_cosine: 1.0,
        };
        let (mut measured, mut fastest, mut last) = (vec![of_full], of_full, full);
        for device in others.into_iter().flatten() {
            let gain = fastest.pictures_per_second / of_full.pictures_per_second;
            if device.precision() == Precision::Bf16 && gain >= MOST_OF_BF16 {
                continue;
            }
            // One after the other: two at once would need half as much memory again.
            drop(last);
            last = self.image_encoder(&device)?;
            let found = vectors(&last, sample)?;
            let one = MeasuredPrecision {
                precision: last.precision(),
                pictures_per_second: speed(&last, sample)?,
                least_cosine: least_cosine(&exact, &found),
            };
            measured.push(one);
            if one.is_right() && one.pictures_per_second > fastest.pictures_per_second {
                fastest = one;
            }
        }
        if last.precision() != fastest.precision {
            drop(last);
            last = self.image_encoder_in(fastest.precision, on)?;
        }
        Ok((last, measured))
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

/// Pictures a second of a tower that has encoded before: its first run fills caches and starts threads.
/// A sample of few pictures is repeated: the index keeps the choice when its batches are large.
fn speed(encoder: &ImageEncoder, sample: &[Pixels]) -> Result<f64, ClipError> {
    let batch: Vec<Pixels> = sample.iter().cycle().take(TIMED).cloned().collect();
    let start = Instant::now();
    encoder.features(&batch)?;
    #[expect(clippy::cast_precision_loss, reason = "a small batch")]
    let count = batch.len() as f64;
    Ok(count / start.elapsed().as_secs_f64())
}

/// The least cosine of vectors to the exact ones; -1 where only one of two has a direction.
fn least_cosine(exact: &Vectors, close: &Vectors) -> f32 {
    let cosines = exact.iter().zip(close).map(|pair| match pair {
        (Some(exact), Some(close)) => exact.cosine(close),
        (None, None) => 1.0,
        _ => -1.0,
    });
    cosines.fold(1.0, f32::min)
}
