//! Lets a query begin its words with signs on the command line: `pixseek search dog -people -n 5`.
//!
//! clap would take `-people` for an option. A word that begins with a single `-` and is no option
//! of pixseek is moved behind a `--`, together with the other words of the query.

use crate::arguments::Arguments;
use clap::{ArgAction, Command, CommandFactory};
use std::ffi::OsString;

/// Whether the arguments ask for `pixseek --help query`, also spelled with `-h` or `help`.
pub fn asks_for_grammar(typed: &[OsString]) -> bool {
    match typed {
        [_, help, query] => {
            query == "query" && (help == "--help" || help == "-h" || help == "help")
        }
        _ => false,
    }
}

/// Reorders the arguments of `search` and `save`: the options first, then `--`, then the query. The
/// arguments of other commands stay as they were typed.
pub fn behind_options(typed: Vec<OsString>) -> Vec<OsString> {
    let mut program = Arguments::command();
    program.build();
    let asks = |at: &usize| typed[*at] == "search" || typed[*at] == "save";
    let Some(at) = subcommand(&program, &typed).filter(asks) else {
        return typed;
    };
    let Some(search) = program.find_subcommand(&typed[at]) else {
        return typed;
    };
    let mut typed = typed.into_iter();
    let mut options: Vec<OsString> = typed.by_ref().take(at + 1).collect();
    let mut query = Vec::new();
    while let Some(word) = typed.next() {
        if word == "--" {
            query.extend(typed.by_ref());
            break;
        }
        match option(search, &word.to_string_lossy()) {
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

/// The position of the subcommand: the first word that is neither an option nor an option's value.
fn subcommand(program: &Command, typed: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while at < typed.len() {
        match option(program, &typed[at].to_string_lossy()) {
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

fn option(search: &Command, word: &str) -> Kind {
    let takes_value =
        |argument: &clap::Arg| matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or(long);
        let argument = search
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
        let argument = search
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
    use super::behind_options;

    fn check(typed: &str, expected: &str) {
        let typed = typed.split(' ').map(Into::into).collect();
        let words: Vec<_> = behind_options(typed)
            .into_iter()
            .map(|word| word.into_string().unwrap())
            .collect();
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn query_words_go_behind_options() {
        check("pixseek search a dog", "pixseek search -- a dog");
        check(
            "pixseek search dog -people -n 5 +snow --json",
            "pixseek search -n 5 --json -- dog -people +snow",
        );
        check(
            "pixseek --index x search -nature -n5 -0 -qv",
            "pixseek --index x search -n5 -0 -qv -- -nature",
        );
        check(
            "pixseek search --limit=3 -- -n",
            "pixseek search --limit=3 -- -n",
        );
        check("pixseek search --help", "pixseek search --help");
        check(
            "pixseek index search --exclude x",
            "pixseek index search --exclude x",
        );
        check(
            "pixseek --index search status",
            "pixseek --index search status",
        );
        check(
            "pixseek -v --device=cpu --index save search a -b",
            "pixseek -v --device=cpu --index save search -- a -b",
        );
        check("pixseek index photos", "pixseek index photos");
    }
}
