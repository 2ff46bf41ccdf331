//! The table of arguments as the program uses it: the global options that mean nothing to a command
//! are accepted everywhere, and its help leaves them out.

use super::Arguments;
use clap::{Arg, Command, CommandFactory};

const ALL: [&str; 6] = ["index_dir", "model", "device", "color", "verbose", "quiet"];

/// The table of arguments.
pub fn program() -> Command {
    let program = Arguments::command();
    let is_global = |argument: &&Arg| argument.is_global_set();
    let globals: Vec<Arg> = program.get_arguments().filter(is_global).cloned().collect();
    with_subcommands(program, "", &globals)
}

fn with_subcommands(mut command: Command, path: &str, globals: &[Arg]) -> Command {
    let names = command.get_subcommands().map(Command::get_name);
    let names: Vec<String> = names.map(str::to_owned).collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(name, |inner| {
            let hidden = globals
                .iter()
                .filter(|global| meaningless(path.trim()).contains(&global.get_id().as_str()))
                .map(|global| global.clone().hide(true));
            with_subcommands(inner.args(hidden), &path, globals)
        });
    }
    command
}

/// The global options that a command does not use.
fn meaningless(path: &str) -> &'static [&'static str] {
    match path {
        "search" | "similar" | "config" => &[],
        "index" | "name add" | "tag add" | "tag remove" | "bench" => &["color"],
        "eval" => &["index_dir", "color"],
        "completions" | "manual" => &ALL,
        path if path.starts_with("model") => &["index_dir", "model", "device", "color"],
        _ => &["device", "color"],
    }
}

#[cfg(test)]
mod tests {
    use super::program;
    use clap::Command;

    fn help(path: &str) -> String {
        let mut program = program();
        program.build();
        let mut command: &mut Command = &mut program;
        for name in path.split(' ') {
            command = command.find_subcommand_mut(name).unwrap();
        }
        command.render_help().to_string()
    }

    #[test]
    fn the_table_is_sound() {
        program().debug_assert();
    }

    #[test]
    fn help_lists_own_options_by_use_then_global_ones_that_mean_something() {
        let search = help("search");
        let at = |option: &str| search.find(option).unwrap_or_else(|| panic!("{option}"));
        let order = [
            "--limit",
            "--all",
            "--json",
            "--raw",
            "Global options:",
            "--index-dir",
        ];
        assert!(order.map(at).is_sorted(), "{search}");
        let list = help("name list");
        assert!(
            list.contains("--index-dir") && !list.contains("--device"),
            "{list}"
        );
        assert!(!help("completions").contains("Global options:"));
        let root = program().render_help().to_string();
        let (own, global) = root.split_once("Global options:").unwrap();
        assert!(
            own.contains("--pictures") && !global.contains("--pictures"),
            "{root}"
        );
    }
}
