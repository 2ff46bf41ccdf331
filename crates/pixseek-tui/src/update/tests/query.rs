//! Typing a query, its mistakes, completions, filters and history.

use super::{
    PRESS, answer, browsing, control, letters, mouse, paste, press, question, resize, screen,
    state, typed,
};
use crate::effect::Effect;
use crate::error::SearchError;
use crate::message::Message;
use crate::state::{FileChoices, Mode, State};
use crate::update::typing::LONGEST_LINE;
use crate::update::update;
use crate::view::{self, Target};
use crossterm::event::KeyCode;
use pixseek_engine::{Query, QueryError, Vocabulary, query_context};
use ratatui::layout::Rect;
use std::sync::Arc;
use std::time::Instant;

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
    let parse = |bytes: usize| Query::parse(&"a".repeat(bytes), query_context());
    assert!(parse(LONGEST_LINE).is_ok());
    assert!(parse(LONGEST_LINE + 1).is_err());
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
    assert_eq!(state.mistake, None, "the next letter may mend it");
    let number = state.last_question;
    update(&mut state, Message::Rested(number));
    let screen = screen(&state, 60, 8);
    assert_eq!(screen[0], "> dog(");
    assert_eq!(screen[1], "     ^ not closed: add a )");
    assert!(screen[2].contains("000.jpg"), "{screen:?}");
    state.mistake = None;
    let without = super::screen(&state, 60, 8);
    assert_eq!(without[2], screen[2], "photos stay where they are");
}

/// Answers the last question with an error.
fn refuse(state: &mut State, error: SearchError) {
    let message = Message::Answered {
        number: state.last_question,
        photo_count: None,
        result: Err(error),
    };
    update(state, message);
}

#[test]
fn half_typed_values_are_no_mistakes_until_typing_rests() {
    for text in ["year:2", "year:2019..20", "near:zzz", "after:20", "size:>"] {
        let mut state = browsing(2);
        state.mode = Mode::Type;
        let effects = typed(&mut state, &format!(" {text}"));
        let asked = &question(&effects).text;
        let mistake = Query::parse(asked, query_context()).unwrap_err();
        refuse(&mut state, SearchError::Query(mistake.clone()));
        assert_eq!((&state.mistake, state.hits.len()), (&None, 2), "{text}");
        let number = state.last_question;
        update(&mut state, Message::Rested(number));
        assert_eq!(state.mistake.as_ref(), Some(&mistake), "{text}");
        // Enter shows it at once.
        let mut state = browsing(2);
        state.mode = Mode::Type;
        typed(&mut state, text);
        refuse(&mut state, SearchError::Query(mistake.clone()));
        press(&mut state, &[KeyCode::Enter]);
        assert_eq!(state.mistake, Some(mistake), "{text}");
    }
    // A file whose name is half typed.
    let mut state = browsing(2);
    state.mode = Mode::Type;
    typed(&mut state, " like:/ho");
    refuse(&mut state, SearchError::Open("no such file".into()));
    assert_eq!((&state.notice, state.hits.len()), (&None, 2));
    press(&mut state, &[KeyCode::Enter]);
    assert_eq!(state.notice.as_deref(), Some("no such file"));
}

#[test]
fn files_of_like_are_completed() {
    let mut state = browsing(2);
    state.mode = Mode::Type;
    let effects = typed(&mut state, " like:~/my");
    assert_eq!(effects[1], Effect::CompleteFile("~/my".into()));
    let files = ["~/my photos/", "~/my.jpg"].map(Into::into).to_vec();
    let typed_file = "~/my".into();
    let choices = FileChoices {
        typed: typed_file,
        files,
    };
    update(&mut state, Message::Files(choices));
    assert_eq!(screen(&state, 60, 10)[1], "  \"~/my photos/  ~/my.jpg");
    let effects = press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.query.value(), "dog like:\"~/my photos/");
    let inside = Effect::CompleteFile("~/my photos/".into());
    assert!(effects.contains(&inside), "{effects:?}");
    // A second tab takes the next one, also when the files of the folder have arrived.
    let choices = FileChoices {
        typed: "~/my photos/".into(),
        files: vec!["~/my photos/a.jpg".into()],
    };
    update(&mut state, Message::Files(choices));
    press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.query.value(), "dog like:~/my.jpg ");
}

#[test]
fn an_open_quote_is_closed_while_it_is_typed() {
    let mut state = browsing(2);
    state.mode = Mode::Type;
    let effects = typed(&mut state, " in:italy \"red umb");
    let asked = question(&effects).clone();
    assert_eq!(asked.text, "dog in:italy \"red umb\"");
    assert_eq!(state.filters.len(), 1, "filters stay filters");
    answer(&mut state, asked.number, 1);
    assert_eq!((&state.mistake, state.hits.len()), (&None, 1));
    update(&mut state, Message::Rested(asked.number));
    let mistake = state.mistake.expect("a quote is missing").message;
    assert_eq!(mistake, "this quote is not closed");
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
    // Without photos, the error stays after the next key, and wraps where it is too long.
    let mut state = super::state("");
    let number = state.question().number;
    let message = Message::Answered {
        number,
        photo_count: None,
        result: Err(SearchError::Open("the index is damaged, and so on".into())),
    };
    update(&mut state, message);
    press(&mut state, &[KeyCode::Down]);
    let shown = screen(&state, 20, 10);
    assert_eq!(shown[2..4], ["the index is", "damaged, and so on"]);
}

#[test]
fn tab_completes_a_word_and_then_offers_the_next_way() {
    let mut state = browsing(2);
    state.mode = Mode::Type;
    vocabulary(&mut state);
    typed(&mut state, " cam");
    assert_eq!(screen(&state, 60, 10)[1], "  camera:");
    press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.query.value(), "dog camera:");
    assert_eq!(screen(&state, 60, 10)[1], "  \"canon eos 40d\"  x100v");
    let effects = press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.query.value(), "dog camera:\"canon eos 40d\" ");
    question(&effects);
    press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.query.value(), "dog camera:x100v ");
    press(&mut state, &[KeyCode::Tab]);
    press(&mut state, &[KeyCode::BackTab]);
    assert_eq!(state.query.value(), "dog camera:x100v ");
    typed(&mut state, "q");
    assert_eq!(screen(&state, 60, 10)[1], "  camera:x100v \u{d7}");
    press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.mode, Mode::Browse);
}

/// Adds cameras to the vocabulary.
fn vocabulary(state: &mut State) {
    let vocabulary = Vocabulary {
        cameras: vec!["canon eos 40d".into(), "x100v".into()],
        ..Vocabulary::default()
    };
    update(state, Message::Vocabulary(Arc::new(vocabulary)));
}

#[test]
fn tab_does_not_rewrite_what_is_valid() {
    // The query comes from the command line, not from the keyboard.
    let mut state = state("camera:can");
    vocabulary(&mut state);
    press(&mut state, &[KeyCode::Tab]);
    assert_eq!(
        (state.query.value(), state.mode),
        ("camera:can", Mode::Browse)
    );
    // A complete value stays, unless the user chooses a completion.
    let mut state = super::state("");
    vocabulary(&mut state);
    typed(&mut state, "camera:canon");
    assert!(!state.is_offered);
    control(&mut state, 'n');
    press(&mut state, &[KeyCode::Tab]);
    assert_eq!(state.query.value(), "camera:\"canon eos 40d\" ");
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
    // `column` is that of the filter in the line below the query.
    for (query, column, rest) in [
        ("in:a OR in:b", 2, "in:b"),
        ("in:a OR in:b", 11, "in:a"),
        ("dog (in:a) cat", 2, "dog cat"),
        ("dog OR (in:a)", 2, "dog"),
    ] {
        let mut state = super::state(query);
        resize(&mut state, 80, 22);
        mouse(&mut state, PRESS, (column, 1), Instant::now());
        assert_eq!(state.query.value(), rest, "{query}");
    }
}

#[test]
fn good_queries_are_remembered_and_found() {
    let mut state = browsing(2);
    state.history = ["cat", "red car", "red dog"].map(Into::into).to_vec();
    state.mode = Mode::Type;
    assert_eq!(
        press(&mut state, &[KeyCode::Down]),
        [],
        "nothing is done yet"
    );
    let effects = press(&mut state, &letters("m"));
    assert_eq!(effects, [Effect::RememberQuery("dog".into())]);
    assert_eq!(press(&mut state, &letters("m")), [], "it is known");
    state.mode = Mode::Type;
    press(&mut state, &[KeyCode::Up]);
    assert_eq!(state.mode, Mode::History);
    typed(&mut state, "red");
    let shown = screen(&state, 60, 10);
    assert_eq!(shown[2..4], ["  red car", "  red dog"], "{shown:?}");
    assert_eq!(shown[9], "earlier query: red");
    let effects = press(&mut state, &[KeyCode::Down, KeyCode::Enter]);
    assert_eq!(question(&effects).text, "red dog");
    assert_eq!(state.mode, Mode::Type);
    control(&mut state, 'r');
    let effects = control(&mut state, 'x');
    assert_eq!(effects, [Effect::ForgetQuery("dog".into())]);
    assert_eq!(state.history, ["cat", "red car", "red dog"]);
}

#[test]
fn typing_never_blanks_the_screen() {
    let mut state = browsing(3);
    state.mode = Mode::Type;
    let number = question(&typed(&mut state, "s")).number;
    answer(&mut state, number, 0);
    assert_eq!(
        (state.hits.len(), state.is_stale),
        (3, true),
        "they stay, dimmed"
    );
    let number = question(&typed(&mut state, "l")).number;
    update(&mut state, Message::Rested(number - 1));
    answer(&mut state, number, 0);
    assert_eq!(state.hits.len(), 3, "typing has gone on");
    update(&mut state, Message::Rested(number));
    assert_eq!((state.hits.len(), state.is_stale), (0, false));
    assert!(screen(&state, 60, 10)[2].contains("No photos found"));
    // Leaving the query counts as a rest in typing.
    let mut state = browsing(3);
    state.mode = Mode::Type;
    let number = question(&typed(&mut state, "s")).number;
    answer(&mut state, number, 0);
    press(&mut state, &[KeyCode::Down]);
    assert_eq!(state.hits.len(), 0);
}

#[test]
fn a_begun_filter_counts_as_a_prefix_until_it_is_finished() {
    let mut state = browsing(3);
    state.mode = Mode::Type;
    let vocabulary = Vocabulary {
        folders: vec!["library".into()],
        ..Vocabulary::default()
    };
    update(&mut state, Message::Vocabulary(Arc::new(vocabulary)));
    let effects = typed(&mut state, " in:lib");
    assert_eq!(question(&effects).text, "dog in:library,lib");
    answer(&mut state, question(&effects).number, 2);
    // Leaving the query keeps the hits on screen.
    assert_eq!(press(&mut state, &[KeyCode::Down]), []);
    assert_eq!(
        question(&press(&mut state, &letters("a"))).text,
        "dog in:library,lib"
    );
    state.mode = Mode::Type;
    assert_eq!(question(&typed(&mut state, " red")).text, "dog in:lib red");
}
