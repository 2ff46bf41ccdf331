//! A model: a folder or the embedded one, and the two encoders that come from it.

#[cfg(test)]
mod tests;

use crate::keys::Naming;
use crate::openai::config_from_shapes;
use crate::parameters::Parameters;
use crate::text::TextTower;
use crate::vision::ImageTower;
use crate::weights::WeightFile;
use crate::{ClipConfig, ClipError, ComputeDevice, Embedding, Pixels, Preprocess, Tokenizer};
use burn::tensor::{Device, Tensor, TensorData};
use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Weight files in the order in which they are taken when a folder has several.
const WEIGHT_FILES: [&str; 7] = [
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "model.safetensors",
    "open_clip_pytorch_model.bin",
    "pytorch_model.bin",
    "model.pt",
    "model.bin",
];

const OPEN_CLIP_CONFIG: &str = "open_clip_config.json";
const HUGGING_FACE_CONFIG: &str = "config.json";
const PREPROCESSOR_CONFIG: &str = "preprocessor_config.json";
const TOKENIZER: &str = "tokenizer.json";

/// The files of `pocket`; see `pocket/README.md` for how it was made and what it scores.
mod pocket {
    pub(super) const NAME: &str = "pocket";
    pub(super) const CONFIG: &[u8] = include_bytes!("../pocket/open_clip_config.json");
    pub(super) const TOKENIZER: &[u8] = include_bytes!("../pocket/tokenizer.json");
    /// Of the three files above; held against them by a test, so that a search need not
    /// hash 22 MB.
    pub(super) const FINGERPRINT: &str = include_str!("../pocket/fingerprint.txt");
    pub(super) const WEIGHTS: &[u8] = include_bytes!("../pocket/open_clip_model.safetensors");
}

/// A checked model whose towers are not loaded yet.
pub struct Model {
    name: String,
    folder: Option<PathBuf>,
    config: ClipConfig,
    config_bytes: Vec<u8>,
    tokenizer_path: PathBuf,
    tokenizer_bytes: Cow<'static, [u8]>,
    parameters: Parameters,
}

/// Texts to unit vectors.
pub struct TextEncoder {
    tokenizer: Tokenizer,
    tower: TextTower,
}

/// Images to unit vectors.
pub struct ImageEncoder {
    preprocess: Preprocess,
    tower: ImageTower,
    device: Device,
}

impl Model {
    /// The model that the program carries.
    ///
    /// # Errors
    ///
    /// None in a whole program.
    pub fn embedded() -> Result<Self, ClipError> {
        let config_path = Path::new("pocket/open_clip_config.json");
        let config = ClipConfig::from_open_clip(pocket::CONFIG)
            .map_err(|source| config_error(config_path, source))?;
        let weights = WeightFile::embedded("pocket/open_clip_model.safetensors", pocket::WEIGHTS)?;
        Ok(Self {
            name: pocket::NAME.into(),
            folder: None,
            parameters: Parameters::check(weights, &config)?,
            config,
            config_bytes: pocket::CONFIG.into(),
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
        let tokenizer_path = folder.join(TOKENIZER);
        let tokenizer_bytes =
            read_if_there(&tokenizer_path)?.ok_or_else(|| not_a_model(folder, "tokenizer.json"))?;
        let (config, config_path, config_bytes) = read_config(folder, &weights)?;
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
            config_bytes,
            tokenizer_path,
            tokenizer_bytes: Cow::Owned(tokenizer_bytes),
        })
    }

    /// The folder's name, or `pocket`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is the one that the program carries.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.folder.is_none()
    }

    /// Where the model lies; `None` for the embedded one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// What the model is made of.
    #[must_use]
    pub fn config(&self) -> &ClipConfig {
        &self.config
    }

    /// Dimensions of its vectors.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.config.embedding
    }

    /// BLAKE3 over configuration, tokenizer and weights, in hexadecimal: vectors of two
    /// models with the same fingerprint may be compared, others never.
    ///
    /// # Errors
    ///
    /// When the weight file cannot be read.
    pub fn fingerprint(&self) -> Result<String, ClipError> {
        if self.folder.is_none() {
            return Ok(pocket::FINGERPRINT.trim().into());
        }
        let path = self.parameters.path();
        let file = File::open(path).map_err(|source| read_error(path, source))?;
        fingerprint([&self.config_bytes, &self.tokenizer_bytes], file)
            .map_err(|source| read_error(path, source))
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

    /// Loads the text tower and the tokenizer.
    ///
    /// # Errors
    ///
    /// When weights or tokenizer cannot be read, or do not fit each other.
    pub fn text_encoder(&self, on: &ComputeDevice) -> Result<TextEncoder, ClipError> {
        let config = &self.config.text;
        Ok(TextEncoder {
            tokenizer: Tokenizer::from_bytes(&self.tokenizer_path, &self.tokenizer_bytes, config)?,
            tower: TextTower::load(&self.parameters, config, &on.device)?,
        })
    }

    /// Loads the image tower.
    ///
    /// # Errors
    ///
    /// When the weights cannot be read.
    pub fn image_encoder(&self, on: &ComputeDevice) -> Result<ImageEncoder, ClipError> {
        Ok(ImageEncoder {
            preprocess: self.config.preprocess.clone(),
            tower: ImageTower::load(&self.parameters, &self.config.vision, &on.device)?,
            device: on.device.clone(),
        })
    }
}

impl TextEncoder {
    /// Encodes texts, one vector each.
    ///
    /// # Errors
    ///
    /// When the device fails or returns a vector without direction.
    pub fn encode(&self, texts: &[&str]) -> Result<Vec<Embedding>, ClipError> {
        let rows = texts
            .iter()
            .map(|text| self.tokenizer.encode(text))
            .collect::<Result<Vec<_>, _>>()?;
        self.features(&rows)?
            .into_iter()
            .map(Embedding::normalize)
            .collect()
    }

    /// The tower's output for rows of token ids, before normalisation.
    ///
    /// # Errors
    ///
    /// When the device fails.
    ///
    /// # Shapes
    ///
    /// `[B, T]` ids to `[B, E]`.
    pub fn features(&self, rows: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, ClipError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        rows_of(self.tower.forward(rows))
    }
}

impl ImageEncoder {
    /// How this model makes pixels; cheap to clone into decoding threads.
    #[must_use]
    pub fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    /// Encodes a batch, one result an image: a vector without direction is that image's own
    /// failure and not the batch's.
    ///
    /// # Errors
    ///
    /// When the device fails.
    pub fn encode(&self, batch: &[Pixels]) -> Result<Vec<Result<Embedding, ClipError>>, ClipError> {
        Ok(self
            .features(batch)?
            .into_iter()
            .map(Embedding::normalize)
            .collect())
    }

    /// The tower's output before normalisation.
    ///
    /// # Errors
    ///
    /// When the device fails.
    ///
    /// # Shapes
    ///
    /// `B` times `[3, S, S]` to `[B, E]`.
    pub fn features(&self, batch: &[Pixels]) -> Result<Vec<Vec<f32>>, ClipError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let side = self.preprocess.size;
        let values: Vec<f32> = batch.iter().flat_map(|pixels| &pixels.0).copied().collect();
        let data = TensorData::new(values, [batch.len(), 3, side, side]);
        rows_of(self.tower.forward(Tensor::from_data(data, &self.device)))
    }
}

/// BLAKE3 over parts with their lengths, and over weights to their end.
fn fingerprint(parts: [&[u8]; 2], weights: impl std::io::Read) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.update_reader(weights)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// `[B, E]` on a device to rows in memory.
fn rows_of(features: Tensor<2>) -> Result<Vec<Vec<f32>>, ClipError> {
    let [_, dimension] = features.dims();
    let values = features
        .try_into_data()
        .map_err(|error| ClipError::Device(error.to_string()))?
        .try_to_vec::<f32>()
        .map_err(|error| ClipError::Device(format!("{error:?}")))?;
    Ok(values
        .chunks_exact(dimension)
        .map(<[f32]>::to_vec)
        .collect())
}

/// The folder's configuration, the file it came from and the bytes that identify it.
fn read_config(
    folder: &Path,
    weights: &WeightFile,
) -> Result<(ClipConfig, PathBuf, Vec<u8>), ClipError> {
    let path = folder.join(OPEN_CLIP_CONFIG);
    if let Some(bytes) = read_if_there(&path)? {
        let config = ClipConfig::from_open_clip(&bytes).map_err(|e| config_error(&path, e))?;
        return Ok((config, path, bytes));
    }
    let path = folder.join(HUGGING_FACE_CONFIG);
    if let Some(mut bytes) = read_if_there(&path)? {
        let preprocessor = read_if_there(&folder.join(PREPROCESSOR_CONFIG))?;
        let config = ClipConfig::from_hugging_face(&bytes, preprocessor.as_deref())
            .map_err(|e| config_error(&path, e))?;
        bytes.extend(preprocessor.unwrap_or_default());
        return Ok((config, path, bytes));
    }
    if Naming::of(|key| weights.shape(key).is_some()) == Naming::OpenAi {
        let config = config_from_shapes(weights)?;
        return Ok((config, weights.path().into(), Vec::new()));
    }
    Err(not_a_model(folder, "open_clip_config.json or config.json"))
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

fn read_error(path: &Path, source: std::io::Error) -> ClipError {
    ClipError::Read {
        path: path.into(),
        source,
    }
}

fn not_a_model(folder: &Path, missing: &'static str) -> ClipError {
    ClipError::NotAModel {
        folder: folder.into(),
        missing,
    }
}

fn config_error(path: &Path, source: serde_json::Error) -> ClipError {
    ClipError::Config {
        path: path.into(),
        source,
    }
}
