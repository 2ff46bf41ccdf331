//! Sends messages to `update`, and checks its effects and the drawn screens.

mod commands;
mod filters;
mod marks;
mod photos;
mod query;
mod refining;
mod screens;

use super::update;
use crate::effect::{Effect, Question};
use crate::keymap::{Keymap, OwnKeys};
use crate::message::Message;
use crate::state::{Mode, State};
use crate::theme::Theme;
use crate::view;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use pixseek_engine::{Answer, Hit, PhotoEntry, PhotoFacts};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::time::Instant;

fn hit(number: u32) -> Hit {
    Hit {
        frame: None,
        path: format!("/photos/{number:03}.jpg").into_bytes(),
        record: PhotoEntry {
            content: [0; 32],
            bytes: 1,
            offline: false,
            facts: PhotoFacts::default(),
        },
        score: Some(90.0),
        cosine: None,
        coverage: None,
        matched: None,
        folded: Vec::new(),
    }
}

fn state(query: &str) -> State {
    let keymap = Keymap::new(&OwnKeys::new()).unwrap();
    State::new(query.into(), keymap, Theme::plain())
}

/// Answers a question with `hits` hits.
fn answer(state: &mut State, number: u64, hits: u32) {
    let answer = Answer {
        hits: (0..hits).map(hit).collect(),
        ..Answer::default()
    };
    let message = Message::Answered {
        number,
        photo_count: Some(1000),
        result: Ok(Box::new(answer)),
    };
    assert_eq!(update(state, message), []);
}

/// Returns a grid of 3 by 2 photos, with the cursor on the first of `hits` hits.
fn browsing(hits: u32) -> State {
    let mut state = state("dog");
    state.has_pictures = true;
    resize(&mut state, 80, 22);
    let question = state.question();
    answer(&mut state, question.number, hits);
    state.mode = Mode::Browse;
    state
}

fn resize(state: &mut State, width: u16, height: u16) {
    assert_eq!(update(state, Message::Resize { width, height }), []);
}

/// Types letters into the query or the prompt, and returns the effects of the last one.
fn typed(state: &mut State, text: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for letter in text.chars() {
        effects = update(state, Message::Key(KeyCode::Char(letter).into()));
    }
    effects
}

/// Presses keys of the table, and returns the effects of the last one.
fn press(state: &mut State, keys: &[KeyCode]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys {
        let key = KeyEvent::from(*key);
        assert!(state.keymap.action(state.mode, &key).is_some(), "{key:?}");
        effects = update(state, Message::Key(key));
    }
    effects
}

fn control(state: &mut State, letter: char) -> Vec<Effect> {
    let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    update(state, Message::Key(key))
}

fn letters(letters: &str) -> Vec<KeyCode> {
    letters.chars().map(KeyCode::Char).collect()
}

fn mouse(state: &mut State, kind: MouseEventKind, (column, row): (u16, u16), time: Instant) {
    let mouse = MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    };
    update(state, Message::Mouse(mouse, time));
}

const PRESS: MouseEventKind = MouseEventKind::Down(MouseButton::Left);

fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    update(state, Message::Paste(text.into()))
}

/// Returns the question of the only effect.
#[track_caller]
fn question(effects: &[Effect]) -> &Question {
    let [Effect::Search(question)] = effects else {
        panic!("not one question: {effects:?}");
    };
    question
}

/// Returns the lines of a screen without pictures.
fn screen(state: &State, width: u16, height: u16) -> Vec<String> {
    let mut state = state.clone();
    state.has_pictures = false;
    resize(&mut state, width, height);
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| view::draw(frame, &state, None))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| {
        (0..width)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    (0..height).map(|y| line(y).trim_end().to_owned()).collect()
}
