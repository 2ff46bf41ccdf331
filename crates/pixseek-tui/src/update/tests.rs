//! State, keys, screen.

use super::typing::LONGEST;
use super::{Key, Reply, answered, indexing, key, learned, pasted, pressed, scrolled};
use crate::Ending;
use crate::action::{Effect, Errand, Export};
use crate::keymap::{Keymap, OwnKeys};
use crate::state::{Indexing, Mistake, Mode, Run, State};
use crate::theme::Theme;
use crate::view::{self, Target};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pixseek_engine::{
    Answer, Found, PhotoFacts, PhotoRecord, Query, RowId, Stamp, Vocabulary, query_context,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use std::sync::Arc;
use std::time::Duration;
use tui_input::InputRequest;

fn hit(number: u32) -> Found {
    let stamp = Stamp {
        size: 1,
        modified: 1,
        changed: 1,
        identity: 1,
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

fn state(query: &str, pick: bool) -> State {
    let keymap = Keymap::new(&OwnKeys::new()).unwrap();
    State::new(query.into(), pick, keymap, Theme::plain())
}

fn typed(state: &mut State, text: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for letter in text.chars() {
        effects = key(state, Key::Edit(InputRequest::InsertChar(letter)));
    }
    effects
}

/// A state with so many hits, and the number of its question.
fn found(count: u32, pick: bool) -> State {
    let mut state = state("dog", pick);
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
        let action = state
            .keymap
            .action(state.mode, &event)
            .expect("the key does something");
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
    let mut state = state("", false);
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
fn what_is_pasted_is_one_edit_and_one_question() {
    let mut state = state("dog in snow", false);
    for _ in 0.." in snow".len() {
        key(&mut state, Key::Edit(InputRequest::GoToPrevChar));
    }
    let effects = pasted(&mut state, " and\ncat\u{1b}s");
    assert_eq!(state.input.value(), "dog and cats in snow");
    assert_eq!(state.input.cursor(), "dog and cats".len());
    assert!(matches!(&effects[..], [Effect::Ask(_)]));
    // Somebody's whole clipboard.
    let effects = pasted(&mut state, &"\u{e9}t\u{e9} ".repeat(20_000));
    let [Effect::Ask(question)] = effects.as_slice() else {
        panic!("it asks once: {}", effects.len());
    };
    assert!((LONGEST - 1..=LONGEST).contains(&question.text.len()));
    assert!(question.text.ends_with(" in snow"));
    let message = state.message.clone().unwrap();
    assert!(message.contains("only 4096 bytes"), "{message}");
    // A key that is held down, in a terminal that does not say what is pasted.
    typed(&mut state, "!");
    assert_eq!(typed(&mut state, "!!"), []);
    assert_eq!(state.input.value().len(), LONGEST);
    // Into the line at the bottom too.
    let mut state = found(3, false);
    press(&mut state, &c("e"));
    assert_eq!(pasted(&mut state, &"a".repeat(100_000)), []);
    assert_eq!(state.line.value().len(), LONGEST);
}

#[test]
fn a_line_holds_the_longest_query() {
    let parse = |bytes: usize| Query::parse(&"a".repeat(bytes), query_context());
    assert!(parse(LONGEST).is_ok());
    assert!(parse(LONGEST + 1).is_err());
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
    state.mistake = None;
    assert_eq!(
        self::screen(&state, 60, 8)[2],
        screen[2],
        "photos stay where they are"
    );
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
fn every_key_is_in_the_help() {
    let mut state = found(1, false);
    state.mode = Mode::Help;
    let text = screen(&state, 140, 50).join("\n");
    for (name, keys, words) in state.keymap.rows() {
        assert!(text.contains(words), "{name}");
        assert!(keys.iter().all(|key| text.contains(key)), "{name}");
    }
    press(&mut state, &[KeyCode::PageDown]);
    let end = screen(&state, 40, 12);
    assert!(end[10].contains("fg comes back"), "{end:?}");
    assert_eq!(press(&mut state, &[KeyCode::Esc]), []);
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn tab_completes_a_word_or_goes_to_the_photos() {
    let mut state = found(2, false);
    state.mode = Mode::Type;
    let vocabulary = Vocabulary {
        cameras: vec!["canon eos 40d".into(), "x100v".into()],
        ..Vocabulary::default()
    };
    learned(&mut state, Arc::new(vocabulary));
    typed(&mut state, " cam");
    assert_eq!(screen(&state, 60, 10)[1], "  camera:");
    press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.input.value(), "dog camera:");
    assert_eq!(screen(&state, 60, 10)[1], "  \"canon eos 40d\"  x100v");
    let effects = press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.input.value(), "dog camera:\"canon eos 40d\" ");
    assert!(matches!(&effects[..], [Effect::Ask(_)]));
    assert_eq!(
        screen(&state, 60, 10)[1],
        "  camera:\"canon eos 40d\" \u{d7}"
    );
    press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn filters_are_taken_out_by_key_and_by_mouse() {
    let mut state = found(2, false);
    state.mode = Mode::Type;
    typed(&mut state, " !in:italy year:2019 red");
    state.mode = Mode::Browse;
    let places = view::places(&state, Rect::new(0, 0, 80, 24), true);
    assert_eq!(
        view::target(&state, &places, (3, 1).into()),
        Some(Target::Filter(0))
    );
    assert_eq!(
        view::target(&state, &places, (18, 1).into()),
        Some(Target::Filter(1))
    );
    assert_eq!(view::target(&state, &places, (60, 1).into()), None);
    pressed(&mut state, Target::Filter(0), false);
    assert_eq!(state.input.value(), "dog year:2019 red");
    let effects = press(&mut state, &c("x"));
    assert_eq!(state.input.value(), "dog red");
    assert!(matches!(&effects[..], [Effect::Ask(question)] if question.text == "dog red"));
    press(&mut state, &c("x"));
    assert_eq!(state.message.as_deref(), Some("the query has no filter"));
    for (query, at, rest) in [
        ("in:a OR in:b", 0, "in:b"),
        ("in:a OR in:b", 1, "in:a"),
        ("dog (in:a) cat", 0, "dog cat"),
        ("dog OR (in:a)", 0, "dog"),
    ] {
        let mut state = self::state(query, false);
        pressed(&mut state, Target::Filter(at), false);
        assert_eq!(state.input.value(), rest, "{query}");
    }
}

#[test]
fn the_mouse_finds_photos_where_they_are_drawn() {
    let mut state = found(50, false);
    let area = Rect::new(0, 0, 80, 22);
    let places = view::places(&state, area, true);
    (state.columns, state.page) = view::columns_and_page(&places);
    assert_eq!((state.columns, state.page), (3, 6));
    let at = |state: &State, x: u16, y: u16| view::target(state, &places, (x, y).into());
    assert_eq!(at(&state, 30, 3), Some(Target::Photo(1)));
    assert_eq!(at(&state, 5, 12), Some(Target::Photo(3)));
    assert_eq!(at(&state, 79, 3), None, "beside the last column");
    scrolled(&mut state, true);
    scrolled(&mut state, true);
    state.top = view::top(&state);
    assert_eq!((state.selected, state.top), (6, 1), "a row at a time");
    assert_eq!(at(&state, 5, 3), Some(Target::Photo(3)));
    pressed(&mut state, Target::Photo(4), true);
    assert_eq!((state.selected, state.mode), (4, Mode::Detail));
    assert_eq!(at(&state, 5, 3), Some(Target::Large));
    assert_eq!(at(&state, 3, 0), Some(Target::Query(1)));
}

#[test]
fn a_hundred_thousand_hits_scroll_by_rows() {
    let mut state = found(200, false);
    state.hits = (0..100_000).map(hit).collect();
    state.options.limit = usize::MAX;
    (state.columns, state.page) = (1, 21);
    press(&mut state, &c("G"));
    state.top = view::top(&state);
    assert_eq!(state.top, 99_979);
    let last = screen(&state, 80, 24);
    assert!(last[22].contains("99999.jpg"), "{last:?}");
    press(&mut state, &c("k"));
    assert_eq!(view::top(&state), 99_979, "what is on screen stays");
    press(&mut state, &[KeyCode::PageUp]);
    assert_eq!(view::top(&state), 99_977);
    press(&mut state, &c("g"));
    assert_eq!(view::top(&state), 0);
}

#[test]
fn earlier_queries_are_remembered_and_found() {
    let mut state = found(2, false);
    state.history = vec!["cat".into(), "red car".into(), "red dog".into()];
    state.mode = Mode::Type;
    let effects = press(&mut state, &[KeyCode::Down]);
    let remembered = Effect::Do(Errand::Remember("dog".into()));
    assert_eq!(effects, [remembered]);
    state.mode = Mode::Type;
    assert_eq!(press(&mut state, &[KeyCode::Down]), [], "once");
    state.mode = Mode::Type;
    let control_r = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::CONTROL);
    let action = state.keymap.action(state.mode, &control_r).unwrap();
    key(&mut state, Key::Do(action));
    state.line.reset();
    typed(&mut state, "red");
    let shown = screen(&state, 60, 10);
    assert_eq!(shown[2..4], ["  red car", "  red dog"], "{shown:?}");
    assert_eq!(shown[9], "earlier query: red");
    let effects = press(&mut state, &[KeyCode::Down, KeyCode::Enter]);
    assert!(matches!(&effects[..], [Effect::Ask(question)] if question.text == "red dog"));
    assert_eq!(state.mode, Mode::Type);
}

#[test]
fn queries_are_saved_and_photos_exported_by_a_line_at_the_bottom() {
    let mut state = found(3, false);
    press(&mut state, &c("mme"));
    assert_eq!(screen(&state, 60, 10)[9], "copy 2 photos into:");
    typed(&mut state, "~/out");
    let effects = press(&mut state, &[KeyCode::Enter]);
    let exported = Errand::Export {
        paths: state.marks.clone(),
        folder: "~/out".into(),
        form: Export::Copies,
    };
    assert_eq!(effects, [Effect::Do(exported)]);
    assert_eq!(state.mode, Mode::Browse);
    let control_s = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
    let action = state.keymap.action(state.mode, &control_s).unwrap();
    key(&mut state, Key::Do(action));
    typed(&mut state, "dogs");
    let effects = press(&mut state, &[KeyCode::Enter]);
    let saved = Errand::Save {
        name: "dogs".into(),
        query: "dog".into(),
    };
    assert_eq!(effects, [Effect::Do(saved)]);
    press(&mut state, &c("E"));
    assert_eq!(press(&mut state, &[KeyCode::Esc]), []);
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn an_index_run_is_told_at_the_bottom() {
    let mut state = found(3, false);
    let run = Run {
        seen: 400,
        total: 1000,
        encoded: 100,
        failed: 2,
        elapsed: Duration::from_secs(10),
        stopping: false,
    };
    indexing(&mut state, Indexing::Here(run));
    indexing(&mut state, Indexing::Elsewhere("process 7".into()));
    let line = screen(&state, 80, 10).pop().unwrap();
    let expected = "indexing 400/1000  10 photos/s  15 s left  2 failed";
    assert!(line.ends_with(expected), "ours: {line}");
    indexing(&mut state, Indexing::None);
    indexing(&mut state, Indexing::Elsewhere("process 7".into()));
    let line = screen(&state, 80, 10).pop().unwrap();
    assert!(line.ends_with("process 7 is indexing"), "{line}");
}

#[test]
fn what_is_marked_is_copied_and_printed() {
    let mut state = found(3, false);
    let effects = press(&mut state, &c("mmy"));
    let copied = Effect::Copy("/photos/000.jpg\n/photos/001.jpg".into());
    assert_eq!(effects, [copied]);
    let effects = press(&mut state, &c("p"));
    assert_eq!(effects, [Effect::End(Ending::Picked(state.marks.clone()))]);
}
