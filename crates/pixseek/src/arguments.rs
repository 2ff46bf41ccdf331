//! The command line's table of arguments.

mod index;
mod models;

pub use index::Index;
pub use models::{Eval, Import, ModelName, Models, ModelsCommand, Pull};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use pixseek_engine::DeviceChoice;
use serde::Deserialize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  pixseek                               type, see, choose (`?` shows every key)
  pixseek index ~/Pictures              index a folder; run it again to refresh
  pixseek search two dogs on a beach    find photos by describing them
  pixseek search 'cat -grass in:italy'  without grass, in a folder (pixseek --help query)
  pixseek search -n 5 --json sunset     five hits, one JSON object a line
  pixseek search -0 cat | xargs -0 feh  open what was found
  pixseek --pick -0 | xargs -0 cp -t .  choose photos, copy them here
  pixseek teach rex a.jpg b.jpg         then: pixseek search rex on a beach
  pixseek similar IMG_1234.jpg          photos like this one
  pixseek index --watch                 keep the index up to date until Ctrl-C
  pixseek failures                      files that could not be indexed, and why
  pixseek model pull datacomp-b32-256   a larger model; then: pixseek model use NAME
  pixseek config                        what counts, and where it comes from (config.toml)
  pixseek verify                        check every byte of the index

Exit codes: 0 found or done, 1 nothing found, 2 error, 3 done with failures, 130 nothing picked.
Nothing leaves this machine; only `pixseek model pull` uses the network.";

/// Search your own photos by describing them, offline.
#[derive(Debug, Clone, Parser)]
#[command(name = "pixseek", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub interface: Interface,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Without a command: the terminal interface.
#[derive(Debug, Clone, Args)]
pub struct Interface {
    /// Without a command: what the terminal interface begins with
    #[arg(value_name = "QUERY")]
    pub query: Vec<String>,
    /// Print what is chosen instead of opening it, for pipes
    #[arg(long)]
    pub pick: bool,
    /// End what is printed with zero bytes, for `xargs -0`
    #[arg(short = '0', long, requires = "pick")]
    pub null: bool,
    /// How the terminal interface draws pictures
    #[arg(long, value_enum, value_name = "HOW")]
    pub pictures: Option<Pictures>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pictures {
    /// As well as the terminal can; two pixels a cell in tmux
    #[default]
    Auto,
    /// Kitty's graphics
    Kitty,
    /// iTerm2's inline images
    Iterm2,
    /// Sixel
    Sixel,
    /// Two pixels a cell
    Blocks,
    /// Names only
    None,
}

#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// Folder of the index [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub index: Option<PathBuf>,
    /// Model: a name from `pixseek model list`, or a folder [default: what `model use` chose]
    #[arg(long, global = true, value_name = "MODEL")]
    pub model: Option<PathBuf>,
    /// Where the model runs
    #[arg(long, global = true, value_enum)]
    pub device: Option<Device>,
    /// Whether there are colours; `auto` leaves them out in pipes and where `NO_COLOR` is set
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub color: Option<Color>,
    /// Say what takes how long; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing but results and errors
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
    /// A GPU, a software one too
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
    #[command(after_long_help = include_str!("manual/search.txt"))]
    Search(Search),
    /// Find photos like a picture
    Similar(Similar),
    /// List photos that are there twice; nothing is ever deleted
    Dupes(Dupes),
    /// Label every photo with the best of some names; `pixseek search tag:NAME` finds them
    Tag(Tag),
    /// Teach a name with photos: "rex", for searches like "rex on a beach"
    Teach(Teach),
    /// List the names that were taught
    Names,
    /// Forget a name
    ForgetName(ForgetName),
    /// Save a query; `pixseek search @NAME` asks it
    Save(Save),
    /// List the saved queries
    Saved,
    /// Take a saved query out
    Unsave(Unsave),
    /// Say what is indexed
    Status,
    /// List the files that could not be indexed, and why
    Failures(Failures),
    /// Take a folder out of the index and erase what was kept of its photos, which are not touched
    #[command(after_long_help = include_str!("manual/forget.txt"))]
    Forget(Forget),
    /// Check every byte of the index
    Verify,
    /// Make the index again from what is whole of it, without reading a photo
    Rebuild,
    /// Give back the room of photos that are gone
    Compact,
    /// List, download, choose and remove models
    #[command(after_long_help = include_str!("manual/model.txt"))]
    Model(Models),
    /// Measure a model on photos that you have described
    Eval(Eval),
    /// Measure what each step from a file to a hit costs on this machine
    Bench(Bench),
    /// Print the configuration that counts, and where each line comes from
    Config,
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page, or write all pages to a folder
    Man(Man),
}

#[derive(Debug, Clone, Args)]
pub struct Search {
    /// What is on the photo, in your words; `pixseek --help query` says all that is possible
    #[arg(required = true, value_name = "QUERY")]
    pub query: Vec<String>,
    /// Ask in your words only, not in several wordings
    #[arg(long)]
    pub raw: bool,
    /// A photo that is more like what is meant; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub better: Vec<PathBuf>,
    /// A photo that is less like it; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub worse: Vec<PathBuf>,
    #[command(flatten)]
    pub hits: Hits,
}

#[derive(Debug, Clone, Args)]
pub struct Bench {
    /// Folder with photos to measure with; a few hundred are taken [default: what is indexed]
    #[arg(long, value_name = "DIR")]
    pub photos: Vec<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Dupes {
    /// Also those that are nearly the same: other sizes, qualities, slight edits, bursts
    #[arg(long)]
    pub near: bool,
    /// One JSON object a group
    #[arg(long, conflicts_with = "null")]
    pub json: bool,
    /// Only paths, each ended by a zero byte
    #[arg(short = '0', long = "print0")]
    pub null: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Tag {
    /// Labels, with commas between; without any, what was computed before is shown
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub labels: Vec<String>,
    /// A file with a label a line
    #[arg(long, value_name = "FILE")]
    pub labels_file: Option<PathBuf>,
    /// Labels that are kept for each photo
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub top: usize,
    /// One JSON object a photo, with probabilities; else photos of each label are counted
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Teach {
    /// A name, of one word or more
    pub name: String,
    /// Photos that show it, indexed or not; two or three that show little else do best
    #[arg(required = true, value_name = "PHOTO")]
    pub photos: Vec<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub struct ForgetName {
    /// A name that was taught
    pub name: String,
}

#[derive(Debug, Clone, Args)]
pub struct Save {
    /// Letters, digits, - and _
    pub name: String,
    /// As in `pixseek search`
    #[arg(required = true, value_name = "QUERY")]
    pub query: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub struct Unsave {
    /// The name of a saved query
    pub name: String,
}

#[derive(Debug, Clone, Args)]
pub struct Similar {
    /// A picture, indexed or not
    pub file: PathBuf,
    #[command(flatten)]
    pub hits: Hits,
}

#[derive(Debug, Clone, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Hits {
    /// Hits at most
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// One JSON object a line: rank, path, score, taken and more
    #[arg(long, conflicts_with_all = ["null", "scores"])]
    pub json: bool,
    /// End paths with a zero byte, for `xargs -0`
    #[arg(short = '0', long = "print0", conflicts_with = "scores")]
    pub null: bool,
    /// Print the score, 0 to 100, and a tab in front of each path
    #[arg(long)]
    pub scores: bool,
    /// Show hits that do not match well, too
    #[arg(long)]
    pub all: bool,
    /// Show copies, near-duplicates and bursts as hits of their own
    #[arg(long)]
    pub unfold: bool,
    /// What comes first
    #[arg(long, value_enum, default_value_t, value_name = "ORDER")]
    pub sort: Sort,
    /// Say how the query was understood and where each hit comes from
    #[arg(long)]
    pub explain: bool,
    /// Compare every photo instead of walking the graph
    #[arg(long)]
    pub exact: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// The best match
    #[default]
    Relevance,
    /// The newest photo
    Date,
}

#[derive(Debug, Clone, Args)]
pub struct Failures {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Forget {
    /// A folder or file that is indexed; it need not exist any more
    pub folder: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Debug, Clone, Args)]
pub struct Man {
    /// A folder for the pages of all commands
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
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
