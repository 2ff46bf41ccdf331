//! The command line's table of arguments.

mod index;
mod library;
mod models;
mod program;
mod search;

pub use index::Index;
pub use library::{
    AddLabels, AddName, AddQuery, Folders, FoldersCommand, Forget, Form, HandLabel, Labels,
    LabelsCommand, Names, NamesCommand, Queries, QueriesCommand, RemoveLabels, RemoveName,
    RemoveQuery,
};
pub use models::{Eval, Import, ModelName, Models, ModelsCommand, Pull};
pub use program::program;
pub use search::{Dupes, Hits, Search, Similar, Sort};

use crate::completion;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use pixseek_engine::DeviceChoice;
use serde::Deserialize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  pixseek                               type, see, choose (`?` shows every key)
  pixseek index ~/Pictures              index a folder; run it again to refresh
  pixseek search two dogs on a beach    find photos by describing them
  pixseek search 'cat -grass in:italy'  without grass, in a folder
  pixseek search -n 5 --json sunset     five results, one JSON object a line
  pixseek search -0 cat | xargs -0 feh  open what was found
  pixseek --pick -0 | xargs -0 cp -t .  choose photos, copy them here
  pixseek name add rex a.jpg b.jpg      then: pixseek search rex on a beach
  pixseek similar IMG_1234.jpg          photos like this one
  pixseek index --watch                 keep the index up to date until Ctrl-C
  pixseek failures                      files that could not be indexed, and why
  pixseek model pull datacomp-b32-256   a larger model; then: pixseek model use NAME
  pixseek config                        effective settings, and where each comes from

`pixseek search --help` explains queries and filters.
Exit codes: 0 found or done, 1 nothing found, 2 error, 3 done but files failed in this run,
130 interrupted.
Nothing leaves this machine; only `pixseek model pull` uses the network.";

/// Search your own photos by describing them, offline.
#[derive(Debug, Clone, Parser)]
#[command(name = "pixseek", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(args_override_self = true)]
pub struct Arguments {
    // Before the global options, or clap would put these under their heading.
    #[command(flatten)]
    pub interface: Interface,
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Without a command: the terminal interface.
#[derive(Debug, Clone, Args)]
pub struct Interface {
    /// Initial query for the interactive interface
    #[arg(value_name = "QUERY", add = completion::query())]
    pub query: Vec<String>,
    /// Print what is chosen instead of opening it, for pipes
    #[arg(long)]
    pub pick: bool,
    /// End what is printed with zero bytes, for `xargs -0`; implies --pick
    #[arg(short = '0', long = "print0")]
    pub null: bool,
    /// How the terminal interface draws pictures
    #[arg(long, value_enum, value_name = "HOW")]
    pub pictures: Option<Pictures>,
}

impl Interface {
    /// Whether an option of the interface is given.
    pub fn is_asked(&self) -> bool {
        self.pick || self.null || self.pictures.is_some()
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pictures {
    /// As well as the terminal can; with characters in tmux
    #[default]
    Auto,
    /// Kitty's graphics
    Kitty,
    /// iTerm2's inline images
    Iterm2,
    /// Sixel
    Sixel,
    /// With block characters
    Blocks,
    /// With finer characters, of Unicode 13
    Sextants,
    /// With the finest characters, of Unicode 16
    Octants,
    /// Names only
    None,
}

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Common {
    /// Where the index is kept [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub index_dir: Option<PathBuf>,
    /// Model: a name from `pixseek model list`, or a folder [default: what `model use` chose]
    #[arg(long, global = true, value_name = "MODEL", add = completion::models())]
    pub model: Option<PathBuf>,
    /// Where the model runs
    #[arg(long, global = true, value_enum)]
    pub device: Option<Device>,
    /// When to use colours; `auto` leaves them out in pipes and where `NO_COLOR` is set
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub color: Option<Color>,
    /// Print timings; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Whether the command line named an index or a model.
    #[arg(skip)]
    pub is_named: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    /// On a terminal that has them
    #[default]
    Auto,
    /// In pipes too
    Always,
    /// Nowhere
    Never,
}

impl Common {
    /// Whether to print colours.
    pub fn has_colour(&self) -> bool {
        match self.color.unwrap_or_default() {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
                let is_wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
                is_wanted && !is_dumb
            }
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// A real GPU when there is one, else the CPU
    #[default]
    Auto,
    /// Any GPU, including software renderers
    Gpu,
    /// The CPU
    Cpu,
}

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Index folders, or refresh those that are indexed
    #[command(after_long_help = include_str!("manual/index.txt"))]
    Index(Index),
    /// Find photos by describing them
    Search(Search),
    /// Find photos like a picture
    Similar(Similar),
    /// List duplicate photos; nothing is ever deleted
    Dupes(Dupes),
    /// Names that photos taught: "rex", for searches like "rex on a beach"
    Name(Names),
    /// Saved queries: `pixseek search @NAME`
    Query(Queries),
    /// Labels for every photo: `pixseek search tag:LABEL`
    Tag(Labels),
    /// Indexed folders
    Folder(Folders),
    /// Show what is indexed
    Status(Form),
    /// List the files that could not be indexed, and why
    Failures(Form),
    /// Check every byte of the index
    Verify,
    /// Rebuild the index from its intact parts, without re-reading photos
    Rebuild,
    /// Reclaim disk space from removed photos
    Compact,
    /// List, download, choose and remove models
    #[command(after_long_help = include_str!("manual/model.txt"))]
    Model(Models),
    /// Measure a model on photos that you have described
    Eval(Eval),
    /// Measure what each step from a file to a hit costs on this machine
    Bench(Bench),
    /// Show the effective configuration and where each setting comes from
    Config,
    /// Print completions for a shell
    Completions(Completions),
    /// Show the manual page, or write all pages to a folder
    Manual(Manual),
}

#[derive(Debug, Clone, Args)]
pub struct Bench {
    /// Folder with photos to measure with; a few hundred are taken [default: what is indexed]
    #[arg(long, value_name = "DIR")]
    pub photos: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    Nushell,
    #[value(name = "powershell")]
    Pwsh,
    Zsh,
}

#[derive(Debug, Clone, Args)]
pub struct Completions {
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Debug, Clone, Args)]
pub struct Manual {
    /// Write the pages of all commands to this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

impl From<Device> for DeviceChoice {
    fn from(device: Device) -> Self {
        match device {
            Device::Auto => Self::Auto,
            Device::Gpu => Self::Gpu,
            Device::Cpu => Self::Cpu,
        }
    }
}

/// Reads a number of at least 1.
fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 is needed".into()),
        Ok(number) => Ok(number),
        Err(error) => Err(error.to_string()),
    }
}
