//! `update`: from the state and a message to the next state and a list of effects. It reads and
//! writes nothing else, so that every behaviour can be tested by passing messages.

mod browsing;
mod choosing;
mod completing;
mod indexing;
mod mouse;
mod prompting;
mod refining;
mod typing;

#[cfg(test)]
mod tests;

use crate::action::Action;
use crate::effect::{Effect, ExportForm};
use crate::error::SearchError;
use crate::keymap;
use crate::message::Message;
use crate::options::Ending;
use crate::state::{self, Confirm, FIRST_PAGE, Indexing, Mode, Prompt, State};
use crate::view;
use crossterm::event::KeyEvent;
use pixseek_engine::{Answer, Hit};
use ratatui::layout::{Position, Rect, Size};

/// Changes the state by a message, and returns what is to be done outside.
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
        effects.extend(wanted_labels(state));
    }
    lay_out(state, state.screen);
    effects
}

/// Asks for the labels of the photo that is shown large, once.
fn wanted_labels(state: &mut State) -> Option<Effect> {
    if state.shown_mode() != Mode::Detail {
        return None;
    }
    let path = state.current_path()?;
    if state
        .labels
        .as_ref()
        .is_some_and(|(known, _)| *known == path)
    {
        return None;
    }
    state.labels = Some((path.clone(), Vec::new()));
    Some(Effect::ReadLabels(path))
}

/// Computes what follows from the size of the screen: how many photos it has room for, and the
/// first row of them, so that the cursor is visible.
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
            // While letters are typed, answers to earlier questions still arrive.
            if number == state.last_question {
                answered(state, result);
            }
        }
        Message::Rested(number) if number == state.last_question => {
            state.has_rested = true;
            show_held(state);
        }
        Message::Vocabulary(vocabulary) => {
            state.vocabulary = vocabulary;
            state.query_changed();
        }
        Message::Labels { path, labels } => {
            if let Some((wanted, known)) = &mut state.labels
                && *wanted == path
            {
                *known = labels;
            }
        }
        // Seen from outside, the run of this process is a writer too; it reports on itself.
        Message::Writer(_) if matches!(state.indexing, Indexing::Here(_)) => {}
        Message::Writer(Some(writer)) => state.indexing = Indexing::Elsewhere(writer),
        Message::Writer(None) => state.indexing = Indexing::None,
        Message::Indexing(run) => state.indexing = Indexing::Here(run),
        Message::Indexed(result) => return indexing::ended(state, result),
        Message::Folders { typed, folders } => {
            prompting::folders_found(state, &typed, folders);
        }
        Message::NoFolder(export) => {
            return prompting::ask(state, Confirm::MakeFolder(export));
        }
        Message::QuerySaved(notice) => {
            state.notice = Some(notice);
            return vec![Effect::ReadVocabulary];
        }
        Message::Notice(notice) => state.notice = Some(notice),
        // The next frame shows it.
        Message::PictureReady | Message::Rested(_) => {}
    }
    Vec::new()
}

/// A key does what the table says for the mode, or else edits the text that is typed.
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

/// Shows the answer to the last question.
fn answered(state: &mut State, result: Result<Box<Answer>, SearchError>) {
    let is_first_page = state.options.limit == FIRST_PAGE;
    let was_searching = state.is_searching();
    let is_new = was_searching && is_first_page;
    state.last_answer = state.last_question;
    state.mistake = None;
    state.failure = None;
    match result {
        // A word that is half typed often finds nothing, and the next letter mends it.
        Ok(answer) if answer.hits.is_empty() && state.mode == Mode::Type && !state.has_rested => {
            state.is_stale = true;
            state.held = Some(answer);
            if state.hits.is_empty() {
                show_held(state);
            }
        }
        // The index has changed while the marked photos are shown.
        Ok(_) if state.shows_marked && !was_searching => {}
        Ok(answer) => show(state, *answer, is_new && state.mode == Mode::Type),
        // The hits of the last correct query stay on screen while the next one is half typed.
        Err(SearchError::Query(mistake)) => {
            state.is_stale = true;
            state.mistake = Some(mistake);
        }
        Err(SearchError::NoIndex) => {
            state.photo_count = Some(0);
            state.set_hits(Vec::new());
        }
        Err(error) => {
            state.notice = Some(error.to_string());
            state.failure.clone_from(&state.notice);
        }
    }
    if state.photo_count == Some(0) {
        prompting::greet(state);
    }
}

/// Shows the answer that waits until typing rests.
fn show_held(state: &mut State) {
    if let Some(answer) = state.held.take() {
        show(state, *answer, true);
    }
}

/// Shows an answer. A new query begins at its best hit. Otherwise the cursor stays on its photo:
/// more hits of the same query were loaded, or the index has changed.
fn show(state: &mut State, answer: Answer, is_new: bool) {
    let current = state.current_path();
    state.set_hits(answer.hits);
    state.best_below = answer.best_below;
    state.is_stale = false;
    state.shows_marked = false;
    state.range_start = None;
    let is_current = |hit: &Hit| Some(&hit.path) == current.as_ref();
    let mut hits = state.hits.iter();
    let at = hits.position(is_current).filter(|_| !is_new);
    state.selected = at.unwrap_or(0);
    if state.hits.is_empty() && state.mode == Mode::Detail {
        state.mode = Mode::Browse;
    }
}

/// Does what an action says, and remembers the query whose photos it uses.
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
        Action::Quit | Action::Close => return vec![quit(state)],
        Action::Leave => return leave(state),
        Action::Choose => return choose(state),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Index => return indexing::toggle(state),
        Action::Print => {
            let chosen = state.chosen();
            if !chosen.is_empty() {
                return vec![Effect::End(Ending::Picked(chosen))];
            }
        }
        Action::Copy => return copy(state),
        Action::ExportCopies => prompting::open(state, Prompt::Export(ExportForm::Copies)),
        Action::ExportLinks => prompting::open(state, Prompt::Export(ExportForm::Links)),
        Action::Command => prompting::open(state, Prompt::Command),
        Action::Teach => prompting::open(state, Prompt::Name),
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

fn quit(state: &State) -> Effect {
    Effect::End(if state.is_picker {
        Ending::Cancelled
    } else {
        Ending::Left
    })
}

/// Changes from typing the query to another mode. Typing rests then.
fn leave_query(state: &mut State, mode: Mode) {
    state.mode = mode;
    state.cycle = None;
    show_held(state);
}

/// Remembers a query that found something, when something is done with what it found. Queries on
/// the way to it are not worth it.
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

/// Whether an action does something with what a query found.
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
            | Action::OpenFolder
    )
}

/// Goes back one step; from the photos of a picker, out of the program.
fn leave(state: &mut State) -> Vec<Effect> {
    match state.mode {
        Mode::Browse if state.is_picker => return vec![quit(state)],
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

/// Goes from the query to the photos, and opens the chosen ones from there; a picker returns their
/// paths from both.
fn choose(state: &mut State) -> Vec<Effect> {
    if state.mode == Mode::Type && !state.is_picker {
        leave_query(state, Mode::Browse);
        return Vec::new();
    }
    let chosen = state.chosen();
    if chosen.is_empty() {
        return Vec::new();
    }
    vec![if state.is_picker {
        Effect::End(Ending::Picked(chosen))
    } else {
        Effect::OpenPhotos(chosen)
    }]
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
