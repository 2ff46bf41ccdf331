//! The arguments of `pixseek index`.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use pixseek_engine::Precision;
use std::path::PathBuf;

#[derive(Debug, Clone, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Index {
    /// Folders; none: all that are indexed
    #[arg(value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// Leave out what matches this glob, in every later run too; may be given more than once
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Take back an earlier --exclude
    #[arg(long, value_name = "GLOB")]
    pub no_exclude: Vec<String>,
    /// Index hidden files and folders, in every later run too
    #[arg(long, overrides_with = "no_hidden")]
    pub hidden: bool,
    /// Take back --hidden
    #[arg(long, overrides_with = "hidden")]
    pub no_hidden: bool,
    /// Follow symbolic links, in every later run too
    #[arg(long, overrides_with = "no_follow")]
    pub follow: bool,
    /// Take back --follow
    #[arg(long, overrides_with = "follow")]
    pub no_follow: bool,
    /// Stay on the file system of each folder, in every later run too
    #[arg(long, overrides_with = "no_one_file_system")]
    pub one_file_system: bool,
    /// Take back --one-file-system
    #[arg(long, overrides_with = "one_file_system")]
    pub no_one_file_system: bool,
    /// Try the files again that failed before
    #[arg(long)]
    pub retry_failures: bool,
    /// Forget photos that are missing, those of offline folders too
    #[arg(long, conflicts_with = "watch")]
    pub prune: bool,
    /// Stay, and index what changes until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// Pictures with more pixels fail [default: 200]
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
