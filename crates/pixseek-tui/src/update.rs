//! Computes the next state and a list of effects from the state and a message. It performs no input
//! or output, so that tests can check every behaviour by passing messages.

mod answering;
mod browsing;
mod choosing;
mod commanding;
mod completing;
mod indexing;
mod mouse;
mod prompting;
mod refining;
mod typing;

#[cfg(test)]
mod tests;

pub use commanding::stop_key;

use crate::action::Action;
use crate::effect::{Effect, ExportForm};
use crate::keymap;
use crate::message::Message;
use crate::options::Ending;
use crate::state::{self, Confirm, Details, Indexing, Mode, Prompt, State};
use crate::view;
use crossterm::event::KeyEvent;
use pixseek_engine::Query;
use ratatui::layout::{Position, Rect, Size};

/// Changes the state by a message, and returns the effects to perform.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let is_from_user = matches!(
        message,
        Message::Key(_) | Message::Paste(_) | Message::Mouse(..)
    );
    let may_show_another = is_from_user || matches!(message, Message::Answered { .. });
    state::begin_undo(state);
    let mut effects = apply(state, message);
    if is_from_user {
        state::note_for_undo(state);
    }
    if may_show_another {
        effects.extend(wanted_details(state));
    }
    lay_out(state, state.screen);
    effects
}

/// Requests the details of the photo in the large view, once.
fn wanted_details(state: &mut State) -> Option<Effect> {
    if state.shown_mode() != Mode::Detail {
        return None;
    }
    let path = state.current_path()?;
    if state
        .details
        .as_ref()
        .is_some_and(|known| known.path == path)
    {
        return None;
    }
    state.details = Some(Details {
        path: path.clone(),
        ..Details::default()
    });
    Some(Effect::ReadDetails(path))
}

/// Computes the layout from the size of the screen: the number of photos that fit, and the first
/// row, so that the cursor is visible.
pub fn lay_out(state: &mut State, screen: Size) {
    state.screen = screen;
    let places = view::places(state, Rect::from((Position::ORIGIN, screen)));
    (state.columns, state.page) = view::columns_and_page(state, &places);
    state.lay_rows();
    state.first_row = view::first_row(state, &places);
}

fn apply(state: &mut State, message: Message) -> Vec<Effect> {
    match message {
        Message::Key(key) => return key_pressed(state, &key),
        Message::Paste(text) => {
            state.notice = None;
            return typing::insert(state, &text);
        }
        Message::Mouse(mouse, time) => return mouse::update(state, mouse, time),
        Message::Resize { width, height } => state.screen = Size::new(width, height),
        Message::Signal(number) => return vec![Effect::End(Ending::Signal(number))],
        Message::Answered {
            number,
            photo_count,
            result,
        } => {
            state.photo_count = photo_count.or(state.photo_count);
            // During typing, answers to earlier questions still arrive.
            if number == state.last_question {
                answering::answered(state, result);
            }
        }
        Message::Rested(number) if number == state.last_question => {
            state.has_rested = true;
            answering::show_held(state);
            if state.notice.is_none() {
                state.notice = Query::hints(state.query.value()).into_iter().next();
            }
        }
        Message::Vocabulary(vocabulary) => {
            state.vocabulary = vocabulary;
            state.query_changed();
        }
        Message::Details(details) => {
            if state
                .details
                .as_ref()
                .is_some_and(|wanted| wanted.path == details.path)
            {
                state.details = Some(details);
            }
        }
        // The search thread also sees this process's own run as a writer; the run reports itself.
        Message::Writer(_) if matches!(state.indexing, Indexing::Here(_)) => {}
        Message::Writer(Some(writer)) => state.indexing = Indexing::Elsewhere(writer),
        Message::Writer(None) => state.indexing = Indexing::None,
        Message::Indexing(run) => state.indexing = Indexing::Here(run),
        Message::Indexed(result) => return indexing::ended(state, result),
        Message::Folders { typed, folders } => {
            prompting::folders_found(state, &typed, folders);
        }
        Message::Files(files) => {
            state.files = files;
            // While the user chooses among completions, theirs stay.
            if state.cycle.is_none() {
                state.query_changed();
            }
        }
        Message::NoFolder(export) => {
            return prompting::ask(state, Confirm::MakeFolder(export));
        }
        Message::CommandSaid { number, line } => commanding::said(state, number, line),
        Message::CommandEnded { number, notice } => commanding::ended(state, number, notice),
        Message::NameTaken { name, before } => {
            return prompting::ask(state, Confirm::ReplaceQuery { name, before });
        }
        Message::QuerySaved(notice) => {
            state.notice = Some(notice);
            return vec![Effect::ReadVocabulary];
        }
        Message::Notice(notice) => state.notice = Some(notice),
        // The next frame shows the change.
        Message::PictureReady | Message::Rested(_) => {}
    }
    Vec::new()
}

/// Performs the action that the table has for a key in this mode, or else edits the focused text.
fn key_pressed(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    let action = state.keymap.action(state.mode, key);
    let is_typing = matches!(state.mode, Mode::Type | Mode::History | Mode::Prompt);
    let edit = typing::edit_of(key).filter(|_| is_typing);
    if action.is_some() || edit.is_some() {
        state.notice = None;
    }
    match (action, edit) {
        (Some(action), _) => act(state, action),
        (None, Some(edit)) => typing::edit(state, edit),
        (None, None) => {
            let key = keymap::name_of(key).unwrap_or_else(|| "this key".into());
            let help = state.keymap.key(state.mode, Action::Help);
            let help = help.map_or_else(String::new, |help| format!("; {help} shows the keys"));
            state.notice = Some(format!("{key} does nothing here{help}"));
            Vec::new()
        }
    }
}

/// Performs an action, and remembers the query if the action uses its photos.
fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let mut effects = if is_use(action) {
        remember(state)
    } else {
        Vec::new()
    };
    effects.extend(perform(state, action));
    effects
}

fn perform(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Type => state.mode = Mode::Type,
        Action::Browse => leave_query(state, Mode::Browse),
        Action::Help if state.mode == Mode::Help => state.mode = state.mode_below_help,
        Action::Help => {
            state.mode_below_help = state.mode;
            state.mode = Mode::Help;
            state.help_page = 0;
        }
        Action::Detail if state.mode == Mode::Detail => state.mode = Mode::Browse,
        Action::Detail if state.current().is_some() => leave_query(state, Mode::Detail),
        Action::Close if matches!(state.mode, Mode::Help | Mode::Detail) => return leave(state),
        Action::Quit if commanding::is_stoppable(state) => return commanding::stop(state),
        Action::Quit | Action::Close => return quit(state),
        Action::Leave => return leave(state),
        Action::Choose => return choose(state),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Index => return indexing::toggle(state),
        Action::Print => {
            let chosen = state.chosen();
            if !chosen.is_empty() {
                return commanding::end(state, Ending::Picked(chosen));
            }
        }
        Action::Copy => return copy(state),
        Action::ExportCopies => prompting::open(state, Prompt::Export(ExportForm::Copies)),
        Action::ExportLinks => prompting::open(state, Prompt::Export(ExportForm::Links)),
        Action::Command => prompting::open(state, Prompt::Command),
        Action::Teach => prompting::open(state, Prompt::Name),
        Action::Tag => prompting::open(state, Prompt::Tag),
        Action::Untag => prompting::open(state, Prompt::Untag),
        Action::Save if state.query.value().trim().is_empty() => {
            state.notice = Some("there is no query to save".into());
        }
        Action::Save => prompting::open(state, Prompt::SaveQuery),
        Action::OpenFolder => {
            let current = state.current_path();
            return current.map(Effect::OpenFolder).into_iter().collect();
        }
        Action::Complete => return completing::complete(state),
        Action::CompleteBack => return completing::complete_back(state),
        Action::NextCompletion => completing::choose_next(state),
        Action::CompletePath => return prompting::complete_folder(state),
        Action::Detail => {}
        Action::History => typing::open_history(state),
        Action::ForgetQuery => return typing::forget_earlier(state),
        Action::Accept => {
            return match state.mode {
                Mode::History => typing::accept_earlier(state),
                Mode::Confirm => prompting::confirmed(state),
                _ => prompting::accept(state),
            };
        }
        Action::Mark
        | Action::UnmarkAll
        | Action::MarkAll
        | Action::Invert
        | Action::Range
        | Action::OnlyMarked => return choosing::act(state, action),
        Action::MoreLike
        | Action::LessLike
        | Action::Similar
        | Action::ThisDay
        | Action::RemoveFilter
        | Action::Undo
        | Action::Sort
        | Action::Fold
        | Action::WeakMatches => return refining::act(state, action),
        _ => return browsing::act(state, action),
    }
    Vec::new()
}

fn quit(state: &mut State) -> Vec<Effect> {
    let ending = if state.is_picker {
        Ending::Cancelled
    } else {
        Ending::Left
    };
    commanding::end(state, ending)
}

/// Leaves the query for another mode. This counts as a rest in typing.
fn leave_query(state: &mut State, mode: Mode) {
    state.mode = mode;
    state.cycle = None;
    answering::show_held(state);
}

/// Adds a query with hits to the history when the user acts on them. The half-typed queries before
/// it are not worth remembering.
fn remember(state: &mut State) -> Vec<Effect> {
    let query = state.query.value().trim().to_owned();
    let is_good = !query.is_empty() && state.mistake.is_none() && !state.hits.is_empty();
    if !is_good || state.history.first() == Some(&query) {
        return Vec::new();
    }
    state.history.retain(|earlier| *earlier != query);
    state.history.insert(0, query.clone());
    vec![Effect::RememberQuery(query)]
}

/// Whether an action uses the photos that a query found.
fn is_use(action: Action) -> bool {
    matches!(
        action,
        Action::Choose
            | Action::Detail
            | Action::Mark
            | Action::Similar
            | Action::MoreLike
            | Action::LessLike
            | Action::Print
            | Action::Copy
            | Action::ExportCopies
            | Action::ExportLinks
            | Action::Command
            | Action::Teach
            | Action::Tag
            | Action::Untag
            | Action::OpenFolder
    )
}

/// Goes back one step. From the photos of a picker, this ends the program.
fn leave(state: &mut State) -> Vec<Effect> {
    match state.mode {
        Mode::Browse if commanding::is_stoppable(state) => return commanding::stop(state),
        Mode::Browse if state.is_picker => return quit(state),
        Mode::Browse if state.range_start.take().is_some() => {
            state.notice = Some("no range".into());
        }
        Mode::Browse => {
            let key = state.keymap.key(Mode::Browse, Action::Close);
            state.notice = key.map(|key| format!("{key} quits"));
        }
        Mode::Type => leave_query(state, Mode::Browse),
        Mode::Detail => state.mode = Mode::Browse,
        Mode::Help => state.mode = state.mode_below_help,
        Mode::History | Mode::Prompt | Mode::Confirm => state.mode = state.previous_mode,
    }
    Vec::new()
}

/// Goes from the query to the photos, and from there opens the chosen ones. A picker returns the
/// chosen paths in either place.
fn choose(state: &mut State) -> Vec<Effect> {
    if state.mode == Mode::Type && !state.is_picker {
        leave_query(state, Mode::Browse);
        return Vec::new();
    }
    let chosen = state.chosen();
    if chosen.is_empty() {
        return Vec::new();
    }
    if state.is_picker {
        return commanding::end(state, Ending::Picked(chosen));
    }
    vec![Effect::OpenPhotos(chosen)]
}

fn copy(state: &mut State) -> Vec<Effect> {
    let chosen = state.chosen();
    if chosen.is_empty() {
        return Vec::new();
    }
    state.notice = Some(match chosen.len() {
        1 => "copied the path".into(),
        count => format!("copied {count} paths"),
    });
    vec![Effect::Copy(chosen.join(&b'\n'))]
}
