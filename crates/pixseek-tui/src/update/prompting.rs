//! The bottom line's prompts: for texts, for folders, and for yes or no.

use super::{Mode, State, commanding};
use crate::effect::{Effect, Export};
use crate::state::{Confirm, FolderChoices, Indexing, Prompt};
use tui_input::Input;

/// Asks for a text. Suggests a folder where it needs one: the last one, or the pictures folder.
pub fn open(state: &mut State, prompt: Prompt) {
    if prompt.is_for_photos() && state.chosen().is_empty() {
        return;
    }
    state.previous_mode = state.mode;
    state.mode = Mode::Prompt;
    state.prompt = prompt;
    state.folder_choices = FolderChoices::default();
    let proposal = match prompt {
        Prompt::Export(_) => state.last_folder.clone(),
        Prompt::IndexFolder => state.pictures_folder.clone(),
        Prompt::SaveQuery | Prompt::Command | Prompt::Name | Prompt::Tag | Prompt::Untag => {
            String::new()
        }
    };
    state.is_proposed = prompt == Prompt::IndexFolder && !proposal.is_empty();
    state.prompt_input = Input::new(proposal);
}

/// Asks once for the folder of the photos if there are no photos.
pub fn greet(state: &mut State) {
    // Do not interrupt a user who is typing a query.
    let is_free = matches!(state.mode, Mode::Type | Mode::Browse) && !state.word_is_typed;
    let is_idle = state.indexing == Indexing::None;
    if state.can_index && is_free && is_idle && !state.has_greeted {
        state.has_greeted = true;
        open(state, Prompt::IndexFolder);
    }
}

/// Performs the prompt's action with the text that the user typed.
pub fn accept(state: &mut State) -> Vec<Effect> {
    state.mode = state.previous_mode;
    let answer = state.prompt_input.value().trim().to_owned();
    if answer.is_empty() {
        return Vec::new();
    }
    match state.prompt {
        Prompt::SaveQuery => vec![save_as(state, answer, false)],
        Prompt::Export(form) => {
            state.last_folder.clone_from(&answer);
            vec![Effect::Export(Export {
                paths: state.chosen(),
                folder: answer,
                form,
                makes_folder: false,
            })]
        }
        Prompt::Command => commanding::start(state, answer),
        Prompt::Name => {
            state.notice = Some(format!("learning {answer} ..."));
            vec![Effect::Teach {
                name: answer,
                paths: state.chosen(),
            }]
        }
        Prompt::Tag | Prompt::Untag => vec![Effect::Tag {
            tag: answer,
            paths: state.chosen(),
            takes: state.prompt == Prompt::Untag,
        }],
        Prompt::IndexFolder => {
            state.indexing = Indexing::Here(crate::state::Run::default());
            // If this folder has no photos, the next prompt suggests it again.
            state.pictures_folder.clone_from(&answer);
            state.indexed_folder = Some(answer.clone());
            vec![Effect::StartIndexing(Some(answer))]
        }
    }
}

fn save_as(state: &State, name: String, replaces: bool) -> Effect {
    Effect::SaveQuery {
        name,
        query: state.query.value().trim().to_owned(),
        replaces,
    }
}

/// Asks a yes-or-no question.
pub fn ask(state: &mut State, confirm: Confirm) -> Vec<Effect> {
    if state.mode != Mode::Confirm {
        state.previous_mode = state.shown_mode();
    }
    state.mode = Mode::Confirm;
    state.confirm = Some(confirm);
    Vec::new()
}

/// Performs the action that the user has confirmed.
pub fn confirmed(state: &mut State) -> Vec<Effect> {
    state.mode = state.previous_mode;
    match state.confirm.take() {
        Some(Confirm::ReplaceQuery { name, .. }) => vec![save_as(state, name, true)],
        Some(Confirm::EndCommands(ending)) => vec![Effect::End(ending)],
        Some(Confirm::MakeFolder(export)) => vec![Effect::Export(Export {
            makes_folder: true,
            ..export
        })],
        None => Vec::new(),
    }
}

/// Cycles to the next completion of the folder, or requests completions first.
pub fn complete_folder(state: &mut State) -> Vec<Effect> {
    if !state.prompt.is_folder() {
        return Vec::new();
    }
    state.is_proposed = false;
    let typed = state.prompt_input.value();
    let choices = &state.folder_choices;
    let is_taken = choices.folders.get(choices.taken).map(String::as_str) == Some(typed);
    if !is_taken || choices.folders.len() == 1 {
        return vec![Effect::CompleteFolder(typed.to_owned())];
    }
    take_folder(state, (choices.taken + 1) % choices.folders.len());
    Vec::new()
}

/// Inserts the first of the folders that complete the typed text.
pub fn folders_found(state: &mut State, typed: &str, folders: Vec<String>) {
    if state.mode != Mode::Prompt || state.prompt_input.value() != typed {
        return;
    }
    state.folder_choices = FolderChoices { folders, taken: 0 };
    take_folder(state, 0);
}

fn take_folder(state: &mut State, at: usize) {
    if let Some(folder) = state.folder_choices.folders.get(at) {
        state.prompt_input = Input::new(folder.clone());
        state.folder_choices.taken = at;
    }
}
