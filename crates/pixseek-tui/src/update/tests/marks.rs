//! Marks of many photos, by keys and by the mouse.

use super::{PRESS, answer, browsing, letters, mouse, press, question, screen};
use crate::effect::Effect;
use crossterm::event::{KeyCode, MouseButton, MouseEventKind};
use std::time::Instant;

fn names(paths: &[Vec<u8>]) -> Vec<String> {
    let names = paths
        .iter()
        .map(|path| String::from_utf8_lossy(&path[8..11]));
    names.map(std::borrow::Cow::into_owned).collect()
}

#[test]
fn all_ranges_and_the_rest_are_marked() {
    let mut state = browsing(6);
    press(&mut state, &letters("lVll"));
    let shown = screen(&state, 60, 10);
    assert!(
        shown[3].starts_with("\u{b7} "),
        "the range is shown: {shown:?}"
    );
    press(&mut state, &letters("V"));
    assert_eq!(names(&state.marks.paths()), ["001", "002", "003"]);
    press(&mut state, &letters("I"));
    assert_eq!(names(&state.marks.paths()), ["000", "004", "005"]);
    press(&mut state, &letters("A"));
    assert_eq!(state.marks.len(), 6);
    press(&mut state, &letters("M"));
    assert!(state.marks.is_empty());
    let mut state = browsing(200);
    press(&mut state, &letters("A"));
    assert_eq!(
        state.notice.as_deref(),
        Some("marked the 200 photos that are loaded")
    );
}

#[test]
fn esc_ends_a_range_and_marks_nothing() {
    let mut state = browsing(6);
    press(&mut state, &letters("Vl"));
    press(&mut state, &[KeyCode::Esc]);
    assert_eq!(state.range_start, None);
    press(&mut state, &letters("V"));
    assert!(state.marks.is_empty(), "a new range begins");
}

#[test]
fn inverting_while_only_the_marked_are_shown_returns_to_the_query() {
    let mut state = browsing(6);
    press(&mut state, &letters("m*"));
    let effects = press(&mut state, &letters("I"));
    assert_eq!(question(&effects).text, "dog");
}

#[test]
fn marked_photos_can_be_seen_after_another_query() {
    let mut state = browsing(6);
    press(&mut state, &letters("jmm"));
    let number = state.question().number;
    answer(&mut state, number, 2);
    assert_eq!(state.hits.len(), 2);
    press(&mut state, &letters("*"));
    let shown = screen(&state, 60, 10);
    assert!(
        shown[2].contains("003.jpg") && shown[3].contains("004.jpg"),
        "{shown:?}"
    );
    assert!(
        shown[9].contains("2 marked") && shown[9].contains("only marked"),
        "{shown:?}"
    );
    // The marked photos stay on screen when the index changes.
    answer(&mut state, number, 2);
    assert_eq!(names(&[state.hits[0].path.clone()]), ["003"]);
    let effects = press(&mut state, &letters("*"));
    let number = question(&effects).number;
    answer(&mut state, number, 2);
    assert!(!state.shows_marked && state.hits.len() == 2);
    press(&mut state, &letters("M*"));
    assert_eq!(state.notice.as_deref(), Some("no photo is marked"));
}

#[test]
fn the_mouse_marks_photos_and_ranges() {
    let mut state = browsing(6);
    let time = Instant::now();
    let right = MouseEventKind::Down(MouseButton::Right);
    mouse(&mut state, right, (30, 3), time);
    assert_eq!(names(&state.marks.paths()), ["001"]);
    mouse(&mut state, right, (30, 3), time);
    assert!(state.marks.is_empty());
    mouse(&mut state, PRESS, (5, 3), time);
    let drag = MouseEventKind::Drag(MouseButton::Left);
    mouse(&mut state, drag, (6, 3), time);
    assert!(state.marks.is_empty(), "a hand that trembles marks nothing");
    mouse(&mut state, drag, (5, 12), time);
    assert_eq!(names(&state.marks.paths()), ["000", "001", "002", "003"]);
    assert_eq!(press(&mut state, &letters("u")), Vec::<Effect>::new());
    assert!(state.marks.is_empty());
}
