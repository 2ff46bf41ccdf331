//! A model: a folder or the embedded one, and the two encoders that come from it.

mod choose;
mod convert;
mod encoders;
mod fingerprint;
#[cfg(test)]
mod tests;
mod words;

use crate::keys::Naming;
use crate::openai::config_from_shapes;
use crate::parameters::Parameters;
use crate::weights::WeightFile;
use crate::{ClipConfig, ClipError, Tokenizer};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Names of weight files; a folder with several is opened by the first of them.
const WEIGHT_FILES: [&str; 8] = [
    CONVERTED,
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "model.safetensors",
    "open_clip_pytorch_model.bin",
    "pytorch_model.bin",
    "model.pt",
    "model.bin",
];

pub(crate) const OPEN_CLIP_CONFIG: &str = "open_clip_config.json";
const HUGGING_FACE_CONFIG: &str = "config.json";
const PREPROCESSOR_CONFIG: &str = "preprocessor_config.json";
/// The weights that [`Model::convert`] writes.
const CONVERTED: &str = "pixseek.safetensors";
const TOKENIZER_CONFIG: &str = "tokenizer_config.json";
const TOKENIZER: &str = "tokenizer.json";

/// The files of `pocket`; see `pocket/README.md` for how it was made and what it scores.
mod pocket {
    pub(super) const NAME: &str = "pocket";
    pub(super) const CONFIG: &[u8] = include_bytes!("../pocket/open_clip_config.json");
    pub(super) const TOKENIZER: &[u8] = include_bytes!("../pocket/tokenizer.json");
    /// The hash of the three files above. A test compares it with them, so that a search need not
    /// hash 22 MB.
    pub(super) const FINGERPRINT: &str = include_str!("../pocket/fingerprint.txt");
    pub(super) const WEIGHTS: &[u8] = include_bytes!("../pocket/open_clip_model.safetensors");
}

pub use choose::{ChosenEncoder, MeasuredPrecision};
pub use encoders::{ImageEncoder, TextEncoder};

/// A configuration's files, by name, in the order in which they are hashed.
pub(crate) type ConfigFiles = Vec<(&'static str, Vec<u8>)>;

/// A configuration, the file it came from, and all its files.
pub(crate) type FoundConfig = (ClipConfig, PathBuf, ConfigFiles);

/// A checked model whose towers are not loaded yet.
pub struct Model {
    name: String,
    folder: Option<PathBuf>,
    config: ClipConfig,
    config_files: ConfigFiles,
    tokenizer_path: PathBuf,
    tokenizer_bytes: Cow<'static, [u8]>,
    parameters: Parameters,
}

impl Model {
    /// The weight file that [`Model::convert`] writes.
    pub const CONVERTED: &str = CONVERTED;

    /// The model that the program carries.
    ///
    /// # Errors
    ///
    /// When the files in the program are damaged.
    pub fn embedded() -> Result<Self, ClipError> {
        let config_path = Path::new("pocket/open_clip_config.json");
        let config = ClipConfig::from_open_clip(pocket::CONFIG, None)
            .map_err(|source| config_error(config_path, source))?;
        let weights = WeightFile::embedded("pocket/open_clip_model.safetensors", pocket::WEIGHTS)?;
        Ok(Self {
            name: pocket::NAME.into(),
            folder: None,
            parameters: Parameters::check(weights, &config)?,
            config,
            config_files: vec![(OPEN_CLIP_CONFIG, pocket::CONFIG.into())],
            tokenizer_path: "pocket/tokenizer.json".into(),
            tokenizer_bytes: Cow::Borrowed(pocket::TOKENIZER),
        })
    }

    /// Opens a model folder in OpenCLIP's, Hugging Face's or OpenAI's form and checks every
    /// key and shape of its weights; no weights are read yet.
    ///
    /// # Errors
    ///
    /// When a file is missing, broken or does not fit the others; the error names it.
    pub fn open(folder: &Path) -> Result<Self, ClipError> {
        let weights = WeightFile::open(&weight_file(folder)?)?;
        let config = read_config(folder, &weights)?;
        Self::from_parts(folder, config, weights)
    }

    /// Makes a model of a configuration and weights, with the tokenizer of `folder`.
    pub(crate) fn from_parts(
        folder: &Path,
        (config, config_path, config_files): FoundConfig,
        weights: WeightFile,
    ) -> Result<Self, ClipError> {
        let tokenizer_path = folder.join(TOKENIZER);
        let tokenizer_bytes =
            read_if_there(&tokenizer_path)?.ok_or_else(|| not_a_model(folder, "tokenizer.json"))?;
        if let Some(what) = config.contradiction() {
            return Err(ClipError::Unsupported {
                path: config_path,
                what,
            });
        }
        let name = folder
            .canonicalize()
            .unwrap_or_else(|_| folder.into())
            .file_name()
            .map_or_else(
                || "model".into(),
                |name| name.to_string_lossy().into_owned(),
            );
        Ok(Self {
            name,
            folder: Some(folder.into()),
            parameters: Parameters::check(weights, &config)?,
            config,
            config_files,
            tokenizer_path,
            tokenizer_bytes: Cow::Owned(tokenizer_bytes),
        })
    }

    /// The folder's name, or `pocket`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the model that the program carries.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.folder.is_none()
    }

    /// Whether it has the embedded model's configuration: it is that model, or was trained from it.
    #[must_use]
    pub fn is_like_embedded(&self) -> bool {
        self.is_embedded()
            || ClipConfig::from_open_clip(pocket::CONFIG, None)
                .is_ok_and(|pocket| pocket == self.config)
    }

    /// Where the model lies; `None` for the embedded one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Whether [`Model::convert`] wrote the model's folder.
    #[must_use]
    pub fn is_converted(&self) -> bool {
        self.folder.is_some() && self.parameters.naming() == Naming::Pixseek
    }

    /// The model's configuration.
    #[must_use]
    pub fn config(&self) -> &ClipConfig {
        &self.config
    }

    /// Its parameters.
    #[cfg(feature = "training")]
    pub(crate) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Dimensions of its vectors.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.config.embedding
    }

    /// How strongly the model's training sharpened cosines: `exp(logit_scale)`, about 100
    /// in published models.
    ///
    /// # Errors
    ///
    /// When the weight file cannot be read.
    pub fn logit_scale(&self) -> Result<f32, ClipError> {
        let values = self.parameters.values("logit_scale")?;
        Ok(values.first().copied().unwrap_or(0.0).exp())
    }

    /// The tokenizer, set to the text tower's context.
    ///
    /// # Errors
    ///
    /// When it is broken or does not fit the text tower.
    pub fn tokenizer(&self) -> Result<Tokenizer, ClipError> {
        Tokenizer::from_bytes(
            &self.tokenizer_path,
            &self.tokenizer_bytes,
            &self.config.text,
        )
    }
}

/// BLAKE3 over parts with their lengths; the weights follow to their end.
fn hasher_of(parts: [&[u8]; 2]) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher
}

/// The folder's configuration; an OpenAI state dict is its own.
fn read_config(folder: &Path, weights: &WeightFile) -> Result<FoundConfig, ClipError> {
    if let Some(mut found) = find_config(folder)? {
        found.0.fill_from_weights(|key| weights.shape(key));
        return Ok(found);
    }
    if Naming::of(|key| weights.shape(key).is_some()) == Naming::OpenAi {
        let config = config_from_shapes(weights)?;
        return Ok((config, weights.path().into(), Vec::new()));
    }
    Err(not_a_model(folder, "open_clip_config.json or config.json"))
}

/// The configuration that lies in a folder, if one does.
pub(crate) fn find_config(folder: &Path) -> Result<Option<FoundConfig>, ClipError> {
    let tokenizer = read_if_there(&folder.join(TOKENIZER_CONFIG))?;
    let open_clip = folder.join(OPEN_CLIP_CONFIG);
    let (config, path, mut files) = if let Some(bytes) = read_if_there(&open_clip)? {
        let config = ClipConfig::from_open_clip(&bytes, tokenizer.as_deref())
            .map_err(|e| config_error(&open_clip, e))?;
        (config, open_clip, vec![(OPEN_CLIP_CONFIG, bytes)])
    } else {
        let path = folder.join(HUGGING_FACE_CONFIG);
        let Some(bytes) = read_if_there(&path)? else {
            return Ok(None);
        };
        let preprocessor = read_if_there(&folder.join(PREPROCESSOR_CONFIG))?;
        let config =
            ClipConfig::from_hugging_face(&bytes, preprocessor.as_deref(), tokenizer.as_deref())
                .map_err(|e| config_error(&path, e))?;
        let mut files = vec![(HUGGING_FACE_CONFIG, bytes)];
        files.extend(preprocessor.map(|bytes| (PREPROCESSOR_CONFIG, bytes)));
        (config, path, files)
    };
    if config.text.padding.is_some() {
        files.extend(tokenizer.map(|bytes| (TOKENIZER_CONFIG, bytes)));
    }
    Ok(Some((config, path, files)))
}

/// The weight file of a folder: a known name, else the only file of its kind.
fn weight_file(folder: &Path) -> Result<PathBuf, ClipError> {
    if let Some(path) = WEIGHT_FILES
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
    {
        return Ok(path);
    }
    let entries = std::fs::read_dir(folder).map_err(|source| read_error(folder, source))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|e| e == "safetensors" || e == "pt" || e == "bin")
        })
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(path), true) => Ok(path),
        _ => Err(not_a_model(folder, "single .safetensors, .bin or .pt file")),
    }
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, ClipError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(read_error(path, source)),
    }
}

pub(crate) fn read_error(path: &Path, source: std::io::Error) -> ClipError {
    ClipError::Read {
        path: path.into(),
        source,
    }
}

pub(crate) fn not_a_model(folder: &Path, missing: &'static str) -> ClipError {
    ClipError::NotAModel {
        folder: folder.into(),
        missing,
    }
}

fn config_error(path: &Path, source: serde_json::Error) -> ClipError {
    ClipError::Config {
        path: path.into(),
        source: source.into(),
    }
}
