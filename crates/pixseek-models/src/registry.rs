//! The models that are known by name: data, in `registry.toml`.

use crate::ModelsError;
use serde::Deserialize;
use std::path::Path;

const BUILT_IN: &str = include_str!("registry.toml");

/// A list of known models.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Registry {
    /// In the order in which they are shown.
    #[serde(rename = "model")]
    pub models: Vec<KnownModel>,
}

/// A model that can be pulled.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownModel {
    /// What it is called here.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Whether it is the one for people who do not want to choose.
    #[serde(default)]
    pub recommended: bool,
    /// Whether its licence allows research only.
    #[serde(default)]
    pub research_only: bool,
    /// Who has it: a Hugging Face id.
    pub repository: String,
    /// The commit that is pulled.
    pub revision: String,
    /// The weights' licence.
    pub licence: String,
    /// Side of its pictures, in pixels.
    pub pixels: usize,
    /// Dimensions of its vectors.
    pub embedding: usize,
    /// A published measurement.
    pub score: String,
    /// Who published it.
    pub source: String,
    /// What is pulled.
    pub files: Vec<KnownFile>,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its size, if it is known.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Its SHA-256 in hexadecimal, if it is known.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// Bytes that a file of weights may have when the registry does not say how many: twice those of
/// the largest that is published (ViT-bigG, 10.2 GB).
const MOST_WEIGHTS: u64 = 20 << 30;
/// The same of other files; XLM-RoBERTa's tokenizer has 17 MB.
const MOST_WORDS: u64 = 64 << 20;

impl KnownFile {
    /// Whether it holds weights.
    #[must_use]
    pub fn is_weights(&self) -> bool {
        let ending = Path::new(&self.name).extension();
        ending.is_some_and(|ending| ending == "safetensors" || ending == "bin" || ending == "pt")
    }

    /// The bytes that a server may send for it, whatever it says.
    pub(crate) fn most_bytes(&self) -> u64 {
        self.bytes.unwrap_or(if self.is_weights() {
            MOST_WEIGHTS
        } else {
            MOST_WORDS
        })
    }
}

impl Registry {
    /// The models that this program knows.
    ///
    /// # Panics
    ///
    /// Never in a program that passed its tests: the list is part of it.
    #[must_use]
    pub fn built_in() -> Self {
        toml::from_str(BUILT_IN).expect("the registry is checked by a test")
    }

    /// The model of a name.
    ///
    /// # Errors
    ///
    /// When there is none; the error names those that there are.
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
