//! The photos that are learned from, as batches of pairs of pixels and tokens.

use crate::photos::Photos;
use anyhow::{Context, Result, bail};
use pixseek_clip::training::{Augmentation, Draw, Pair};
use pixseek_clip::{Embedding, Preprocess, Tokenizer};
use pixseek_lab::Described;
use rayon::prelude::*;

/// The texts that a label becomes, because queries are rarely a bare label.
const PROMPTS: [&str; 4] = ["{}", "a photo of {}", "a {}", "a photo of a {}"];

/// Photos with the tokens of their texts.
pub struct TrainingSet {
    photos: Photos,
    /// The tokens of each text of each photo.
    texts: Vec<Vec<Vec<u32>>>,
    /// The subject of each photo. The texts of one subject are right for all its photos.
    subjects: Vec<usize>,
    preprocess: Preprocess,
    augmentation: Augmentation,
    seed: u64,
    teacher: Option<TeacherEmbeddings>,
}

/// The embeddings that a teacher has for a training set.
pub struct TeacherEmbeddings {
    /// One of each photo.
    pub photos: Vec<Embedding>,
    /// One of each text of each photo.
    pub texts: Vec<Vec<Embedding>>,
}

/// The texts that describe a photo: its captions, and its label in each prompt.
pub fn texts_of(described: &Described) -> Vec<String> {
    let names = described
        .label
        .iter()
        .flat_map(|label| PROMPTS.map(|prompt| prompt.replace("{}", label)));
    described.captions.iter().cloned().chain(names).collect()
}

impl TrainingSet {
    /// Encodes the texts of photos into tokens.
    ///
    /// # Errors
    ///
    /// When a text cannot be encoded.
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
        // All photos of a label are one subject. A photo with captions is a subject of its own.
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

    /// The same set, with what a teacher says about it.
    pub fn with_teacher(mut self, teacher: TeacherEmbeddings) -> Self {
        self.teacher = Some(teacher);
        self
    }

    /// A hash of the photos, the texts, their order and the augmentation. A checkpoint can only be
    /// resumed by a run with the same hash.
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

    /// How many full batches an epoch has. A set that is smaller than a batch is one batch.
    pub fn batches(&self, batch: usize) -> u64 {
        (self.texts.len() / batch).max(1) as u64
    }

    /// The batch of a step. It depends on the step alone, so that a resumed run sees the same
    /// batches.
    ///
    /// # Errors
    ///
    /// When the set is empty, or a photo cannot be read again.
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
            .with_context(|| format!("cannot read {} again", self.photos.path(place).display()))?;
        let teacher = self.teacher.as_ref().map(|teacher| {
            [
                teacher.photos[place].clone(),
                teacher.texts[place][text].clone(),
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
