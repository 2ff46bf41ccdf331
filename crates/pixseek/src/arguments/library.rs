//! The arguments of the families that keep something in an index: names, queries, labels, folders.
//! Each has `add`, `list` and `remove`; a folder is added by `pixseek index` and forgotten, for
//! `remove` could be read as deleting photos.

use super::positive;
use crate::completion;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// How a list is printed.
#[derive(Debug, Clone, Args)]
pub struct Form {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Names {
    #[command(subcommand)]
    pub command: NamesCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub enum NamesCommand {
    /// Teach a name with photos, or add photos to a known name
    Add(AddName),
    /// List the names, with the number of their photos
    List(Form),
    /// Remove a name
    Remove(RemoveName),
}

#[derive(Debug, Clone, Args)]
pub struct AddName {
    /// The name; it may have several words
    pub name: String,
    /// Photos that show it, indexed or not; two or three that show little else work best
    #[arg(required = true, value_name = "PHOTO", value_hint = ValueHint::FilePath)]
    pub photos: Vec<PathBuf>,
    /// Use these photos instead of the earlier ones
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Clone, Args)]
pub struct RemoveName {
    /// A name from `pixseek name list`
    #[arg(add = completion::names())]
    pub name: String,
}

#[derive(Debug, Clone, Args)]
pub struct Queries {
    #[command(subcommand)]
    pub command: QueriesCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub enum QueriesCommand {
    /// Save a query under a name
    Add(AddQuery),
    /// List the saved queries
    List(Form),
    /// Remove a saved query
    Remove(RemoveQuery),
}

#[derive(Debug, Clone, Args)]
pub struct AddQuery {
    /// Letters, digits, - and _
    pub name: String,
    /// As in `pixseek search`
    #[arg(required = true, value_name = "QUERY", add = completion::query())]
    pub query: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub struct RemoveQuery {
    /// A name from `pixseek query list`
    #[arg(add = completion::queries())]
    pub name: String,
}

#[derive(Debug, Clone, Args)]
pub struct Labels {
    #[command(subcommand)]
    pub command: LabelsCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub enum LabelsCommand {
    /// Add labels, and give every photo the best of all
    Add(AddLabels),
    /// List the labels, with the number of their photos
    List(Form),
    /// Remove labels
    Remove(RemoveLabels),
    /// Give a label to photos by hand; `tag add` does not change it
    Set(HandLabel),
    /// Take a label that was set by hand from photos
    Unset(HandLabel),
}

#[derive(Debug, Clone, Args)]
pub struct HandLabel {
    /// One label: quote it if it has spaces
    #[arg(add = completion::labels())]
    pub label: String,
    /// Photos of the index
    #[arg(required = true, value_name = "PHOTO", value_hint = ValueHint::FilePath)]
    pub photos: Vec<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub struct AddLabels {
    /// Labels, as words or with commas between
    #[arg(
        required_unless_present = "file",
        value_name = "LABEL",
        value_delimiter = ','
    )]
    pub labels: Vec<String>,
    /// A file with one label per line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Number of labels that each photo keeps [default: as before, or 3]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub top: Option<usize>,
}

#[derive(Debug, Clone, Args)]
pub struct RemoveLabels {
    /// Labels from `pixseek tag list`
    #[arg(required = true, value_name = "LABEL", value_delimiter = ',', add = completion::labels())]
    pub labels: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub struct Folders {
    #[command(subcommand)]
    pub command: FoldersCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub enum FoldersCommand {
    /// List the indexed folders, with their settings
    List(Form),
    /// Remove a folder from the index and erase what was kept of its photos, which are not touched
    #[command(alias = "remove", after_long_help = include_str!("../manual/forget.txt"))]
    Forget(Forget),
}

#[derive(Debug, Clone, Args)]
pub struct Forget {
    /// A folder or file that is indexed; it need not exist any more
    #[arg(value_name = "DIR", add = completion::folders())]
    pub folder: PathBuf,
}
