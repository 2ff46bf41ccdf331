//! The arguments of the commands that find photos.

use super::positive;
use crate::completion;
use crate::output::Template;
use clap::{Args, ValueEnum, ValueHint};
use pixseek_engine::GRAMMAR;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
#[command(after_long_help = format!("{GRAMMAR}\n{}", include_str!("../manual/search.txt")))]
pub struct Search {
    /// What is on the photo, in your words; --help explains signs and filters
    #[arg(required = true, value_name = "QUERY", add = completion::query())]
    pub query: Vec<String>,
    #[command(flatten)]
    pub hits: Hits,
    /// A photo to find more like (repeatable)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub more_like: Vec<PathBuf>,
    /// A photo to find less like (repeatable)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub less_like: Vec<PathBuf>,
    /// Use the query as written, without alternative phrasings
    #[arg(long)]
    pub raw: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Similar {
    /// A picture, indexed or not
    #[arg(value_hint = ValueHint::FilePath)]
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
    /// Maximum number of results
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N", value_parser = positive)]
    pub limit: usize,
    /// Include weak matches
    #[arg(long)]
    pub all: bool,
    /// Sort order
    #[arg(long, value_enum, default_value_t, value_name = "ORDER")]
    pub sort: Sort,
    /// Print one JSON object a line: rank, path, score, taken and more
    #[arg(long, conflicts_with_all = ["null", "scores", "format"])]
    pub json: bool,
    /// End each result with a zero byte, for `xargs -0`
    #[arg(short = '0', long = "print0", conflicts_with = "scores")]
    pub null: bool,
    /// Print the score, 0 to 100, and a tab in front of each path; behind it, a tab and the file that
    /// has the score, if that is another
    #[arg(long)]
    pub scores: bool,
    /// Print each result by a template, as in '{path}\t{score}'
    #[arg(
        long,
        value_name = "TEMPLATE",
        conflicts_with = "scores",
        value_parser = Template::parse,
        long_help = Template::HELP
    )]
    pub format: Option<Template>,
    /// Print only the number of photos that match, however many
    #[arg(long, conflicts_with_all = ["json", "null", "scores", "format", "explain"])]
    pub count: bool,
    /// Show copies, near-duplicates and bursts as results of their own
    #[arg(long)]
    pub unfold: bool,
    /// Show how the query was understood and where each result comes from
    #[arg(long)]
    pub explain: bool,
    /// Compare every photo instead of walking the graph
    #[arg(long)]
    pub exact: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// The best match first
    #[default]
    Relevance,
    /// The newest photo first
    Date,
    /// By file name
    Name,
    /// The largest file first
    Size,
}

#[derive(Debug, Clone, Args)]
pub struct Dupes {
    /// Also near-duplicates: other sizes and qualities, slight edits, bursts
    #[arg(long)]
    pub near: bool,
    /// Print one JSON object a group
    #[arg(long, conflicts_with = "null")]
    pub json: bool,
    /// Print only paths, each ended by a zero byte
    #[arg(short = '0', long = "print0")]
    pub null: bool,
}
