//! State, keys, screen.

use super::{Key, Reply, answered, key};
use crate::Ending;
use crate::action::Effect;
use crate::keymap;
use crate::state::{Mistake, Mode, State};
use crate::view;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pixseek_engine::{Answer, Found, PhotoFacts, PhotoRecord, RowId, Stamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tui_input::InputRequest;

fn hit(number: u32) -> Found {
    let stamp = Stamp {
        size: 1,
        modified: 1,
        changed: 1,
        inode: 1,
    };
    Found {
        path: format!("/photos/{number:03}.jpg").into_bytes(),
        record: PhotoRecord {
            row: RowId(number),
            content: [0; 32],
            stamp,
            offline: false,
            facts: PhotoFacts::default(),
        },
        score: Some(90.0),
        vector: None,
        words: None,
        folded: Vec::new(),
    }
}

/// A state with so many hits, and the number of its question.
fn found(count: u32, pick: bool) -> State {
    let mut state = State::new("dog".into(), pick);
    let question = state.question();
    let answer = Answer {
        hits: (0..count).map(hit).collect(),
        ..Answer::default()
    };
    let reply = Reply::Answer(Box::new(answer));
    answered(&mut state, question.number, Some(1000), reply);
    (state.columns, state.page) = (3, 6);
    state.mode = Mode::Browse;
    state
}

fn press(state: &mut State, keys: &[KeyCode]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for code in keys {
        let event = KeyEvent::new(*code, KeyModifiers::NONE);
        let action = keymap::action(state.mode, &event).expect("the key does something");
        effects = key(state, Key::Do(action));
    }
    effects
}

fn c(letters: &str) -> Vec<KeyCode> {
    letters.chars().map(KeyCode::Char).collect()
}

fn screen(state: &State, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| view::draw(frame, state, None))
        .unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| {
        (0..width)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    (0..height).map(|y| line(y).trim_end().to_owned()).collect()
}

#[test]
fn letters_ask_and_older_answers_are_dropped() {
    let mut state = State::new(String::new(), false);
    let mut last = 0;
    for letter in "dog".chars() {
        let effects = key(&mut state, Key::Edit(InputRequest::InsertChar(letter)));
        let [Effect::Ask(question)] = effects.as_slice() else {
            panic!("each letter asks: {effects:?}");
        };
        last = question.number;
    }
    let answer = |count| {
        let hits = (0..count).map(hit).collect();
        Reply::Answer(Box::new(Answer {
            hits,
            ..Answer::default()
        }))
    };
    answered(&mut state, last - 1, Some(9), answer(5));
    assert!(state.is_busy() && state.hits.is_empty(), "it was for `do`");
    answered(&mut state, last, Some(9), answer(2));
    assert_eq!((state.is_busy(), state.hits.len()), (false, 2));
}

#[test]
fn the_cursor_moves_as_in_vim_and_stays_inside() {
    let mut state = found(10, false);
    for (keys, expected) in [
        ("l", 1),
        ("j", 4),
        ("jj", 9),
        ("j", 9),
        ("h", 8),
        ("k", 5),
        ("g", 0),
        ("h", 0),
        ("G", 9),
    ] {
        press(&mut state, &c(keys));
        assert_eq!(state.selected, expected, "{keys}");
    }
    press(&mut state, &c("g"));
    press(&mut state, &[KeyCode::Up]);
    assert_eq!(state.mode, Mode::Type, "above the first row is the box");
}

#[test]
fn marks_are_what_is_picked_in_their_order() {
    let mut state = found(10, true);
    press(&mut state, &c("lmhhm"));
    let effects = press(&mut state, &[KeyCode::Enter]);
    let paths = ["/photos/001.jpg", "/photos/000.jpg"].map(|path| path.as_bytes().to_vec());
    assert_eq!(effects, [Effect::End(Ending::Picked(paths.to_vec()))]);
    assert_eq!(press(&mut state, &c("q")), [Effect::End(Ending::Cancelled)]);
    let mut state = found(0, true);
    assert_eq!(press(&mut state, &[KeyCode::Enter]), []);
}

#[test]
fn the_end_of_a_page_asks_for_more_and_keeps_the_place() {
    let mut state = found(200, false);
    let effects = press(&mut state, &c("G"));
    let [Effect::Ask(question)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(question.options.limit, 800);
    let answer = Answer {
        hits: (0..800).map(hit).collect(),
        ..Answer::default()
    };
    answered(
        &mut state,
        question.number,
        None,
        Reply::Answer(Box::new(answer)),
    );
    assert_eq!(state.selected, 199);
}

#[test]
fn more_like_this_moves_the_query_until_it_is_edited() {
    let mut state = found(3, false);
    let effects = press(&mut state, &c("+"));
    assert!(matches!(&effects[..], [Effect::Ask(question)] if question.better.len() == 1));
    let effects = press(&mut state, &c("-"));
    assert!(matches!(&effects[..], [Effect::Ask(question)]
        if question.better.is_empty() && question.worse.len() == 1));
    let effects = key(&mut state, Key::Edit(InputRequest::InsertChar('s')));
    assert!(matches!(&effects[..], [Effect::Ask(question)] if question.worse.is_empty()));
}

#[test]
fn a_mistake_is_shown_under_its_place_over_the_last_answer() {
    let mut state = found(2, false);
    key(&mut state, Key::Edit(InputRequest::InsertChar('(')));
    let mistake = Mistake {
        span: 3..4,
        message: "not closed".into(),
    };
    let number = state.asked;
    answered(&mut state, number, None, Reply::Mistake(mistake));
    let screen = screen(&state, 60, 8);
    assert_eq!(screen[0], "> dog(");
    assert_eq!(screen[1], "     ^ not closed");
    assert!(screen[2].contains("000.jpg"), "{screen:?}");
}

#[test]
fn every_screen_can_be_drawn_at_every_size() {
    for (width, height) in [(1, 1), (20, 6), (40, 12), (80, 24), (200, 60)] {
        let mut state = found(50, false);
        for mode in [Mode::Type, Mode::Browse, Mode::Detail, Mode::Help] {
            state.mode = mode;
            screen(&state, width, height);
        }
        state.hits.clear();
        screen(&state, width, height);
    }
    let small = screen(&found(50, false), 20, 6);
    assert!(
        small[1].contains("000.jpg") && small[5].contains("1/50"),
        "{small:?}"
    );
}

#[test]
fn names_cannot_steer_the_terminal() {
    let mut state = found(1, false);
    state.hits[0].path = b"/photos/a\x1b[2Jb.jpg".to_vec();
    for mode in [Mode::Browse, Mode::Detail] {
        state.mode = mode;
        assert!(
            screen(&state, 80, 24)
                .iter()
                .all(|line| !line.contains('\u{1b}'))
        );
    }
}

#[test]
fn every_key_is_in_the_help_and_means_one_thing() {
    let mut state = found(1, false);
    state.mode = Mode::Help;
    let text = screen(&state, 100, 50).join("\n");
    for (at, binding) in keymap::KEYS.iter().enumerate() {
        assert!(text.contains(binding.key), "{}", binding.key);
        let is_twice = keymap::KEYS[at + 1..].iter().any(|other| {
            other.key == binding.key && other.modes.iter().any(|mode| binding.modes.contains(mode))
        });
        assert!(!is_twice, "{} has two meanings", binding.key);
    }
    assert_eq!(press(&mut state, &[KeyCode::Esc]), []);
    assert_eq!(state.mode, Mode::Browse);
}
