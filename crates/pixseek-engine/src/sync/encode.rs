//! Step 3: computes unit vectors from pixels, in one precision for the whole index.

mod parts;

use super::Event;
use crate::EngineError;
use crate::identity::precision_of;
use parts::in_parts;
use pixseek_clip::{ClipError, ComputeDevice, Embedding, ImageEncoder, Model, Pixels};
use pixseek_index::Writer;

/// Number of photos that choose the precision of an index and on which a GPU is verified.
const SAMPLE: usize = 8;

/// The image tower of a run. It is loaded when the first photo needs it: most runs find nothing
/// new.
pub(super) struct Encoder<'a> {
    model: &'a Model,
    device: &'a dyn Fn() -> ComputeDevice,
    tower: Option<ImageEncoder>,
    /// Largest number of pictures that the device can encode at once.
    largest: usize,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(model: &'a Model, device: &'a dyn Fn() -> ComputeDevice) -> Self {
        Self {
            model,
            device,
            tower: None,
            largest: super::BATCH,
        }
    }

    /// Encodes a batch and returns one result per picture. The first pictures of an index decide
    /// its precision, which the writer stores.
    ///
    /// # Errors
    ///
    /// Fails when the model cannot be loaded, the device fails, or the index cannot be written.
    pub(super) fn encode(
        &mut self,
        pixels: &[Pixels],
        writer: &mut Writer,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Vec<Result<Embedding, ClipError>>, EngineError> {
        let tower = match self.tower.take() {
            Some(tower) => tower,
            None => self.load(&pixels[..pixels.len().min(SAMPLE)], writer, on_event)?,
        };
        let tower = self.tower.insert(tower);
        Ok(in_parts(pixels, &mut self.largest, |part| {
            tower.encode(part)
        })?)
    }

    /// Loads the image tower in the precision of the index, or chooses the precision of a new
    /// index.
    fn load(
        &self,
        sample: &[Pixels],
        writer: &mut Writer,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<ImageEncoder, EngineError> {
        let device = (self.device)();
        on_event(Event::Device(&device));
        let of_index = precision_of(writer.manifest())?;
        let chosen = self.model.choose_image_encoder(of_index, &device, sample)?;
        if let Some(why) = chosen.why_processor {
            on_event(Event::Processor(&why));
        }
        let used = chosen.encoder.precision();
        match of_index {
            None => writer.set_precision(used.name())?,
            Some(of_index) if of_index != used => {
                on_event(Event::OtherPrecision { of_index, used });
            }
            Some(_) => {}
        }
        Ok(chosen.encoder)
    }
}
