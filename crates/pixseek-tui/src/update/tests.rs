//! Messages in, effects and screens out.

use super::typing::LONGEST_LINE;
use super::update;
use crate::effect::{Effect, ExportForm, Question};
use crate::error::SearchError;
use crate::keymap::{Keymap, OwnKeys};
use crate::message::Message;
use crate::options::Ending;
use crate::state::{Mode, Run, State};
use crate::theme::Theme;
use crate::view::{self, Target};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use pixseek_engine::{
    Answer, Found, PhotoFacts, PhotoRecord, Query, QueryError, RowId, Stamp, SyncReport,
    Vocabulary, local_time,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use std::sync::Arc;
use std::time::{Duration, Instant};

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

fn state(query: &str) -> State {
    let keymap = Keymap::new(&OwnKeys::new()).unwrap();
    State::new(query.into(), keymap, Theme::plain())
}

/// Answers a question with so many hits.
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

/// A grid of 3 by 2 photos on which the cursor is on the first of so many hits.
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

/// The question that is the only effect.
#[track_caller]
fn question(effects: &[Effect]) -> &Question {
    let [Effect::Search(question)] = effects else {
        panic!("not one question: {effects:?}");
    };
    question
}

/// The lines of a screen without pictures.
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

#[test]
fn each_letter_searches_and_only_the_last_answer_is_shown() {
    let mut state = state("");
    let mut last = 0;
    for letter in ["d", "o", "g"] {
        let effects = typed(&mut state, letter);
        last = question(&effects).number;
    }
    answer(&mut state, last - 1, 5);
    assert!(
        state.is_searching() && state.hits.is_empty(),
        "it is for `do`"
    );
    answer(&mut state, last, 2);
    assert_eq!((state.is_searching(), state.hits.len()), (false, 2));
}

#[test]
fn pasted_text_is_one_edit_and_one_question() {
    let mut state = state("dog in snow");
    for _ in 0.." in snow".len() {
        update(&mut state, Message::Key(KeyCode::Left.into()));
    }
    let effects = paste(&mut state, " and\ncat\u{1b}s");
    assert_eq!(state.query.value(), "dog and cats in snow");
    assert_eq!(state.query.cursor(), "dog and cats".len());
    question(&effects);
    let effects = paste(&mut state, &"\u{e9}t\u{e9} ".repeat(20_000));
    let question = question(&effects);
    assert!((LONGEST_LINE - 1..=LONGEST_LINE).contains(&question.text.len()));
    assert!(question.text.ends_with(" in snow"));
    let notice = state.notice.clone().unwrap();
    assert!(notice.contains("only 4096 bytes"), "{notice}");
    // Some terminals send pasted text letter by letter.
    typed(&mut state, "!");
    assert_eq!(typed(&mut state, "!!"), []);
    assert_eq!(state.query.value().len(), LONGEST_LINE);
    // The prompt has the same limit.
    let mut state = browsing(3);
    press(&mut state, &letters("e"));
    assert_eq!(paste(&mut state, &"a".repeat(100_000)), []);
    assert_eq!(state.prompt_input.value().len(), LONGEST_LINE);
}

#[test]
fn the_longest_query_fits_into_a_line() {
    let parse = |bytes: usize| Query::parse(&"a".repeat(bytes), local_time());
    assert!(parse(LONGEST_LINE).is_ok());
    assert!(parse(LONGEST_LINE + 1).is_err());
}

#[test]
fn the_cursor_moves_as_in_vim_and_stays_inside() {
    let mut state = browsing(10);
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
        press(&mut state, &letters(keys));
        assert_eq!(state.selected, expected, "{keys}");
    }
    press(&mut state, &letters("g"));
    press(&mut state, &[KeyCode::Up]);
    assert_eq!(state.mode, Mode::Type, "above the first row is the box");
}

#[test]
fn a_picker_returns_the_marked_photos_in_order() {
    let mut state = browsing(10);
    state.is_picker = true;
    press(&mut state, &letters("lmhhm"));
    let effects = press(&mut state, &[KeyCode::Enter]);
    let paths = ["/photos/001.jpg", "/photos/000.jpg"].map(|path| path.as_bytes().to_vec());
    assert_eq!(effects, [Effect::End(Ending::Picked(paths.to_vec()))]);
    assert_eq!(
        press(&mut state, &letters("q")),
        [Effect::End(Ending::Cancelled)]
    );
    let mut state = browsing(0);
    state.is_picker = true;
    assert_eq!(press(&mut state, &[KeyCode::Enter]), []);
}

#[test]
fn the_end_of_the_hits_loads_more_and_keeps_the_cursor() {
    let mut state = browsing(200);
    let effects = press(&mut state, &letters("G"));
    let question = question(&effects);
    assert_eq!(question.options.limit, 800);
    answer(&mut state, question.number, 800);
    assert_eq!((state.selected, state.hits.len()), (199, 800));
}

#[test]
fn more_like_this_moves_the_query_until_it_is_edited() {
    let mut state = browsing(3);
    let effects = press(&mut state, &letters("+"));
    assert_eq!(question(&effects).more_like, state.chosen());
    let effects = press(&mut state, &letters("-"));
    let moved = question(&effects);
    assert_eq!((moved.more_like.len(), moved.less_like.len()), (0, 1));
    state.mode = Mode::Type;
    let effects = typed(&mut state, "s");
    assert!(question(&effects).less_like.is_empty());
}

#[test]
fn a_mistake_is_marked_while_the_last_hits_stay() {
    let mut state = browsing(2);
    state.mode = Mode::Type;
    let effects = typed(&mut state, "(");
    let mistake = QueryError {
        span: 3..4,
        message: "not closed".into(),
        hint: Some("add a )".into()),
    };
    let message = Message::Answered {
        number: question(&effects).number,
        photo_count: None,
        result: Err(SearchError::Query(mistake)),
    };
    update(&mut state, message);
    let screen = screen(&state, 60, 8);
    assert_eq!(screen[0], "> dog(");
    assert_eq!(screen[1], "     ^ not closed: add a )");
    assert!(screen[2].contains("000.jpg"), "{screen:?}");
    state.mistake = None;
    let without = self::screen(&state, 60, 8);
    assert_eq!(without[2], screen[2], "photos stay where they are");
}

#[test]
fn a_failed_search_says_why() {
    let mut state = browsing(2);
    let number = state.question().number;
    let message = Message::Answered {
        number,
        photo_count: None,
        result: Err(SearchError::Open("the index is damaged".into())),
    };
    update(&mut state, message);
    assert!(!state.is_searching());
    let line = screen(&state, 60, 8).pop().unwrap();
    assert!(line.starts_with("the index is damaged  "), "{line}");
}

#[test]
fn every_screen_can_be_drawn_at_every_size() {
    for (width, height) in [(1, 1), (20, 6), (40, 12), (80, 24), (200, 60)] {
        let mut state = browsing(50);
        for mode in [Mode::Type, Mode::Browse, Mode::Detail, Mode::Help] {
            state.mode = mode;
            screen(&state, width, height);
        }
        state.hits.clear();
        screen(&state, width, height);
    }
    let small = screen(&browsing(50), 20, 6);
    assert!(
        small[1].contains("000.jpg") && small[5].contains("1/50"),
        "{small:?}"
    );
}

#[test]
fn names_cannot_send_escape_codes_to_the_terminal() {
    let mut state = browsing(1);
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
    let mut state = browsing(1);
    state.mode = Mode::Help;
    let text = screen(&state, 140, 50).join("\n");
    for (name, keys, help) in state.keymap.rows() {
        assert!(text.contains(help), "{name}");
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
    let mut state = browsing(2);
    state.mode = Mode::Type;
    let vocabulary = Vocabulary {
        cameras: vec!["canon eos 40d".into(), "x100v".into()],
        ..Vocabulary::default()
    };
    update(&mut state, Message::Vocabulary(Arc::new(vocabulary)));
    typed(&mut state, " cam");
    assert_eq!(screen(&state, 60, 10)[1], "  camera:");
    press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.query.value(), "dog camera:");
    assert_eq!(screen(&state, 60, 10)[1], "  \"canon eos 40d\"  x100v");
    let effects = press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.query.value(), "dog camera:\"canon eos 40d\" ");
    question(&effects);
    assert_eq!(
        screen(&state, 60, 10)[1],
        "  camera:\"canon eos 40d\" \u{d7}"
    );
    press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn filters_are_removed_by_key_and_by_mouse() {
    let mut state = browsing(2);
    state.mode = Mode::Type;
    typed(&mut state, " !in:italy year:2019 red");
    state.mode = Mode::Browse;
    let places = view::places(&state, Rect::new(0, 0, 80, 22));
    for (column, target) in [
        (3, Some(Target::Filter(0))),
        (18, Some(Target::Filter(1))),
        (60, None),
    ] {
        let found = view::target(&state, &places, (column, 1).into());
        assert_eq!(found, target, "column {column}");
    }
    mouse(&mut state, PRESS, (3, 1), Instant::now());
    assert_eq!(state.query.value(), "dog year:2019 red");
    let effects = press(&mut state, &letters("x"));
    assert_eq!(state.query.value(), "dog red");
    assert_eq!(question(&effects).text, "dog red");
    press(&mut state, &letters("x"));
    assert_eq!(state.notice.as_deref(), Some("the query has no filter"));
    // The column is that of the filter in the line below the query.
    for (query, column, rest) in [
        ("in:a OR in:b", 2, "in:b"),
        ("in:a OR in:b", 11, "in:a"),
        ("dog (in:a) cat", 2, "dog cat"),
        ("dog OR (in:a)", 2, "dog"),
    ] {
        let mut state = self::state(query);
        resize(&mut state, 80, 22);
        mouse(&mut state, PRESS, (column, 1), Instant::now());
        assert_eq!(state.query.value(), rest, "{query}");
    }
}

#[test]
fn the_mouse_finds_photos_where_they_are_drawn() {
    let mut state = browsing(50);
    assert_eq!((state.columns, state.page), (3, 6));
    let area = Rect::new(0, 0, 80, 22);
    let places = view::places(&state, area);
    let at = |state: &State, x: u16, y: u16| view::target(state, &places, (x, y).into());
    assert_eq!(at(&state, 30, 3), Some(Target::Photo(1)));
    assert_eq!(at(&state, 5, 12), Some(Target::Photo(3)));
    assert_eq!(at(&state, 79, 3), None, "beside the last column");
    let time = Instant::now();
    mouse(&mut state, MouseEventKind::ScrollUp, (5, 3), time);
    assert_eq!((state.selected, state.mode), (0, Mode::Browse));
    mouse(&mut state, MouseEventKind::ScrollDown, (5, 3), time);
    mouse(&mut state, MouseEventKind::ScrollDown, (5, 3), time);
    assert_eq!((state.selected, state.first_row), (6, 1), "a row at a time");
    assert_eq!(at(&state, 5, 3), Some(Target::Photo(3)));
    assert_eq!(at(&state, 3, 0), Some(Target::Query(1)));
}

#[test]
fn two_quick_presses_show_a_photo_large() {
    let mut state = browsing(50);
    let time = Instant::now();
    mouse(&mut state, PRESS, (30, 3), time);
    mouse(&mut state, PRESS, (30, 3), time + Duration::from_secs(1));
    assert_eq!((state.selected, state.mode), (1, Mode::Browse), "too slow");
    mouse(
        &mut state,
        PRESS,
        (5, 3),
        time + Duration::from_millis(1100),
    );
    assert_eq!(
        (state.selected, state.mode),
        (0, Mode::Browse),
        "another photo"
    );
    mouse(
        &mut state,
        PRESS,
        (5, 3),
        time + Duration::from_millis(1200),
    );
    assert_eq!((state.selected, state.mode), (0, Mode::Detail));
    mouse(&mut state, PRESS, (5, 3), time + Duration::from_secs(2));
    assert_eq!(state.mode, Mode::Browse, "the large picture is pressed");
}

#[test]
fn a_hundred_thousand_hits_scroll_by_rows() {
    let mut state = browsing(200);
    state.has_pictures = false;
    state.hits = (0..100_000).map(hit).collect();
    state.options.limit = usize::MAX;
    resize(&mut state, 80, 24);
    assert_eq!((state.columns, state.page), (1, 21));
    press(&mut state, &letters("G"));
    assert_eq!(state.first_row, 99_979);
    let last = screen(&state, 80, 24);
    assert!(last[22].contains("99999.jpg"), "{last:?}");
    press(&mut state, &letters("k"));
    assert_eq!(state.first_row, 99_979, "what is on screen stays");
    press(&mut state, &[KeyCode::PageUp]);
    assert_eq!(state.first_row, 99_977);
    press(&mut state, &letters("g"));
    assert_eq!(state.first_row, 0);
}

#[test]
fn good_queries_are_remembered_and_found() {
    let mut state = browsing(2);
    state.history = ["cat", "red car", "red dog"].map(Into::into).to_vec();
    state.mode = Mode::Type;
    let effects = press(&mut state, &[KeyCode::Down]);
    assert_eq!(effects, [Effect::RememberQuery("dog".into())]);
    state.mode = Mode::Type;
    assert_eq!(press(&mut state, &[KeyCode::Down]), [], "it is known");
    state.mode = Mode::Type;
    control(&mut state, 'r');
    control(&mut state, 'u');
    typed(&mut state, "red");
    let shown = screen(&state, 60, 10);
    assert_eq!(shown[2..4], ["  red car", "  red dog"], "{shown:?}");
    assert_eq!(shown[9], "earlier query: red");
    let effects = press(&mut state, &[KeyCode::Down, KeyCode::Enter]);
    assert_eq!(question(&effects).text, "red dog");
    assert_eq!(state.mode, Mode::Type);
}

#[test]
fn the_prompt_saves_queries_and_exports_photos() {
    let mut state = browsing(3);
    press(&mut state, &letters("mme"));
    assert_eq!(screen(&state, 60, 10)[9], "copy 2 photos into:");
    typed(&mut state, "~/out");
    let effects = press(&mut state, &[KeyCode::Enter]);
    let exported = Effect::Export {
        paths: state.marks.clone(),
        folder: "~/out".into(),
        form: ExportForm::Copies,
    };
    assert_eq!(effects, [exported]);
    assert_eq!(state.mode, Mode::Browse);
    control(&mut state, 's');
    typed(&mut state, "dogs");
    let effects = press(&mut state, &[KeyCode::Enter]);
    let saved = Effect::SaveQuery {
        name: "dogs".into(),
        query: "dog".into(),
    };
    assert_eq!(effects, [saved]);
    let effects = update(&mut state, Message::QuerySaved("saved".into()));
    assert_eq!(effects, [Effect::ReadVocabulary]);
    press(&mut state, &letters("E"));
    assert_eq!(press(&mut state, &[KeyCode::Esc]), []);
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn an_index_run_is_started_shown_and_stopped() {
    let mut state = browsing(3);
    assert_eq!(
        press(&mut state, &letters("R")),
        [],
        "there is no way to index"
    );
    state.can_index = true;
    assert_eq!(press(&mut state, &letters("R")), [Effect::StartIndexing]);
    let run = Run {
        seen: 400,
        total: 1000,
        encoded: 100,
        failed: 2,
        elapsed: Duration::from_secs(10),
        stopping: false,
    };
    update(&mut state, Message::Indexing(run));
    // The search thread sees the run of this process as any other.
    update(&mut state, Message::Writer(Some("process 7".into())));
    let line = screen(&state, 80, 10).pop().unwrap();
    let expected = "indexing 400/1000  10 photos/s  15 s left  2 failed";
    assert!(line.ends_with(expected), "{line}");
    assert_eq!(press(&mut state, &letters("R")), [Effect::StopIndexing]);
    let report = SyncReport {
        encoded: 100,
        stopped: true,
        ..SyncReport::default()
    };
    update(&mut state, Message::Indexed(Ok(report)));
    update(&mut state, Message::Writer(Some("process 7".into())));
    let line = screen(&state, 80, 10).pop().unwrap();
    assert!(line.starts_with("stopped: 100 new"), "{line}");
    assert!(line.ends_with("process 7 is indexing"), "{line}");
    update(&mut state, Message::Writer(None));
    let error = std::io::Error::other("the index is locked").into();
    update(&mut state, Message::Indexed(Err(error)));
    let line = screen(&state, 80, 10).pop().unwrap();
    assert!(line.starts_with("the index is locked"), "{line}");
}

#[test]
fn marked_photos_are_copied_and_printed() {
    let mut state = browsing(3);
    let effects = press(&mut state, &letters("mmy"));
    let copied = Effect::Copy("/photos/000.jpg\n/photos/001.jpg".into());
    assert_eq!(effects, [copied]);
    let effects = press(&mut state, &letters("p"));
    assert_eq!(effects, [Effect::End(Ending::Picked(state.marks.clone()))]);
}

#[test]
fn a_signal_ends_the_program() {
    let mut state = browsing(3);
    let effects = update(&mut state, Message::Signal(15));
    assert_eq!(effects, [Effect::End(Ending::Signal(15))]);
}
