//! What the screen shows, index runs, and the end.

use super::{browsing, letters, press, screen};
use crate::effect::Effect;
use crate::message::Message;
use crate::options::Ending;
use crate::state::{Mode, Run};
use crate::update::update;
use crossterm::event::KeyCode;
use pixseek_engine::SyncReport;
use std::time::Duration;

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
fn a_signal_ends_the_program() {
    let mut state = browsing(3);
    let effects = update(&mut state, Message::Signal(15));
    assert_eq!(effects, [Effect::End(Ending::Signal(15))]);
}
