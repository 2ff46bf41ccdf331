//! The models that are known by name. The list is data: `registry.toml`.

use crate::ModelsError;
use serde::Deserialize;
use std::path::Path;

const BUILT_IN: &str = include_str!("registry.toml");

/// A list of known models.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Registry {
    /// The models, in the order in which they are listed.
    #[serde(rename = "model")]
    pub models: Vec<KnownModel>,
}

/// A model that can be pulled.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownModel {
    /// Its name in pixseek.
    pub name: String,
    /// Its full name.
    pub title: String,
    /// Whether it is the one that is recommended; exactly one is.
    #[serde(default)]
    pub recommended: bool,
    /// Whether its licence allows research only.
    #[serde(default)]
    pub research_only: bool,
    /// Its repository on Hugging Face, such as `laion/CLIP-ViT-B-32-laion2B-s34B-b79K`.
    pub repository: String,
    /// The commit of the repository that is pulled.
    pub revision: String,
    /// The licence of the weights.
    pub licence: String,
    /// The side of the pictures that it encodes, in pixels.
    pub pixels: usize,
    /// The size of its download, about: its parameters at four bytes each.
    pub megabytes: u64,
    /// The number of dimensions of its embeddings.
    pub embedding: usize,
    /// A published measurement, in words.
    pub score: String,
    /// Who published the measurement.
    pub source: String,
    /// The files that are pulled.
    pub files: Vec<KnownFile>,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its size, if it is published.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Its SHA-256 in hexadecimal, if it is published.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// The most bytes of a file of weights whose size is not published: twice those of the largest
/// published one (ViT-bigG, 10.2 GB).
const WEIGHTS_LIMIT: u64 = 20 << 30;
/// The most bytes of any other file whose size is not published. XLM-RoBERTa's tokenizer has
/// 17 MB.
const OTHER_LIMIT: u64 = 64 << 20;

impl KnownFile {
    /// Whether it holds weights.
    #[must_use]
    pub fn is_weights(&self) -> bool {
        let ending = Path::new(&self.name).extension();
        ending.is_some_and(|ending| ending == "safetensors" || ending == "bin" || ending == "pt")
    }

    /// The most bytes that are accepted for it, whatever the server announces.
    pub(crate) fn byte_limit(&self) -> u64 {
        self.bytes.unwrap_or(if self.is_weights() {
            WEIGHTS_LIMIT
        } else {
            OTHER_LIMIT
        })
    }
}

impl Registry {
    /// The models that this program knows.
    ///
    /// # Panics
    ///
    /// Never: the list is compiled in, and a test reads it.
    #[must_use]
    pub fn built_in() -> Self {
        toml::from_str(BUILT_IN).expect("the registry is checked by a test")
    }

    /// The model of this name.
    ///
    /// # Errors
    ///
    /// When there is none. The error lists the names that there are.
    pub fn find(&self, name: &str) -> Result<&KnownModel, ModelsError> {
        self.models
            .iter()
            .find(|model| model.name == name)
            .ok_or_else(|| ModelsError::Unknown {
                name: name.into(),
                known: self.names().join(", "),
            })
    }

    fn names(&self) -> Vec<&str> {
        self.models
            .iter()
            .map(|model| model.name.as_str())
            .collect()
    }
}
