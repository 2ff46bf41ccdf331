//! Completion in shells: at every tab the shell asks this program, which reads what the index has.
//!
//! It writes nothing, opens no model, and offers nothing where it cannot read: a tab is no place
//! for errors. Scripts that clap generates once know no folder and no label, so clap's engine is
//! used, although its interface is still marked as unstable; it brings one small crate. The
//! engine does not speak Nushell's language, so Nushell gets a generated script.

use crate::arguments::{Common, Shell, program};
use crate::chosen::{Chosen, EMBEDDED, store};
use crate::config::Config;
use crate::location::index_without_model;
use crate::output::sized;
use clap_complete::CompleteEnv;
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use clap_complete::env::Shells;
use clap_complete_nushell::Nushell;
use pixseek_engine::{Names, Saved, Status, Vocabulary, vocabulary_of};
use pixseek_models::Registry;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::PathBuf;

/// The environment variable by which a shell asks.
const VARIABLE: &str = "PIXSEEK_COMPLETE";
/// Candidates for one word.
const MOST: usize = 100;
/// clap's script splits words at `:` and `@`, which filters and saved queries contain.
const BASH: &str = include_str!("completion.bash");

/// Answers a shell that asks for candidates, and ends the program then.
pub fn answer() {
    CompleteEnv::with_factory(program).var(VARIABLE).complete();
}

/// Writes the script with which a shell asks this program.
pub fn script(shell: Shell, output: &mut impl Write) -> std::io::Result<()> {
    let name = match shell {
        Shell::Bash => return output.write_all(BASH.as_bytes()),
        Shell::Nushell => {
            // It cannot ask: its completions are of the table of arguments only.
            clap_complete::generate(Nushell, &mut program(), "pixseek", output);
            return Ok(());
        }
        Shell::Elvish => "elvish",
        Shell::Fish => "fish",
        Shell::Pwsh => "powershell",
        Shell::Zsh => "zsh",
    };
    let builtins = Shells::builtins();
    let Some(completer) = builtins.completer(name) else {
        return Ok(());
    };
    completer.write_registration(VARIABLE, "pixseek", "pixseek", "pixseek", output)
}

/// Words of a query: filters, their values, taught names and saved queries.
pub fn query() -> ArgValueCompleter {
    ArgValueCompleter::new(|word: &OsStr| -> Vec<CompletionCandidate> {
        let Some(word) = word.to_str() else {
            return Vec::new();
        };
        if let Some(path) = word.strip_prefix("like:") {
            let paths = PathCompleter::file().complete(OsStr::new(path));
            return paths
                .into_iter()
                .map(|path| path.add_prefix("like:"))
                .collect();
        }
        let vocabulary = vocabulary().unwrap_or_default();
        let completions = vocabulary.complete(word, word.len(), MOST).into_iter();
        let completed = completions.map(|completion| {
            let mut word = word.to_owned();
            word.replace_range(completion.span, completion.text.trim_end());
            CompletionCandidate::new(word)
        });
        completed.collect()
    })
}

/// The names of `pixseek name list`.
pub fn names() -> ArgValueCompleter {
    values(|| {
        let names = Names::read(&index()?).ok()?;
        Some(names.iter().map(|(name, _)| name.to_owned()).collect())
    })
}

/// The names of `pixseek query list`.
pub fn queries() -> ArgValueCompleter {
    values(|| {
        let saved = Saved::read(&index()?).ok()?;
        Some(saved.iter().map(|(name, _)| name.to_owned()).collect())
    })
}

/// The labels of `pixseek tag list`.
pub fn labels() -> ArgValueCompleter {
    values(|| Some(vocabulary()?.tags))
}

/// The indexed folders, and those on disk.
pub fn folders() -> ArgValueCompleter {
    ArgValueCompleter::new(|word: &OsStr| -> Vec<CompletionCandidate> {
        let status = index().and_then(|index| Status::read(&index).ok());
        let folders = status.map(|status| status.folders).unwrap_or_default();
        let paths = folders.into_iter().map(|folder| folder.path);
        let begun = |path: &PathBuf| {
            let path = path.as_os_str().as_encoded_bytes();
            path.starts_with(word.as_encoded_bytes())
        };
        let mut candidates: Vec<_> = paths.filter(begun).map(CompletionCandidate::new).collect();
        candidates.extend(PathCompleter::dir().complete(word));
        candidates
    })
}

/// The models that can be used.
pub fn models() -> ArgValueCompleter {
    values(|| {
        let installed = store().ok()?.installed().ok()?.into_iter();
        let installed = installed.map(|model| model.name);
        Some(std::iter::once(EMBEDDED.into()).chain(installed).collect())
    })
}

/// The models that can be pulled, with their sizes.
pub fn known_models() -> ArgValueCompleter {
    ArgValueCompleter::new(|word: &OsStr| -> Vec<CompletionCandidate> {
        let models = Registry::built_in().models.into_iter();
        let begun = models.filter(|model| model.name.starts_with(&*word.to_string_lossy()));
        let candidate = |model: pixseek_models::KnownModel| {
            let help = format!("{}, {}", sized(model.megabytes * 1_000_000), model.title);
            CompletionCandidate::new(model.name).help(Some(help.into()))
        };
        begun.map(candidate).collect()
    })
}

fn values(known: impl Fn() -> Option<Vec<String>> + Send + Sync + 'static) -> ArgValueCompleter {
    ArgValueCompleter::new(move |word: &OsStr| -> Vec<CompletionCandidate> {
        let word = word.to_string_lossy();
        let known = known().unwrap_or_default().into_iter();
        let begun = known.filter(|value| value.starts_with(&*word));
        begun.map(CompletionCandidate::new).collect()
    })
}

fn vocabulary() -> Option<Vocabulary> {
    vocabulary_of(&index()?).ok()
}

/// The index that the words before the cursor name, or the one that a search would read.
fn index() -> Option<PathBuf> {
    let typed: Vec<OsString> = std::env::args_os()
        .skip_while(|word| word != "--")
        .collect();
    let (_, config) = Config::read().unwrap_or_default();
    let named = |option: &str| {
        let at = typed.iter().rposition(|word| word == option)?;
        typed.get(at + 1).map(PathBuf::from)
    };
    let mut common = Common {
        index_dir: named("--index-dir"),
        model: named("--model"),
        ..Common::default()
    };
    config.fill_common(&mut common);
    index_without_model(&common, &Chosen::read().ok()?)
}
