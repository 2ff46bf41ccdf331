//! The cursor, marks, the mouse, and actions on photos.

use super::{
    PRESS, answer, browsing, control, hit, letters, mouse, press, question, resize, screen, typed,
};
use crate::effect::{Effect, Export, ExportForm};
use crate::message::Message;
use crate::options::Ending;
use crate::state::{Mode, State};
use crate::update::update;
use crate::view::{self, Target};
use crossterm::event::{KeyCode, MouseEventKind};
use ratatui::layout::Rect;
use std::time::{Duration, Instant};

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
        ("0", 0),
        ("h", 0),
        ("G", 9),
    ] {
        press(&mut state, &letters(keys));
        assert_eq!(state.selected, expected, "{keys}");
    }
    press(&mut state, &letters("0"));
    press(&mut state, &[KeyCode::Up]);
    assert_eq!(state.mode, Mode::Type, "above the first row is the box");
}

#[test]
fn a_picker_returns_the_marked_photos_in_order() {
    let mut state = browsing(10);
    state.is_picker = true;
    state.history.insert(0, "dog".into());
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
    press(&mut state, &letters("0"));
    assert_eq!(state.first_row, 0);
}

#[test]
fn the_prompt_saves_queries_and_exports_photos() {
    let mut state = browsing(3);
    press(&mut state, &letters("mme"));
    assert_eq!(screen(&state, 60, 10)[9], "copy 2 photos into:");
    typed(&mut state, "~/out");
    let effects = press(&mut state, &[KeyCode::Enter]);
    let exported = Export {
        paths: state.marks.paths(),
        folder: "~/out".into(),
        form: ExportForm::Copies,
        makes_folder: false,
    };
    assert_eq!(effects, [Effect::Export(exported.clone())]);
    assert_eq!(state.mode, Mode::Browse);
    update(&mut state, Message::NoFolder(exported.clone()));
    assert_eq!(screen(&state, 60, 10)[9], "make the folder? y/n: ~/out");
    let made = Export {
        makes_folder: true,
        ..exported
    };
    assert_eq!(press(&mut state, &letters("y")), [Effect::Export(made)]);
    press(&mut state, &letters("e"));
    assert_eq!(
        state.prompt_input.value(),
        "~/out",
        "the last folder is proposed"
    );
    press(&mut state, &[KeyCode::Esc]);
    control(&mut state, 's');
    typed(&mut state, "dogs");
    let effects = press(&mut state, &[KeyCode::Enter]);
    let saved = Effect::SaveQuery {
        name: "dogs".into(),
        query: "dog".into(),
        replaces: false,
    };
    assert_eq!(effects, [saved]);
    let taken = || Message::NameTaken {
        name: "dogs".into(),
        before: "puppy -cat".into(),
    };
    update(&mut state, taken());
    let foot = screen(&state, 60, 10)[9].clone();
    assert_eq!(foot, "replace @dogs? y/n  now: puppy -cat");
    assert_eq!(press(&mut state, &letters("n")), []);
    assert_eq!(state.mode, Mode::Browse);
    update(&mut state, taken());
    let replaced = Effect::SaveQuery {
        name: "dogs".into(),
        query: "dog".into(),
        replaces: true,
    };
    assert_eq!(press(&mut state, &letters("y")), [replaced]);
    let effects = update(&mut state, Message::QuerySaved("saved".into()));
    assert_eq!(effects, [Effect::ReadVocabulary]);
    press(&mut state, &letters("E"));
    assert_eq!(press(&mut state, &[KeyCode::Esc]), []);
    assert_eq!(state.mode, Mode::Browse);
}

#[test]
fn marked_photos_are_copied_and_printed() {
    let mut state = browsing(3);
    let effects = press(&mut state, &letters("mmy"));
    let copied = Effect::Copy(b"/photos/000.jpg\n/photos/001.jpg".to_vec());
    assert_eq!(effects, [copied]);
    // A path need not be UTF-8.
    press(&mut state, &letters("M"));
    state.hits[0].path = b"/photos/\xff.jpg".to_vec();
    let effects = press(&mut state, &letters("0y"));
    assert_eq!(effects, [Effect::Copy(b"/photos/\xff.jpg".to_vec())]);
    let effects = press(&mut state, &letters("p"));
    assert_eq!(effects, [Effect::End(Ending::Picked(state.chosen()))]);
}

#[test]
fn a_name_is_taught_from_what_is_marked() {
    let mut state = browsing(3);
    press(&mut state, &letters("mmn"));
    assert_eq!(screen(&state, 60, 10)[9], "name for 2 photos:");
    typed(&mut state, "rex");
    let effects = press(&mut state, &[KeyCode::Enter]);
    let taught = Effect::Teach {
        name: "rex".into(),
        paths: state.marks.paths(),
    };
    assert_eq!(effects, [taught]);
}

#[test]
fn tags_are_set_and_taken_from_what_is_marked() {
    for (key, line, takes) in [
        ('t', "tag for 2 photos:", false),
        ('T', "remove tag from 2 photos:", true),
    ] {
        let mut state = browsing(3);
        press(&mut state, &letters("mm"));
        press(&mut state, &letters(&key.to_string()));
        assert_eq!(screen(&state, 60, 10)[9], line);
        typed(&mut state, "trip");
        let effects = press(&mut state, &[KeyCode::Enter]);
        let tag = Effect::Tag {
            tag: "trip".into(),
            paths: state.marks.paths(),
            takes,
        };
        assert_eq!(effects, [tag]);
    }
}

#[test]
fn enter_goes_to_the_photos_and_opens_from_there() {
    let mut state = browsing(3);
    state.history.push("dog".into());
    state.mode = Mode::Type;
    assert_eq!(press(&mut state, &[KeyCode::Enter]), []);
    assert_eq!(state.mode, Mode::Browse);
    let effects = press(&mut state, &[KeyCode::Enter]);
    assert_eq!(
        effects,
        [Effect::OpenPhotos(vec![b"/photos/000.jpg".to_vec()])]
    );
    state.mode = Mode::Type;
    state.is_picker = true;
    let effects = press(&mut state, &[KeyCode::Enter]);
    assert!(matches!(&effects[..], [Effect::End(Ending::Picked(_))]));
}
