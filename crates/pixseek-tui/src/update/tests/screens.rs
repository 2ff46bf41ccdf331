//! Screens, index runs, and the end of the program.

use super::{browsing, letters, press, screen};
use crate::effect::Effect;
use crate::error::SearchError;
use crate::message::Message;
use crate::options::Ending;
use crate::state::{Details, Layout, Mode, Run, State};
use crate::update::update;
use crate::view::{self, hints};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pixseek_engine::{MatchedFile, SyncReport};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
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
fn every_key_is_in_the_help_on_every_screen() {
    let mut state = browsing(1);
    for (width, height) in [(140, 60), (80, 24), (40, 12)] {
        state.mode = Mode::Browse;
        state.screen = Size::new(width, height);
        press(&mut state, &letters("?"));
        let mut text = String::new();
        for _ in 0..view::help_pages(&state) {
            text += &screen(&state, width, height).join("\n");
            state.screen = Size::new(width, height);
            press(&mut state, &[KeyCode::PageDown]);
        }
        for (name, keys, help) in state.keymap.rows() {
            let start: String = help.chars().take(26).collect();
            assert!(text.contains(&start), "{name} at {width}x{height}");
            assert!(keys.iter().all(|key| text.contains(key)), "{name}");
        }
        assert_eq!(press(&mut state, &letters("q")), [], "q closes the help");
        assert_eq!(state.mode, Mode::Browse);
    }
}

#[test]
fn help_opens_from_everywhere_and_goes_back_there() {
    let mut state = browsing(3);
    for (keys, mode) in [("", Mode::Browse), ("e", Mode::Prompt), ("/", Mode::Type)] {
        state.mode = Mode::Browse;
        press(&mut state, &letters(keys));
        assert_eq!(state.mode, mode);
        press(&mut state, &[KeyCode::F(1)]);
        assert_eq!(state.mode, Mode::Help);
        press(&mut state, &[KeyCode::Esc]);
        assert_eq!(state.mode, mode);
        let alt = KeyEvent::new(KeyCode::Char('?'), KeyModifiers::ALT);
        update(&mut state, Message::Key(alt));
        assert_eq!(state.mode, Mode::Help);
        press(&mut state, &[KeyCode::F(1)]);
        assert_eq!(state.mode, mode);
    }
    press(&mut state, &letters("?"));
    assert_eq!(state.mode, Mode::Help, "while a query is typed, too");
}

#[test]
fn keys_without_a_meaning_say_so() {
    let mut state = browsing(3);
    for (mode, key, expected) in [
        (
            Mode::Browse,
            KeyEvent::from(KeyCode::Char('d')),
            "d does nothing here; ? shows the keys",
        ),
        (
            Mode::Type,
            KeyEvent::new(KeyCode::Char('x'), KeyModifiers::ALT),
            "alt-x does nothing here; ? shows the keys",
        ),
    ] {
        state.mode = mode;
        assert_eq!(update(&mut state, Message::Key(key)), []);
        assert_eq!(state.notice.as_deref(), Some(expected));
        assert_eq!(state.query.value(), "dog", "alt and a letter is no letter");
    }
    state.mode = Mode::Browse;
    assert_eq!(press(&mut state, &[KeyCode::Esc]), []);
    assert_eq!(state.notice.as_deref(), Some("q quits"));
    state.mode = Mode::Detail;
    assert_eq!(
        press(&mut state, &letters("q")),
        [],
        "q closes the large view"
    );
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn lines_at_the_foot_are_never_cut_inside_a_word() {
    let mut state = browsing(50);
    let all = hints::hints(&state);
    for width in 10..120 {
        let line = screen(&state, width, 12).pop().unwrap();
        let hints: Vec<&str> = line
            .split("  ")
            .skip(2)
            .filter(|hint| !hint.is_empty())
            .collect();
        for hint in hints {
            assert!(
                all.iter().any(|whole| whole == hint.trim()),
                "{width}: {line}"
            );
        }
    }
    state.notice = Some("a long text that does not fit".into());
    let lines = screen(&state, 20, 12);
    assert_eq!(lines[10..], ["a long text that", "does not fit"]);
}

#[test]
fn the_first_start_asks_for_a_folder_and_indexes_it() {
    let mut state = super::state("");
    state.can_index = true;
    state.pictures_folder = "~/Pictures".into();
    let nothing = |state: &mut State| {
        let number = state.last_question;
        let message = Message::Answered {
            number,
            photo_count: None,
            result: Err(SearchError::NoIndex),
        };
        update(state, message);
    };
    state.question();
    nothing(&mut state);
    assert_eq!(state.mode, Mode::Prompt);
    for width in [120, 80, 40, 24] {
        let text = screen(&state, width, 16).join(" ");
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        assert!(
            text.contains("Enter starts with the folder below; typing replaces it."),
            "{width}: {text}"
        );
        assert!(text.ends_with("~/Pictures"), "{width}: {text}");
    }
    let effects = press(&mut state, &[KeyCode::Tab]);
    assert_eq!(effects, [Effect::CompleteFolder("~/Pictures".into())]);
    let folders = ["~/Pictures/a/", "~/Pictures/b/"]
        .map(String::from)
        .to_vec();
    let typed = "~/Pictures".into();
    update(&mut state, Message::Folders { typed, folders });
    assert_eq!(press(&mut state, &[KeyCode::Tab]), []);
    assert_eq!(state.prompt_input.value(), "~/Pictures/b/");
    let effects = press(&mut state, &[KeyCode::Enter]);
    let folder = Some("~/Pictures/b/".to_owned());
    assert_eq!(effects, [Effect::StartIndexing(folder)]);
    let text = screen(&state, 80, 24).join("\n");
    assert!(text.contains("Indexing ~/Pictures/b/") && text.contains("looking for photos"));
    let effects = update(&mut state, Message::Indexed(Ok(SyncReport::default())));
    assert!(matches!(&effects[..], [Effect::Search(_)]));
    nothing(&mut state);
    assert_eq!(state.mode, Mode::Prompt, "it asks again");
    let text = screen(&state, 80, 24).join("\n");
    assert!(
        text.contains("No photos in ~/Pictures/b/ can be indexed"),
        "{text}"
    );
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
    assert_eq!(
        press(&mut state, &letters("R")),
        [Effect::StartIndexing(None)]
    );
    let run = Run {
        seen: 400,
        total: 1000,
        encoded: 100,
        failed: 2,
        elapsed: Duration::from_secs(10),
        stopping: false,
    };
    update(&mut state, Message::Indexing(run));
    // The search thread reports this process's own run like any other.
    update(&mut state, Message::Writer(Some("process 7".into())));
    for (width, expected) in [
        (
            100,
            "indexing 400/1,000  10 photos/s  15 s left  2 failed  R stops",
        ),
        (80, "indexing 400/1,000  10 photos/s  15 s left  R stops"),
    ] {
        let line = screen(&state, width, 10).pop().unwrap();
        assert!(line.ends_with(expected), "{line}");
    }
    let soon = Run { seen: 950, ..run };
    update(&mut state, Message::Indexing(soon));
    let line = screen(&state, 80, 10).pop().unwrap();
    assert!(!line.contains("left"), "less than 3 seconds: {line}");
    state.mode = Mode::Type;
    let line = screen(&state, 80, 10).pop().unwrap();
    assert!(!line.contains("R stops"), "here R is a letter: {line}");
    state.mode = Mode::Browse;
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

#[test]
fn the_large_view_shows_all_that_is_known() {
    let mut state = browsing(3);
    state.hits[0].record.bytes = 5_240_000;
    state.hits[0].folded = vec![b"/photos/copy.jpg".to_vec()];
    let effects = press(&mut state, &[KeyCode::Char(' ')]);
    let path = b"/photos/000.jpg".to_vec();
    assert!(effects.contains(&Effect::ReadDetails(path.clone())));
    let details = Details {
        path,
        labels: vec!["dog".into(), "beach".into()],
        changed: Some("2019-06-30 14:05".into()),
    };
    update(&mut state, Message::Details(details));
    let text = screen(&state, 120, 30).join("\n");
    for fact in [
        "changed 2019-06-30 14:05",
        "5.2 MB",
        "dog, beach",
        "/photos/copy.jpg",
        "90 of 100",
    ] {
        assert!(text.contains(fact), "{fact} is not in\n{text}");
    }
    let effects = press(&mut state, &letters("j"));
    assert_eq!(effects, [Effect::ReadDetails(b"/photos/001.jpg".to_vec())]);
    let text = screen(&state, 120, 30).join("\n");
    assert!(!text.contains("dog, beach"), "another photo");
}

/// The score beside a Live Photo's picture may be that of a moment of its film.
#[test]
fn a_film_that_matches_better_than_its_photo_is_named() {
    let mut state = browsing(3);
    state.hits[0].matched = Some(MatchedFile {
        path: b"/photos/000.MOV".to_vec(),
        frame: Some(2000),
    });
    let text = screen(&state, 120, 30).join("\n");
    assert!(text.contains("000.jpg (MOV @ 0:02)"), "{text}");
    press(&mut state, &[KeyCode::Char(' ')]);
    let text = screen(&state, 120, 30).join("\n");
    assert!(text.contains("000.MOV @ 0:02"), "{text}");
}

/// 49.6 is no match, so it must not be printed as 50, where matches begin.
#[test]
fn a_weak_score_is_printed_below_the_line() {
    let mut state = browsing(2);
    state.hits[0].score = Some(49.6);
    press(&mut state, &[KeyCode::Char(' ')]);
    let text = screen(&state, 120, 30).join("\n");
    assert!(text.contains("49 of 100"), "{text}");
    state.hits.clear();
    state.best_below = Some(49.6);
    let text = screen(&state, 120, 30).join("\n");
    let said = "the best scores 49 of 100, a match 50 and more";
    assert!(text.contains(said), "{text}");
}

#[test]
fn a_list_shows_the_folder_at_every_width() {
    for (width, height) in [(120, 36), (80, 24), (40, 12)] {
        let mut state = browsing(3);
        state.hits[1].path = b"/home/me/photos/objects/a_long_name_of_a_photo.jpg".to_vec();
        let shown = screen(&state, width, height).join("\n");
        assert!(shown.contains("/objects"), "{width}: {shown}");
        // With pictures, half of the width is left to the list.
        state.has_pictures = true;
        state.layout = Layout::List;
        super::resize(&mut state, width, height);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| view::draw(frame, &state, Some(&|_| None)))
            .unwrap();
        let line = terminal.backend().to_string();
        let line = line.lines().nth(3).unwrap_or_default();
        assert!(line.contains("/objects"), "{width}: {line}");
    }
}

#[test]
fn a_full_page_says_that_there_may_be_more() {
    let line = |state: &State| screen(state, 80, 12).pop().unwrap();
    let state = browsing(200);
    let foot = line(&state);
    assert!(
        foot.starts_with("1 of the first 200  of 1,000 photos"),
        "{foot}"
    );
    let mut narrow = state.clone();
    press(&mut narrow, &letters("f"));
    let foot = screen(&narrow, 40, 12).pop().unwrap();
    assert!(
        foot.starts_with("1 of the first 200  unfolded  ..."),
        "{foot}"
    );
    let foot = line(&browsing(40));
    assert!(foot.starts_with("1/40  of 1,000 photos"), "{foot}");
}

#[test]
fn the_first_letter_replaces_the_proposed_folder() {
    let proposed = || {
        let mut state = super::state("");
        state.can_index = true;
        state.pictures_folder = "~/Pictures".into();
        state.photo_count = Some(0);
        state.mode = Mode::Browse;
        press(&mut state, &letters("R"));
        assert_eq!(state.prompt_input.value(), "~/Pictures");
        state
    };
    let mut state = proposed();
    super::typed(&mut state, "~/x");
    assert_eq!(state.prompt_input.value(), "~/x");
    let mut state = proposed();
    update(&mut state, Message::Key(KeyCode::End.into()));
    super::typed(&mut state, "/2019");
    assert_eq!(state.prompt_input.value(), "~/Pictures/2019");
    let mut state = proposed();
    super::paste(&mut state, "/mnt");
    assert_eq!(state.prompt_input.value(), "/mnt");
}
