//! The table of keys.

use crate::action::Action;
use crate::state::Mode;

/// A row of the table: these keys trigger this action in these modes.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The name in the configuration.
    pub name: &'static str,
    pub modes: &'static [Mode],
    pub keys: &'static [&'static str],
    pub action: Action,
    pub group: Group,
    /// The description in the help.
    pub help: &'static str,
}

/// The parts of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Typing,
    Moving,
    Looking,
    Choosing,
    Doing,
    Refining,
    Program,
}

impl Group {
    /// All groups, in the order of the help, with their headings.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Typing, "Typing the query"),
        (Self::Moving, "Moving among photos"),
        (Self::Looking, "Looking at them"),
        (Self::Choosing, "Marking photos"),
        (Self::Doing, "Using what is marked, or this"),
        (Self::Refining, "Refining the search"),
        (Self::Program, "The program"),
    ];
}

const TYPE: &[Mode] = &[Mode::Type];
const LOOK: &[Mode] = &[Mode::Browse, Mode::Detail];
const LISTS: &[Mode] = &[Mode::Browse, Mode::Detail, Mode::Help, Mode::History];
const VIM: &[Mode] = &[Mode::Browse, Mode::Detail, Mode::Help];
const PAGES: &[Mode] = &[Mode::Type, Mode::Browse, Mode::Detail, Mode::Help];
const MAIN: &[Mode] = &[Mode::Type, Mode::Browse, Mode::Detail];
const ALL: &[Mode] = &[
    Mode::Type,
    Mode::Browse,
    Mode::Detail,
    Mode::Help,
    Mode::History,
    Mode::Prompt,
    Mode::Confirm,
];
const ASKS: &[Mode] = &[Mode::History, Mode::Prompt];
const EARLIER: &[Mode] = &[Mode::History];
const PROMPT: &[Mode] = &[Mode::Prompt];
const CONFIRM: &[Mode] = &[Mode::Confirm];

const fn row(
    group: Group,
    name: &'static str,
    modes: &'static [Mode],
    keys: &'static [&'static str],
    action: Action,
    help: &'static str,
) -> Row {
    Row {
        name,
        modes,
        keys,
        action,
        group,
        help,
    }
}

use Group::{Choosing, Doing, Looking, Moving, Program, Refining, Typing};

// The columns make the table readable; rustfmt would break them.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    row(Typing, "complete", TYPE, &["tab"], Action::Complete, "complete (again: next)"),
    row(Typing, "complete-back", TYPE, &["shift-tab"], Action::CompleteBack, "previous completion"),
    row(Typing, "other-word", TYPE, &["ctrl-n"], Action::NextCompletion, "choose next completion"),
    row(Typing, "photos", TYPE, &["down"], Action::Browse, "go to photos"),
    row(Typing, "earlier", TYPE, &["up"], Action::History, "earlier queries"),
    row(Typing, "history", MAIN, &["ctrl-r"], Action::History, "earlier queries"),
    row(Typing, "forget-query", EARLIER, &["ctrl-x"], Action::ForgetQuery, "delete an earlier query"),
    row(Typing, "save", MAIN, &["ctrl-s"], Action::Save, "save the query"),
    row(Typing, "accept", ASKS, &["enter"], Action::Accept, "accept"),
    row(Typing, "complete-path", PROMPT, &["tab"], Action::CompletePath, "complete a folder"),
    row(Typing, "yes", CONFIRM, &["y", "enter"], Action::Accept, "yes"),
    row(Typing, "no", CONFIRM, &["n", "q"], Action::Leave, "no"),

    row(Moving, "query", LOOK, &["/", "i", "tab"], Action::Type, "to the query"),
    row(Moving, "left", LOOK, &["h", "left"], Action::Left, "left"),
    row(Moving, "down", VIM, &["j"], Action::Down, "down"),
    row(Moving, "list-down", LISTS, &["down"], Action::Down, "down"),
    row(Moving, "up", VIM, &["k"], Action::Up, "up"),
    row(Moving, "list-up", LISTS, &["up"], Action::Up, "up"),
    row(Moving, "right", LOOK, &["l", "right"], Action::Right, "right"),
    row(Moving, "page-down", PAGES, &["pgdn"], Action::PageDown, "next page"),
    row(Moving, "page-up", PAGES, &["pgup"], Action::PageUp, "previous page"),
    row(Moving, "half-down", LOOK, &["ctrl-d"], Action::HalfDown, "half a page down"),
    row(Moving, "half-up", LOOK, &["ctrl-u"], Action::HalfUp, "half a page up"),
    row(Moving, "first", LOOK, &["home", "0"], Action::First, "first photo"),
    row(Moving, "last", LOOK, &["G", "end"], Action::Last, "last loaded photo"),
    row(Moving, "next-month", LOOK, &["]"], Action::MonthOn, "next month"),
    row(Moving, "last-month", LOOK, &["["], Action::MonthBack, "previous month"),

    row(Looking, "large", LOOK, &["space"], Action::Detail, "large picture, facts"),
    row(Looking, "larger", LOOK, &[">"], Action::Larger, "larger thumbnails"),
    row(Looking, "smaller", LOOK, &["<"], Action::Smaller, "smaller thumbnails"),
    row(Looking, "view", LOOK, &["v"], Action::Layout, "toggle view: grid/list"),
    row(Looking, "order", LOOK, &["o"], Action::Sort, "sort: match/date/name/size"),
    row(Looking, "months", LOOK, &["g"], Action::Months, "toggle months"),
    row(Looking, "fold", LOOK, &["f"], Action::Fold, "fold or unfold copies"),

    row(Choosing, "mark", LOOK, &["m"], Action::Mark, "mark or unmark, go on"),
    row(Choosing, "unmark", LOOK, &["M"], Action::UnmarkAll, "unmark all"),
    row(Choosing, "mark-all", LOOK, &["A"], Action::MarkAll, "mark all that are loaded"),
    row(Choosing, "invert", LOOK, &["I"], Action::Invert, "invert marks"),
    row(Choosing, "range", LOOK, &["V"], Action::Range, "mark a range (twice)"),
    row(Choosing, "only-marked", LOOK, &["*"], Action::OnlyMarked, "toggle: only marked"),

    row(Doing, "open", MAIN, &["enter"], Action::Choose, "open (or pick)"),
    row(Doing, "print", LOOK, &["p"], Action::Print, "print paths and quit"),
    row(Doing, "copy", LOOK, &["y"], Action::Copy, "copy paths to clipboard"),
    row(Doing, "export", LOOK, &["e"], Action::ExportCopies, "copy files into a folder"),
    row(Doing, "link", LOOK, &["E"], Action::ExportLinks, "link files into a folder"),
    row(Doing, "command", LOOK, &["!"], Action::Command, "run a command on {}"),
    row(Doing, "name", LOOK, &["n"], Action::Teach, "teach a name with them"),
    row(Doing, "tag", LOOK, &["t"], Action::Tag, "set a tag on them"),
    row(Doing, "untag", LOOK, &["T"], Action::Untag, "take a tag from them"),
    row(Doing, "folder", LOOK, &["r"], Action::OpenFolder, "open the folder"),

    row(Refining, "more", LOOK, &["+"], Action::MoreLike, "more like this"),
    row(Refining, "less", LOOK, &["-"], Action::LessLike, "less like this"),
    row(Refining, "similar", LOOK, &["s"], Action::Similar, "new query: like this"),
    row(Refining, "this-day", LOOK, &["D"], Action::ThisDay, "new query: on this day"),
    row(Refining, "undo", LOOK, &["u"], Action::Undo, "undo (query, marks)"),
    row(Refining, "unfilter", LOOK, &["x"], Action::RemoveFilter, "remove last filter, + or -"),
    row(Refining, "all", LOOK, &["a"], Action::WeakMatches, "toggle weak matches"),

    row(Program, "refresh", LOOK, &["R"], Action::Index, "refresh index (again: stop)"),
    row(Program, "keys", PAGES, &["?"], Action::Help, "keys"),
    row(Program, "help", ALL, &["f1", "alt-?"], Action::Help, "keys, in prompts too"),
    row(Program, "back", ALL, &["esc"], Action::Leave, "back (photos: cancel a pick)"),
    row(Program, "quit", VIM, &["q"], Action::Close, "close what is on top, quit"),
    row(Program, "end", ALL, &["ctrl-c"], Action::Quit, "quit from everywhere"),
    row(Program, "suspend", ALL, &["ctrl-z"], Action::Suspend, "to the shell (fg: back)"),
];
