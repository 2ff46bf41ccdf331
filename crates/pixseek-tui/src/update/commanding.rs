//! The commands that `!` has started: shows what they print, stops them, and asks before the program
//! ends while one runs.

use super::{State, prompting};
use crate::action::Action;
use crate::effect::Effect;
use crate::options::Ending;
use crate::state::{Confirm, RunningCommand};

/// Starts a command on the chosen photos.
pub fn start(state: &mut State, line: String) -> Vec<Effect> {
    let last = state.commands.last().map_or(0, |command| command.number);
    let number = last + 1;
    state.commands.push(RunningCommand {
        number,
        line: line.clone(),
        said: String::new(),
        is_stopping: false,
    });
    vec![Effect::RunCommand {
        number,
        line,
        paths: state.chosen(),
    }]
}

/// Shows the last line that a command has printed.
pub fn said(state: &mut State, number: u64, line: String) {
    let mut commands = state.commands.iter_mut();
    if let Some(command) = commands.find(|command| command.number == number) {
        command.said = line;
    }
}

/// Shows how a command ended. A program that waits for it alone need not ask any more.
pub fn ended(state: &mut State, number: u64, notice: String) {
    state.commands.retain(|command| command.number != number);
    state.notice = Some(notice);
}

/// Whether a command runs that was not told to stop yet.
pub fn is_stoppable(state: &State) -> bool {
    state.commands.iter().any(|command| !command.is_stopping)
}

/// Stops the command that was started last.
pub fn stop(state: &mut State) -> Vec<Effect> {
    let mut commands = state.commands.iter_mut().rev();
    let Some(command) = commands.find(|command| !command.is_stopping) else {
        return Vec::new();
    };
    command.is_stopping = true;
    vec![Effect::StopCommand(command.number)]
}

/// Ends the program; asks first if that ends a command.
pub fn end(state: &mut State, ending: Ending) -> Vec<Effect> {
    if state.commands.is_empty() {
        return vec![Effect::End(ending)];
    }
    prompting::ask(state, Confirm::EndCommands(ending))
}

/// Returns the key that stops a command from the current mode.
pub fn stop_key(state: &State) -> Option<&str> {
    let key = |action| state.keymap.key(state.mode, action);
    match state.mode {
        crate::state::Mode::Browse => key(Action::Leave),
        _ => key(Action::Quit),
    }
}
