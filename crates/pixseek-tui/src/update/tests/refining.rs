//! Refinements, undo, and photos in the order of their dates.

use super::{PRESS, answer, browsing, hit, letters, mouse, press, question, screen, state, typed};
use crate::effect::Effect;
use crate::state::{Mode, State};
use crossterm::event::KeyCode;
use pixseek_engine::{Query, Shown, query_context};
use std::time::Instant;

#[test]
fn refinements_are_chips_that_are_taken_out() {
    let mut state = browsing(3);
    state.history.push("dog".into());
    let question_of = |effects: &[Effect]| question(effects).clone();
    let moved = question_of(&press(&mut state, &letters("+")));
    assert_eq!(moved.more_like, [b"/photos/000.jpg".to_vec()]);
    let moved = question_of(&press(&mut state, &letters("-")));
    assert_eq!((moved.more_like.len(), moved.less_like.len()), (0, 1));
    press(&mut state, &letters("l+"));
    let chips = screen(&state, 60, 10)[1].clone();
    assert_eq!(chips, "  - 000.jpg \u{d7}   + 001.jpg \u{d7}");
    press(&mut state, &letters("x"));
    assert_eq!(screen(&state, 60, 10)[1], "  - 000.jpg \u{d7}");
    mouse(&mut state, PRESS, (4, 1), Instant::now());
    assert_eq!(state.refinements, []);
    press(&mut state, &letters("+"));
    let moved = question_of(&press(&mut state, &letters("+")));
    assert!(moved.more_like.is_empty(), "asking again takes it back");
    // An edited query is a new query without the old refinements.
    press(&mut state, &letters("+"));
    state.mode = Mode::Type;
    let edited = question_of(&typed(&mut state, "s"));
    assert!(edited.more_like.is_empty());
}

#[test]
fn everything_that_refines_can_be_undone() {
    let mut state = browsing(5);
    state.history.push("dog".into());
    press(&mut state, &letters("m+/"));
    typed(&mut state, "gy");
    press(&mut state, &[KeyCode::Enter]);
    press(&mut state, &letters("om"));
    assert_eq!(state.marks.len(), 2);
    press(&mut state, &letters("u"));
    assert_eq!(state.marks.len(), 1);
    press(&mut state, &letters("u"));
    assert!(state.unusual_options().is_empty(), "the order is back");
    let effects = press(&mut state, &letters("u"));
    let last = question(effects.as_slice());
    assert_eq!(last.text, "dog", "what was typed is one step");
    assert_eq!(last.more_like.len(), 1);
    press(&mut state, &letters("u"));
    assert!(state.refinements.is_empty());
    press(&mut state, &letters("u"));
    assert!(state.marks.is_empty());
    assert_eq!(press(&mut state, &letters("u")), []);
    assert_eq!(state.notice.as_deref(), Some("nothing to undo"));
}

#[test]
fn a_photo_can_be_the_next_query() {
    let mut state = browsing(3);
    state.hits[0].path = b"/my \"photos\"/a.jpg".to_vec();
    state.hits.swap(0, 1);
    state.selected = 1;
    let effects = press(&mut state, &letters("s"));
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Search(question) => Some(question.text.clone()),
        _ => None,
    });
    assert_eq!(asked.as_deref(), Some(r#"like:"/my \"photos\"/a.jpg""#));
    assert_eq!(state.options.shown, Shown::All, "the nearest, however weak");
    let number = state.last_question;
    answer(&mut state, number, 3);
    assert_eq!(state.selected, 0, "the best hit of the new query");
    state.hits[1].score = Some(20.0);
    state.hits[2].score = Some(10.0);
    assert_eq!(state.unusual_options(), ["weak from 2 on"]);
    let effects = press(&mut state, &letters("u"));
    assert_eq!(question(&effects).text, "dog");
    assert_eq!(question(&effects).options.shown, Shown::Matches);
    // An edited query is another one.
    let mut other = state.clone();
    let number = other.last_question;
    answer(&mut other, number, 3);
    press(&mut other, &letters("s"));
    other.mode = Mode::Type;
    typed(&mut other, "x");
    assert_eq!(other.options.shown, Shown::Matches);
    let number = state.last_question;
    answer(&mut state, number, 3);
    state.hits[0].path = b"/\xff.jpg".to_vec();
    press(&mut state, &letters("s"));
    assert_eq!(state.query.value(), "dog");
}

/// Returns photos without a query: four of June 2019, one of May, one without a date.
fn by_date() -> State {
    let mut state = state("");
    state.has_pictures = true;
    super::resize(&mut state, 80, 40);
    let number = state.question().number;
    answer(&mut state, number, 6);
    let dates = [
        "2019-06-30",
        "2019-06-09",
        "2019-06-02",
        "2019-06-01",
        "2019-05-31",
    ];
    let mut hits: Vec<_> = (0..6).map(hit).collect();
    // The query describes nothing, so hits have no scores.
    for hit in &mut hits {
        hit.score = None;
    }
    for (hit, date) in hits.iter_mut().zip(dates) {
        hit.record.facts.taken = Some(format!("{date}T10:00:00"));
    }
    state.set_hits(hits);
    state.mode = Mode::Browse;
    super::resize(&mut state, 80, 40);
    state
}

#[test]
fn photos_without_a_query_stand_under_their_months() {
    let mut state = by_date();
    let text = screen(&state, 80, 20);
    assert_eq!(text[2], "June 2019");
    assert_eq!(text[7], "May 2019");
    assert_eq!(text[9], "No date");
    for (keys, selected) in [("j", 3), ("j", 4), ("j", 5), ("k", 4), ("k", 3), ("ll", 5)] {
        press(&mut state, &letters(keys));
        assert_eq!(state.selected, selected, "{keys}");
    }
    for (key, selected) in [("[", 4), ("[", 0), ("[", 0), ("]", 4), ("]", 5), ("]", 5)] {
        press(&mut state, &letters(key));
        assert_eq!(state.selected, selected, "{key}");
    }
    press(&mut state, &letters("g"));
    assert!(screen(&state, 80, 20)[2].contains("000.jpg"));
    // Hits ordered by match have no months.
    let mut described = browsing(3);
    described.hits[0].cosine = Some(0.3);
    press(&mut described, &letters("g"));
    assert!(
        described
            .notice
            .is_some_and(|notice| notice.contains("ordered by date"))
    );
}

#[test]
fn a_sparse_library_stands_under_its_years() {
    let mut state = by_date();
    super::resize(&mut state, 200, 60);
    assert!(state.columns > 6);
    let headings = state.rows.iter().map(|row| row.heading.as_deref());
    let headings: Vec<_> = headings.collect();
    assert_eq!(headings, [Some("2019"), Some("No date")]);
    // Without dates there is nothing to group.
    let mut hits = state.hits.clone();
    for hit in &mut hits {
        hit.record.facts.taken = None;
    }
    state.set_hits(hits);
    super::resize(&mut state, 200, 60);
    assert!(state.rows.iter().all(|row| row.heading.is_none()));
}

#[test]
fn on_this_day_is_one_short_filter() {
    let mut state = by_date();
    let effects = press(&mut state, &letters("D"));
    let asked = &question(&effects).text;
    assert_eq!(asked, "on:\"this day\"");
    let query = Query::parse(asked, query_context()).unwrap();
    assert!(!query.alternatives[0].filter.is_open());
    let chips = &screen(&state, 60, 10)[1];
    assert_eq!(chips, "  on:\"this day\" \u{d7}");
}

#[test]
fn thumbnails_are_made_larger_and_smaller() {
    let mut state = browsing(50);
    let columns = |state: &mut State, key: &str| {
        press(state, &letters(key));
        state.columns
    };
    assert_eq!(columns(&mut state, ">"), 2);
    assert_eq!(columns(&mut state, ">>>>"), 1);
    assert_eq!(columns(&mut state, "<<<"), 3);
    assert_eq!(columns(&mut state, "<<"), 4);
}
