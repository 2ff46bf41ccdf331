//! The arguments of `pixseek index`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use pixseek_engine::Precision;
use std::path::PathBuf;

#[derive(Debug, Clone, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Index {
    /// Folders to index [default: all that are indexed]
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folders: Vec<PathBuf>,
    /// Keep running, and index what changes until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// Retry files that failed before
    #[arg(long)]
    pub retry_failures: bool,
    /// Remove missing photos, those of offline folders too
    #[arg(long, conflicts_with = "watch")]
    pub prune: bool,
    /// Exclude paths that match GLOB, in every later run too (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Exclude without asking, even if that takes indexed photos out
    #[arg(long)]
    pub yes: bool,
    /// Undo an earlier --exclude
    #[arg(long, value_name = "GLOB")]
    pub no_exclude: Vec<String>,
    /// Include hidden files and folders, in every later run too
    #[arg(long, overrides_with = "no_hidden")]
    pub hidden: bool,
    /// Undo --hidden
    #[arg(long, overrides_with = "hidden")]
    pub no_hidden: bool,
    /// Follow symbolic links, in every later run too
    #[arg(long, overrides_with = "no_follow")]
    pub follow: bool,
    /// Undo --follow
    #[arg(long, overrides_with = "follow")]
    pub no_follow: bool,
    /// Stay on the file system of each folder, in every later run too
    #[arg(long, overrides_with = "no_one_file_system")]
    pub one_file_system: bool,
    /// Undo --one-file-system
    #[arg(long, overrides_with = "one_file_system")]
    pub no_one_file_system: bool,
    /// Reject larger pictures [default: 200]
    #[arg(long, value_name = "N")]
    pub max_megapixels: Option<u32>,
    /// Precision of a new index, which it keeps [default: the fastest that is right]
    #[arg(long, value_name = "PRECISION", value_parser = precision())]
    pub precision: Option<Precision>,
    /// The folders of the configuration.
    #[arg(skip)]
    pub roots: Vec<PathBuf>,
    /// The globs of the configuration, which apply to all folders.
    #[arg(skip)]
    pub common_excludes: Vec<String>,
}

fn precision() -> impl TypedValueParser<Value = Precision> {
    PossibleValuesParser::new(Precision::ALL.map(Precision::name))
        .try_map(|name| Precision::named(&name).ok_or("no precision"))
}
