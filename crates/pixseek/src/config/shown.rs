//! Prints the effective configuration, and where each line of it comes from.

use super::{Config, MEGAPIXELS, THUMBNAILS_MB};
use crate::arguments::Arguments;
use clap::ValueEnum;
use pixseek_tui::{COLOURS, Keymap};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use toml::Value;

/// Formats the configuration as TOML with a comment behind each line: `option`, `file` or
/// `default`. `arguments` must not be filled in from the file yet.
pub fn shown(arguments: &Arguments, config: &Config, file: Option<&Path>) -> String {
    let (common, limits) = (&arguments.common, &config.limits);
    let mut text = match file {
        Some(file) if file.exists() => format!("# {}\n", file.display()),
        Some(file) => format!("# {} is not there\n", file.display()),
        None => String::new(),
    };
    let mut list = |name, texts: Vec<String>| {
        let from_file = (!texts.is_empty()).then(|| strings(texts));
        line(&mut text, name, None, from_file, "[]");
    };
    list(
        "roots",
        config.roots.iter().map(|root| lossy(root)).collect(),
    );
    list("exclude", config.exclude.clone());
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| Value::String(lossy(path)));
    let mut place = |name, option, file, default| {
        optional(&mut text, name, path(option), path(file), default);
    };
    place(
        "index_dir",
        &common.index_dir,
        &config.index_dir,
        "the platform's data folder",
    );
    place("model", &common.model, &config.model, "the built-in one");
    let mut choice = |name, option, file| line(&mut text, name, option, file, "\"auto\"");
    choice("device", choice_of(common.device), choice_of(config.device));
    choice("color", choice_of(common.color), choice_of(config.color));
    let pictures = choice_of(arguments.interface.pictures);
    choice("pictures", pictures, choice_of(config.pictures));
    let opener = config.opener.clone().map(Value::String);
    optional(&mut text, "opener", None, opener, "the system's own");
    for (name, is) in [("mouse", config.mouse), ("history", config.history)] {
        line(&mut text, name, None, is.map(Value::Boolean), "true");
    }
    text.push_str("\n[limits]\n");
    for (name, most, default) in [
        (
            "megapixels",
            limits.megapixels.map(u64::from),
            MEGAPIXELS.into(),
        ),
        ("thumbnails_mb", limits.thumbnails_mb, THUMBNAILS_MB),
    ] {
        let most = most.and_then(|most| i64::try_from(most).ok());
        line(
            &mut text,
            name,
            None,
            most.map(Value::Integer),
            &default.to_string(),
        );
    }
    text.push_str("\n[theme]\n");
    for name in COLOURS {
        let colour = config.theme.get(name).cloned().map(Value::String);
        optional(&mut text, name, None, colour, "the interface's own");
    }
    text.push_str("\n[keys]\n");
    keys(&mut text, config);
    text
}

fn keys(text: &mut String, config: &Config) {
    let own = config.keys();
    // This cannot fail: the keys were checked when the file was read.
    let Ok(keymap) = Keymap::new(&own) else {
        return;
    };
    for (name, keys, _) in keymap.rows() {
        let keys = strings(keys.to_vec());
        let from_file = own.contains_key(name).then(|| keys.clone());
        line(text, name, None, from_file, &keys.to_string());
    }
}

fn strings(texts: Vec<String>) -> Value {
    Value::Array(texts.into_iter().map(Value::String).collect())
}

fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn choice_of<T: ValueEnum>(value: Option<T>) -> Option<Value> {
    let value = value?.to_possible_value()?;
    Some(Value::String(value.get_name().to_owned()))
}

fn line(text: &mut String, name: &str, option: Option<Value>, file: Option<Value>, default: &str) {
    let (value, from) = match (option, file) {
        (Some(value), _) => (value.to_string(), "option"),
        (None, Some(value)) => (value.to_string(), "file"),
        (None, None) => (default.to_owned(), "default"),
    };
    let _ = writeln!(text, "{name} = {value}  # {from}");
}

/// Writes a setting without a default value; if it is not set, as a comment.
fn optional(
    text: &mut String,
    name: &str,
    option: Option<Value>,
    file: Option<Value>,
    default: &str,
) {
    if option.is_some() || file.is_some() {
        line(text, name, option, file, "");
    } else {
        let _ = writeln!(text, "# {name}: {default}  # default");
    }
}
