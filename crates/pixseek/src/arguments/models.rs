//! The arguments of `pixseek model` and `pixseek eval`.

use crate::completion;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub struct Models {
    #[command(subcommand)]
    pub command: ModelsCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub enum ModelsCommand {
    /// List the models that are installed, and those that can be pulled
    List,
    /// Download a model, verify it, and install it: the only command that uses the network
    Pull(Pull),
    /// Install a model from a folder
    Import(Import),
    /// Choose the model for indexing and searching
    Use(ModelName),
    /// Show what a model is, what it was trained on, and what it must not be used for
    Info(ModelName),
    /// Remove an installed model; its index stays
    Remove(ModelName),
}

#[derive(Debug, Clone, Args)]
pub struct Pull {
    /// A name from `pixseek model list`
    #[arg(value_name = "NAME", add = completion::known_models())]
    pub name: String,
    /// Allow weights that are licensed for research only
    #[arg(long)]
    pub research_only: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Import {
    /// Folder with configuration, tokenizer.json and weights
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Its name [default: the folder's name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub struct ModelName {
    /// A name from `pixseek model list`; `pocket` is built in
    #[arg(value_name = "NAME", add = completion::models())]
    pub name: String,
}

#[derive(Debug, Clone, Args)]
pub struct Eval {
    /// Lines of `{"file": .., "captions": [..]}` or `{"file": .., "label": ..}`
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub lists: Vec<PathBuf>,
    /// Text for a label, with {} in its place (repeatable; the mean counts)
    #[arg(long, value_name = "TEXT", value_parser = with_braces)]
    pub template: Vec<String>,
    /// Print one JSON object a list
    #[arg(long)]
    pub json: bool,
}

/// Checks that a template contains `{}`, which stands for the label.
fn with_braces(text: &str) -> Result<String, String> {
    if text.contains("{}") {
        Ok(text.to_owned())
    } else {
        Err("it has no {} for the label, as in \"a photo of a {}\"".to_owned())
    }
}
