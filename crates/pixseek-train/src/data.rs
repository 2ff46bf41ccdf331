//! Described photos as batches of pairs, made on other threads while the model computes.

use crate::photos::Photos;
use anyhow::{Context, Result, bail};
use pixseek_clip::training::{Augmentation, Draw, Pair};
use pixseek_clip::{Embedding, Preprocess, Tokenizer};
use pixseek_lab::Described;
use rayon::prelude::*;

/// What a bare name is put into, so that the model meets it as people write.
const WORDINGS: [&str; 4] = ["{}", "a photo of {}", "a {}", "a photo of a {}"];

/// Photos with the token rows of their texts.
pub struct Lesson {
    photos: Photos,
    texts: Vec<Vec<Vec<u32>>>,
    subjects: Vec<usize>,
    preprocess: Preprocess,
    augmentation: Augmentation,
    seed: u64,
    teacher: Option<Taught>,
}

/// A teacher's vectors: of each photo, and of each of its texts.
pub struct Taught {
    pub photos: Vec<Embedding>,
    pub texts: Vec<Vec<Embedding>>,
}

/// The texts that a photo is learned with.
pub fn texts_of(described: &Described) -> Vec<String> {
    let names = described
        .label
        .iter()
        .flat_map(|label| WORDINGS.map(|wording| wording.replace("{}", label)));
    described.captions.iter().cloned().chain(names).collect()
}

impl Lesson {
    pub fn new(
        photos: Photos,
        described: &[Described],
        tokenizer: &Tokenizer,
        preprocess: &Preprocess,
        augmentation: Augmentation,
        seed: u64,
    ) -> Result<Self> {
        let texts = described
            .par_iter()
            .map(|one| {
                texts_of(one)
                    .iter()
                    .map(|text| Ok(tokenizer.encode(text)?))
                    .collect()
            })
            .collect::<Result<_>>()?;
        // A label's photos are one subject; a captioned photo is its own.
        let mut labels: Vec<&str> = described
            .iter()
            .filter_map(|one| one.label.as_deref())
            .collect();
        labels.sort_unstable();
        labels.dedup();
        let subject = |(place, one): (usize, &Described)| match &one.label {
            Some(label) => labels.binary_search(&label.as_str()).unwrap_or(0),
            None => labels.len() + place,
        };
        Ok(Self {
            photos,
            texts,
            subjects: described.iter().enumerate().map(subject).collect(),
            preprocess: preprocess.clone(),
            augmentation,
            seed,
            teacher: None,
        })
    }

    pub fn with_teacher(mut self, taught: Taught) -> Self {
        self.teacher = Some(taught);
        self
    }

    /// Names what is learned, in which order and how pictures are varied: what two runs have
    /// alike that learn the same.
    pub fn fingerprint(&self, batch: usize) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let settings = format!("{} {batch} {:?}", self.seed, self.augmentation);
        hasher.update(settings.as_bytes());
        for (place, texts) in self.texts.iter().enumerate() {
            hasher.update(self.photos.path(place).as_os_str().as_encoded_bytes());
            hasher.update(format!(" {texts:?} {}", self.subjects[place]).as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// Whole batches of an epoch; a set that is smaller than a batch is one.
    pub fn batches(&self, batch: usize) -> u64 {
        (self.texts.len() / batch).max(1) as u64
    }

    /// The batch of a step, the same whenever it is asked for.
    pub fn batch(&self, step: u64, batch: usize) -> Result<Vec<Pair>> {
        let batches = self.batches(batch);
        let epoch = step / batches;
        let mut order: Vec<usize> = (0..self.texts.len()).collect();
        Draw::new(self.seed, &["order", &epoch.to_string()]).shuffle(&mut order);
        let start = usize::try_from(step % batches)? * batch;
        let members = &order[start..order.len().min(start + batch)];
        if members.is_empty() {
            bail!("there is no photo to learn from");
        }
        members
            .par_iter()
            .map(|place| self.pair(*place, epoch))
            .collect()
    }

    fn pair(&self, place: usize, epoch: u64) -> Result<Pair> {
        let purpose = ["photo", &place.to_string(), &epoch.to_string()];
        let mut draw = Draw::new(self.seed, &purpose);
        let text = draw.below(self.texts[place].len());
        let pixels = self
            .photos
            .with(place, |image| {
                self.augmentation.pixels(&self.preprocess, image, &mut draw)
            })
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("cannot read {} again", self.photos.path(place).display()))?;
        let teacher = self.teacher.as_ref().map(|taught| {
            [
                taught.photos[place].clone(),
                taught.texts[place][text].clone(),
            ]
        });
        Ok(Pair {
            pixels,
            tokens: self.texts[place][text].clone(),
            subject: self.subjects[place],
            teacher,
        })
    }
}
