//! For tests: an index of the embedded model with generated vectors instead of encoded photos.

use crate::{Calibration, ModelChoice, open_model};
use pixseek_clip::Model;
use pixseek_index::{Batch, NewPhoto, PhotoFacts, Stamp, Writer, WriterOptions};
use tempfile::TempDir;

/// The index, open for writing.
pub(crate) struct MadeLibrary {
    pub folder: TempDir,
    pub model: Model,
    pub writer: Writer,
    numbers: u64,
}

impl MadeLibrary {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (model, identity) = open_model(&ModelChoice::Embedded).unwrap();
        let writer = Writer::open(folder.path(), &identity, WriterOptions::default()).unwrap();
        Self {
            folder,
            model,
            writer,
            numbers: 1,
        }
    }

    /// A number between -1 and 1; every run produces the same sequence (Knuth's MMIX generator).
    #[expect(clippy::cast_precision_loss, reason = "24 bits are exact in f32")]
    pub fn number(&mut self) -> f32 {
        self.numbers = self
            .numbers
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.numbers >> 40) as f32 / 8_388_608.0 - 1.0
    }

    /// A unit vector in a random direction.
    pub fn vector(&mut self) -> Vec<f32> {
        let dimension = self.model.dimension();
        let vector = (0..dimension).map(|_| self.number()).collect();
        crate::prompts::normalized(vector)
    }

    /// Adds a photo; a photo that is already at this path is replaced.
    pub fn add(&mut self, path: &str, vector: Vec<f32>) {
        let photo = self.photo(path, vector);
        self.add_all(vec![photo]);
    }

    /// Adds photos in one commit.
    pub fn add_all(&mut self, photos: Vec<NewPhoto>) {
        self.commit(Batch {
            photos,
            ..Batch::default()
        });
    }

    /// Creates a photo whose content no other one has.
    pub fn photo(&mut self, path: &str, vector: Vec<f32>) -> NewPhoto {
        let mut content = [0; 32];
        content[..8].copy_from_slice(&self.numbers.to_le_bytes());
        self.number();
        NewPhoto {
            path: path.into(),
            content,
            stamp: Stamp {
                size: 1,
                modified: 1,
                changed: 1,
                identity: 1,
            },
            facts: PhotoFacts::default(),
            vectors: vec![vector],
        }
    }

    /// Calibrates the library with generated descriptions.
    pub fn measure(&mut self) {
        let texts: Vec<f32> = (0..20).flat_map(|_| self.vector()).collect();
        Calibration::refresh_with(self.folder.path(), |_| Ok(Some(texts))).unwrap();
    }

    pub fn remove(&mut self, path: &str) {
        self.commit(Batch {
            removed: vec![path.into()],
            ..Batch::default()
        });
    }

    fn commit(&mut self, batch: Batch) {
        self.writer.commit(batch).unwrap();
    }
}
