//! What the interface says of filters that pass nothing, and of words that look like filters.

use super::{answer, browsing, question, screen, typed};
use crate::message::Message;
use crate::state::Mode;
use crate::update::update;
use pixseek_engine::Vocabulary;
use std::sync::Arc;

#[test]
fn the_filter_that_passes_no_photo_is_named() {
    let mut state = browsing(3);
    let vocabulary = Vocabulary {
        folders: vec!["library".into()],
        ..Vocabulary::default()
    };
    update(&mut state, Message::Vocabulary(Arc::new(vocabulary)));
    state.mode = Mode::Type;
    let number = question(&typed(&mut state, " folder:libary year:2019 ")).number;
    answer(&mut state, number, 0);
    update(&mut state, Message::Rested(number));
    let shown = screen(&state, 100, 10).join("\n");
    let expected = "folder:libary matches no folder; near: library";
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn filters_that_pass_nothing_together_are_named() {
    let mut state = browsing(3);
    state.mode = Mode::Type;
    let number = question(&typed(&mut state, " year:2008 has:gps ")).number;
    answer(&mut state, number, 0);
    update(&mut state, Message::Rested(number));
    let expected = "No photo passes year:2008 and has:gps together";
    assert_eq!(state.empty_filter.as_deref(), Some(expected));
}

#[test]
fn words_that_look_like_filters_are_remarked_on_at_rest() {
    let mut state = browsing(3);
    state.mode = Mode::Type;
    let number = question(&typed(&mut state, " foo:bar ")).number;
    answer(&mut state, number, 2);
    assert_eq!(state.notice, None);
    update(&mut state, Message::Rested(number));
    let expected = "foo: is no filter; searched as words";
    assert_eq!(state.notice.as_deref(), Some(expected));
    typed(&mut state, "x");
    assert_eq!(state.notice, None, "typing goes on");
}
