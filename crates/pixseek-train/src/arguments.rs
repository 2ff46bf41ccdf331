//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Trains CLIP models: from nothing, further on your own photos, from a teacher.
#[derive(Parser)]
#[command(name = "pixseek-train", version, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Train a model from nothing
    Train(Train),
    /// Make a model know your own photos
    Finetune(Finetune),
    /// Teach a small model what a large one knows
    Distil(Distil),
    /// Measure a model on described photos
    Eval(Eval),
}

#[derive(Args)]
pub struct Train {
    /// Folder with `open_clip_config.json` or `config.json`, and `tokenizer.json`
    #[arg(long, value_name = "DIR")]
    pub config: PathBuf,
    #[command(flatten)]
    pub data: Data,
    #[command(flatten)]
    pub run: Run,
}

#[derive(Args)]
pub struct Finetune {
    /// Model to begin with [default: the embedded one]
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    #[command(flatten)]
    pub data: Data,
    /// Learn only a small change to texts, on the vectors of an index: seconds, and nothing is encoded again
    #[arg(long, requires = "index_dir", conflicts_with = "out")]
    pub light: bool,
    /// Index whose searches the small change is for
    #[arg(long, value_name = "DIR")]
    pub index_dir: Option<PathBuf>,
    /// Take the small change of --index-dir back
    #[arg(long, requires = "index_dir", conflicts_with_all = ["light", "captions", "sorted", "out"])]
    pub undo: bool,
    #[command(flatten)]
    pub run: Run,
}

#[derive(Args)]
pub struct Distil {
    /// Model to learn from
    #[arg(long, value_name = "DIR")]
    pub teacher: PathBuf,
    /// Model that learns [default: the embedded one]
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Weight of the distance to the teacher's embeddings in the loss; needs a teacher with as many dimensions
    #[arg(long, default_value_t = 0.0)]
    pub embeddings: f64,
    /// Weight of the contrastive loss on the pairs themselves
    #[arg(long, default_value_t = 0.5)]
    pub pairs: f64,
    #[command(flatten)]
    pub data: Data,
    #[command(flatten)]
    pub run: Run,
}

#[derive(Args)]
pub struct Eval {
    /// Described photos: captions.jsonl or labels.jsonl
    #[arg(value_name = "FILE", required = true)]
    pub lists: Vec<PathBuf>,
    /// Model to measure [default: the embedded one]
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
    /// Device to compute on
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,
}

/// The photos to learn from.
#[derive(Args)]
pub struct Data {
    /// List of photos with their captions or label, a JSON object a line; see the README
    #[arg(long, value_name = "FILE", conflicts_with = "sorted")]
    pub captions: Vec<PathBuf>,
    /// Folder of folders, each named for what its photos show
    #[arg(long, value_name = "DIR")]
    pub sorted: Option<PathBuf>,
    /// Described photos to measure with, never learned from [default: every fifth photo]
    #[arg(long, value_name = "FILE")]
    pub held_out: Option<PathBuf>,
}

/// How to train.
#[derive(Args)]
pub struct Run {
    /// Folder of the new model; a stopped run continues from a checkpoint beside it
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How often every photo is seen
    #[arg(long, value_name = "N")]
    pub epochs: Option<u64>,
    /// Photos in a batch
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub batch: usize,
    /// Photos on the device at a time: fewer need less memory and give the same result
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub part: usize,
    /// Highest learning rate
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    /// Steps until the learning rate is at its highest [default: a twentieth of all]
    #[arg(long, value_name = "N")]
    pub warm_up: Option<u64>,
    /// Fraction of each weight that a step takes off, times the learning rate
    #[arg(long, value_name = "PART", default_value_t = 0.1)]
    pub weight_decay: f64,
    /// Least fraction of a photo's area that a crop keeps
    #[arg(long, value_name = "PART", default_value_t = 0.6)]
    pub least_area: f64,
    /// Fraction of photos that are mirrored
    #[arg(long, value_name = "PART", default_value_t = 0.5)]
    pub mirror: f64,
    /// Tower whose weights stay as they are
    #[arg(long, value_enum)]
    pub lock: Option<Tower>,
    /// Seed of the random numbers
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Steps from one checkpoint to the next
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub save_every: u64,
    /// How far the new model's weights are from the old ones (0) to the trained ones (1)
    #[arg(long, value_name = "PART", default_value_t = 1.0)]
    pub share: f32,
    /// Keep weights in half precision
    #[arg(long)]
    pub half: bool,
    /// Device to compute on
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Tower {
    Text,
    Image,
}

#[derive(Clone, Copy, Default, ValueEnum)]
pub enum Device {
    #[default]
    Auto,
    Gpu,
    Cpu,
}
