//! Reads what clap cannot tell apart: the words of a query among options, as in
//! `pixseek search dog -people -n 5`, and mistyped commands among queries.
//!
//! clap would take `-people` for an option. A word that begins with a single `-` and is no option
//! of pixseek is moved behind a `--`, together with the other words of the query.

use clap::{ArgAction, Command};
use std::ffi::OsString;
use std::path::Path;

/// Words that describe photos and are one edit away from a command.
const USUAL: [&str; 24] = [
    "beach", "bunch", "belch", "wench", "dunes", "dudes", "dame", "fame", "game", "lame", "same",
    "tame", "holder", "older", "bolder", "colder", "molder", "solder", "statue", "motel", "evil",
    "oval", "help", "kelp",
];
/// Shorter commands are near too many words.
const SHORTEST: usize = 4;

/// The first word of a query and the command that it is a misspelling of. None where `--` stands
/// before the query.
pub fn mistyped(program: &Command, typed: &[OsString]) -> Option<(String, String)> {
    let word = typed[first_word(program, typed, 1)?].to_str()?;
    let is_usual = USUAL.contains(&word.to_lowercase().as_str());
    if is_usual || program.find_subcommand(word).is_some() {
        return None;
    }
    let names = program.get_subcommands().map(Command::get_name);
    let mut names = names.filter(|name| name.len() >= SHORTEST);
    let command = names.find(|name| strsim::osa_distance(name, word) == 1)?;
    Some((word.into(), command.into()))
}

/// Names of commands in other programs and in older notes, each with the command that does the same.
/// Whether such a word begins a query is told by what follows it.
const RETIRED: [(&str, Behind, &str); 9] = [
    ("teach", Behind::Anything, "name add"),
    ("forget-name", Behind::Anything, "name remove"),
    ("names", Behind::Nothing, "name list"),
    ("saved", Behind::Nothing, "query list"),
    ("save", Behind::Nothing, "query add"),
    ("unsave", Behind::Anything, "query remove"),
    ("tags", Behind::Nothing, "tag list"),
    ("forget", Behind::Path, "folder forget"),
    ("man", Behind::Nothing, "manual"),
];

/// What stands behind a word if it is meant as a command.
#[derive(Clone, Copy)]
enum Behind {
    Nothing,
    /// One word that names a file or folder.
    Path,
    Anything,
}

/// The first word of a query and the command that it is another name of. None where `--` stands
/// before the query.
pub fn retired(program: &Command, typed: &[OsString]) -> Option<(String, String)> {
    let at = first_word(program, typed, 1)?;
    let word = typed[at].to_str()?;
    let rest: Vec<&OsString> = typed[at + 1..].iter().collect();
    let (_, behind, command) = RETIRED.iter().find(|(name, ..)| *name == word)?;
    let is_meant = match behind {
        Behind::Nothing => rest.is_empty(),
        Behind::Path => match rest[..] {
            [] => true,
            [path] => path.to_string_lossy().contains('/') || Path::new(path).exists(),
            _ => false,
        },
        Behind::Anything => true,
    };
    is_meant.then(|| (word.into(), (*command).into()))
}

/// The words from the command on, as a query in double quotes; `None` if a shell would read more
/// than words.
pub fn words(program: &Command, typed: &[OsString]) -> Option<String> {
    let at = first_word(program, typed, 1)?;
    let words: Option<Vec<&str>> = typed[at..].iter().map(|word| word.to_str()).collect();
    let words = words?.join(" ");
    let is_special = |c: char| c.is_control() || matches!(c, '"' | '$' | '`' | '\\' | '!');
    (!words.contains(is_special)).then_some(words)
}

/// Reorders arguments with a query (`search`, `query add`, and no command): the options first,
/// then `--`, then the query. Other arguments stay as they were typed. `program` is built.
pub fn behind_options(program: &Command, typed: Vec<OsString>) -> Vec<OsString> {
    let Some((command, at)) = asking(program, &typed) else {
        return typed;
    };
    let mut typed = typed.into_iter();
    let mut options: Vec<OsString> = typed.by_ref().take(at).collect();
    let mut query = Vec::new();
    while let Some(word) = typed.next() {
        if word == "--" {
            query.extend(typed.by_ref());
            break;
        }
        match option(command, &word.to_string_lossy()) {
            Kind::Query => query.push(word),
            Kind::Option => options.push(word),
            Kind::WithValue => {
                options.push(word);
                options.extend(typed.next());
            }
        }
    }
    if !query.is_empty() {
        options.push("--".into());
        options.extend(query);
    }
    options
}

/// The command that reads a query, and the position behind its name.
fn asking<'a>(program: &'a Command, typed: &[OsString]) -> Option<(&'a Command, usize)> {
    let Some(at) = first_word(program, typed, 1) else {
        return Some((program, 1)).filter(|_| typed.len() > 1);
    };
    match typed[at].to_str() {
        Some("search") => Some((program.find_subcommand("search")?, at + 1)),
        Some("query") => {
            let family = program.find_subcommand("query")?;
            let at = first_word(family, typed, at + 1)?;
            let add = family.find_subcommand("add")?;
            (typed[at] == "add").then_some((add, at + 1))
        }
        Some(word) if program.find_subcommand(word).is_some() => None,
        _ => Some((program, 1)),
    }
}

/// The position of the first word that is neither an option nor an option's value.
fn first_word(command: &Command, typed: &[OsString], mut at: usize) -> Option<usize> {
    while at < typed.len() && typed[at] != "--" {
        match option(command, &typed[at].to_string_lossy()) {
            Kind::Query => return Some(at),
            Kind::Option => at += 1,
            Kind::WithValue => at += 2,
        }
    }
    None
}

enum Kind {
    Query,
    Option,
    /// An option whose value is the next word.
    WithValue,
}

fn option(command: &Command, word: &str) -> Kind {
    let takes_value =
        |argument: &clap::Arg| matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or(long);
        let argument = command
            .get_arguments()
            .find(|argument| argument.get_long() == Some(name));
        return match argument {
            Some(argument) if takes_value(argument) && !long.contains('=') => Kind::WithValue,
            // Leave unknown options to clap, which refuses them.
            _ => Kind::Option,
        };
    }
    let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) else {
        return Kind::Query;
    };
    for (at, letter) in short.char_indices() {
        let argument = command
            .get_arguments()
            .find(|argument| argument.get_short() == Some(letter));
        match argument {
            None => return Kind::Query,
            Some(argument) if takes_value(argument) => {
                let value = &short[at + letter.len_utf8()..];
                return match value {
                    "" => Kind::WithValue,
                    // Only a number is a value: `-n5` is an option and `-nature` is a word.
                    value if value.trim_start_matches('=').parse::<u64>().is_ok() => Kind::Option,
                    _ => Kind::Query,
                };
            }
            Some(_) => {}
        }
    }
    Kind::Option
}

#[cfg(test)]
mod tests {
    use super::{behind_options, mistyped, retired, words};
    use crate::arguments::program;
    use clap::Command;
    use std::ffi::OsString;

    fn built() -> Command {
        let mut program = program();
        program.build();
        program
    }

    fn split(typed: &str) -> Vec<OsString> {
        typed.split(' ').map(Into::into).collect()
    }

    #[test]
    fn query_words_go_behind_options() {
        let program = built();
        for (typed, expected) in [
            ("pixseek search a dog", "pixseek search -- a dog"),
            (
                "pixseek search dog -people -n 5 +snow --json",
                "pixseek search -n 5 --json -- dog -people +snow",
            ),
            (
                "pixseek --index-dir x search -nature -n5 -0 -qv",
                "pixseek --index-dir x search -n5 -0 -qv -- -nature",
            ),
            (
                "pixseek search --limit=3 -- -n",
                "pixseek search --limit=3 -- -n",
            ),
            ("pixseek search --help", "pixseek search --help"),
            (
                "pixseek index search --exclude x",
                "pixseek index search --exclude x",
            ),
            (
                "pixseek --index-dir search status",
                "pixseek --index-dir search status",
            ),
            (
                "pixseek -v --device=cpu query --index-dir x add dogs dog -b",
                "pixseek -v --device=cpu query --index-dir x add -- dogs dog -b",
            ),
            ("pixseek query list", "pixseek query list"),
            (
                "pixseek dog -people --pick",
                "pixseek --pick -- dog -people",
            ),
            ("pixseek -- search", "pixseek -- search"),
            ("pixseek index photos", "pixseek index photos"),
            ("pixseek", "pixseek"),
        ] {
            let words = behind_options(&program, split(typed));
            assert_eq!(words, split(expected), "{typed}");
        }
    }

    #[test]
    fn other_names_of_commands_are_noticed() {
        let program = built();
        for (typed, command) in [
            ("pixseek teach rex a.jpg", Some("name add")),
            ("pixseek -q saved", Some("query list")),
            ("pixseek unsave x", Some("query remove")),
            ("pixseek man", Some("manual")),
            ("pixseek man on a beach", None),
            ("pixseek save the whales", None),
            ("pixseek forget /photos", Some("folder forget")),
            ("pixseek forget me not", None),
            ("pixseek -- man", None),
        ] {
            let found = retired(&program, &split(typed)).map(|(_, command)| command);
            assert_eq!(found.as_deref(), command, "{typed}");
        }
    }

    #[test]
    fn words_of_a_query_are_quoted_as_one() {
        let program = built();
        for (typed, expected) in [
            ("pixseek bench in the park", Some("bench in the park")),
            ("pixseek -q model t ford", Some("model t ford")),
            ("pixseek model $x", None),
            ("pixseek", None),
        ] {
            assert_eq!(
                words(&program, &split(typed)).as_deref(),
                expected,
                "{typed}"
            );
        }
    }

    #[test]
    fn mistyped_commands_are_noticed() {
        let program = built();
        for (typed, command) in [
            ("pixseek indx photos", Some("index")),
            ("pixseek -v serach dog", Some("search")),
            ("pixseek statsu", Some("status")),
            ("pixseek names", Some("name")),
            ("pixseek -- indx", None),
            ("pixseek index indx", None),
            ("pixseek beach dunes", None),
            ("pixseek tan", None),
            ("pixseek two dogs", None),
            ("pixseek", None),
        ] {
            let found = mistyped(&program, &split(typed)).map(|(_, command)| command);
            assert_eq!(found.as_deref(), command, "{typed}");
        }
    }
}
