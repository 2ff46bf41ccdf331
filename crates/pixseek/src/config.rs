//! Reads `config.toml`, a person's permanent settings. Options on the command line override it.

mod shown;

pub use shown::shown;

use crate::arguments::{Arguments, Color, Command, Common, Device, Pictures};
use crate::chosen::is_path;
use anyhow::{Context, Result, bail};
use directories::ProjectDirs;
use pixseek_tui::{Keymap, OwnKeys, Theme};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The environment variable that names another file than the platform's.
pub const CONFIG_VARIABLE: &str = "PIXSEEK_CONFIG";

/// The environment variable that names another opener than the file.
pub const OPENER_VARIABLE: &str = "PIXSEEK_OPENER";

/// The content of the file; a missing field has its default.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folders that `pixseek index` covers if it is called without folders.
    pub roots: Vec<PathBuf>,
    /// Globs that every run leaves out, in addition to the folders' `--exclude` settings.
    pub exclude: Vec<String>,
    pub index_dir: Option<PathBuf>,
    pub model: Option<PathBuf>,
    pub device: Option<Device>,
    pub color: Option<Color>,
    pub pictures: Option<Pictures>,
    /// The command with which the terminal interface opens photos; `{}` stands for their paths.
    pub opener: Option<String>,
    /// Whether the terminal interface uses the mouse.
    pub mouse: Option<bool>,
    /// Whether earlier queries are stored.
    pub history: Option<bool>,
    pub limits: Limits,
    pub theme: BTreeMap<String, String>,
    pub keys: BTreeMap<String, Keys>,
}

/// Limits on sizes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Pictures with more megapixels fail.
    pub megapixels: Option<u32>,
    /// Size of all thumbnails of the terminal interface on disk, in megabytes.
    pub thumbnails_mb: Option<u64>,
}

/// One key or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Keys {
    One(String),
    Several(Vec<String>),
}

pub const MEGAPIXELS: u32 = 200;
pub const THUMBNAILS_MB: u64 = 500;

impl Config {
    /// Reads the file that applies and returns it with its path; without a file, all settings are
    /// defaults.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read, is not valid TOML, or contains an unknown setting or
    /// value.
    pub fn read() -> Result<(Option<PathBuf>, Self)> {
        let named = std::env::var_os(CONFIG_VARIABLE).map(PathBuf::from);
        let Some(path) = named.clone().or_else(usual_path) else {
            return Ok((None, Self::default()));
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => String::new(),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let config =
            Self::parse(&text, &path).with_context(|| format!("cannot use {}", path.display()))?;
        Ok((Some(path), config))
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        let mut config: Self = toml::from_str(text)?;
        let folder = path.parent().unwrap_or(path);
        // A model without a slash is a name and not a path.
        let model = config.model.iter_mut().filter(|model| is_path(model));
        let places = config.roots.iter_mut().chain(&mut config.index_dir);
        for place in places.chain(model) {
            *place = expanded(place, folder)?;
        }
        Keymap::new(&config.keys())?;
        Theme::coloured(&config.theme)?;
        Ok(config)
    }

    /// The key bindings that a person configured.
    pub fn keys(&self) -> OwnKeys {
        let keys = |keys: &Keys| match keys {
            Keys::One(key) => vec![key.clone()],
            Keys::Several(keys) => keys.clone(),
        };
        let own = self.keys.iter();
        own.map(|(name, own)| (name.clone(), keys(own))).collect()
    }

    /// Fills in the settings that the command line does not give.
    pub fn fill(&self, arguments: &mut Arguments) {
        self.fill_common(&mut arguments.common);
        let interface = &mut arguments.interface;
        interface.pictures = interface.pictures.or(self.pictures);
        if let Some(Command::Index(index)) = &mut arguments.command {
            index.common_excludes.clone_from(&self.exclude);
            index.max_megapixels = index.max_megapixels.or(self.limits.megapixels);
            index.roots.clone_from(&self.roots);
        }
    }

    /// Fills in the global options that the command line does not give.
    pub fn fill_common(&self, common: &mut Common) {
        common.is_named = common.index_dir.is_some() || common.model.is_some();
        // If the command line names a model, its own index applies; if it names an index, that
        // index's own model applies. So neither comes from the file then.
        if !common.is_named {
            common.index_dir.clone_from(&self.index_dir);
            common.model.clone_from(&self.model);
        }
        common.device = common.device.or(self.device);
        common.color = common.color.or(self.color);
    }
}

/// The path of `config.toml` in the platform's configuration folder.
fn usual_path() -> Option<PathBuf> {
    let folders = ProjectDirs::from("", "", "pixseek")?;
    Some(folders.config_dir().join("config.toml"))
}

/// Expands `~/` to the home folder; other relative paths start at the file's folder.
fn expanded(place: &Path, folder: &Path) -> Result<PathBuf> {
    if let Ok(rest) = place.strip_prefix("~") {
        return match std::env::home_dir() {
            Some(home) => Ok(home.join(rest)),
            None => bail!("{}: this system names no home folder", place.display()),
        };
    }
    Ok(folder.join(place))
}

#[cfg(test)]
mod tests {
    use super::{Config, shown};
    use crate::arguments::{Arguments, Device};
    use clap::Parser;
    use std::path::Path;

    fn parse(text: &str) -> anyhow::Result<Config> {
        Config::parse(text, Path::new("/etc/pixseek/config.toml"))
    }

    #[test]
    fn options_override_the_file() {
        let config = parse("device = \"gpu\"\nindex_dir = \"photos\"\n").unwrap();
        let filled = |typed: &[&str]| {
            let mut arguments = Arguments::parse_from([&["pixseek"], typed].concat());
            config.fill(&mut arguments);
            arguments.common
        };
        let common = filled(&["status"]);
        assert_eq!(common.device, Some(Device::Gpu));
        assert_eq!(common.index_dir.unwrap(), Path::new("/etc/pixseek/photos"));
        let common = filled(&["status", "--device", "cpu", "--model", "m"]);
        assert_eq!(common.device, Some(Device::Cpu));
        assert_eq!(common.index_dir, None, "the index goes with the model");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, said) in [
            ("devise = 1", "devise"),
            ("device = \"tpu\"", "tpu"),
            ("[keys]\nmarks = \"x\"", "unknown name marks"),
            ("[keys]\nmark = [\"xx\"]", "xx is an unknown key"),
            ("[theme]\naccent = \"warm\"", "warm is an unknown colour"),
            ("[limits]\nmegapixels = -1", "megapixels"),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn the_printed_configuration_reads_back_the_same() {
        let arguments = Arguments::parse_from(["pixseek", "config", "--device", "cpu"]);
        let text =
            "mouse = false\nroots = [\"/p\"]\n[keys]\nmark = \"x\"\n[theme]\naccent = \"red\"";
        let shown = shown(&arguments, &parse(text).unwrap(), None);
        for line in [
            "device = \"cpu\"  # option",
            "mouse = false  # file",
            "history = true  # default",
            "megapixels = 200  # default",
            "mark = [\"x\"]  # file",
            "quit = [\"q\"]  # default",
        ] {
            assert!(
                shown.lines().any(|shown| shown == line),
                "{line} is not in\n{shown}"
            );
        }
        let again = parse(&shown).unwrap();
        assert_eq!(
            (again.mouse, again.device),
            (Some(false), Some(Device::Cpu))
        );
    }
}
