use std::path::PathBuf;

/// An error of a library that reads models.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong between a model's files and a unit vector.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// A model's file could not be read.
    #[error("cannot read {path}; check that the model folder is complete")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A model's file could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A folder that should be created exists already.
    #[error("{folder} is there already; take another name or remove it")]
    FolderExists {
        /// The folder.
        folder: PathBuf,
    },
    /// A checkpoint was written by a run with another model or other settings.
    #[error(
        "{path} was not written by this run: the model or the settings differ; take another name for a new run"
    )]
    Checkpoint {
        /// The file.
        path: PathBuf,
    },
    /// A training run cannot start or go on.
    #[error("cannot train")]
    Training(#[from] TrainingError),
    /// A folder that was named as a model has no file of the kind that is needed.
    #[error(
        "{folder} is not a model folder: no {missing}; it needs a configuration, a tokenizer.json and one weight file"
    )]
    NotAModel {
        /// The folder.
        folder: PathBuf,
        /// The file that is missing.
        missing: &'static str,
    },
    /// A configuration is not JSON or not of a known form.
    #[error("cannot use the configuration {path}")]
    Config {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// A configuration asks for something this program does not compute.
    #[error("{path}: {what}; use a CLIP with a Vision Transformer or a modified ResNet")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The setting and its value.
        what: String,
    },
    /// A safetensors header is broken, or names bytes that the file does not have.
    #[error("{path} is not a whole safetensors file; download it again")]
    Safetensors {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// A PyTorch checkpoint is broken or holds what a state dict does not.
    #[error("{path} is not a readable PyTorch state dict; download it again")]
    Pytorch {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The weight file lacks a key that the configuration calls for.
    #[error("{path}: key {key} is missing; the weights do not belong to this configuration")]
    MissingKey {
        /// The weight file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// The weight file has a key that no part of the model takes.
    #[error("{path}: key {key} is left over; the weights do not belong to this configuration")]
    LeftOverKey {
        /// The weight file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// A tensor has another shape than the configuration calls for.
    #[error("{path}: key {key} has shape {found:?}, the configuration needs {expected:?}")]
    Shape {
        /// The weight file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The shape that the configuration calls for.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// A tensor holds numbers of a kind that weights never have, such as integers.
    #[error("{path}: key {key} holds {kind} numbers; weights are f32, f16 or bf16")]
    NumberKind {
        /// The weight file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The kind in the file.
        kind: String,
    },
    /// A tokenizer file is broken.
    #[error("cannot use the tokenizer {path}")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// A text could not be split into tokens.
    #[error("cannot split the text into tokens")]
    Tokenize(#[source] BoxError),
    /// The tokenizer and the text tower do not fit each other.
    #[error("{path}: {what}; take the tokenizer.json that came with the weights")]
    Vocabulary {
        /// The tokenizer file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// A tower returned a vector without direction: not finite, or all zero.
    #[error("the model returned a vector that is not finite or has no length")]
    NoDirection,
    /// The device could not run the model or return its values.
    #[error("the device failed")]
    Device(#[source] BoxError),
}

/// Why a training run cannot start or go on.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum TrainingError {
    /// The sigmoid loss adds the bias that a SigLIP learns.
    #[error("the sigmoid loss needs a model with a logit_bias, as SigLIP has one")]
    NoBias,
    /// A step made the loss or its gradient infinite.
    #[error(
        "the loss is {loss} and its gradient {gradient} at step {step}; take a lower learning rate"
    )]
    NotFinite {
        /// The loss.
        loss: f64,
        /// The length of its gradient.
        gradient: f64,
        /// The step, from 0.
        step: u64,
    },
    /// A student of another dimension can learn the teacher's similarities, but not its vectors.
    #[error(
        "the teacher's vectors have {teacher} dimensions, the student's {student}; only its similarities can be learned"
    )]
    Dimensions {
        /// Dimensions of the teacher.
        teacher: usize,
        /// Dimensions of the student.
        student: usize,
    },
    /// A distillation got a pair without the vectors to learn from.
    #[error("a pair has no teacher's vectors")]
    NoTeacher,
    /// The gradient of the loss has no part for the vectors of the batch.
    #[error("the loss does not depend on the vectors")]
    NoGradient,
    /// An adapter needs at least one text that describes a photo.
    #[error("there is no text with a photo")]
    NoText,
    /// The weights of an adapter became infinite.
    #[error("the change became too large to be a number")]
    TooLarge,
}
