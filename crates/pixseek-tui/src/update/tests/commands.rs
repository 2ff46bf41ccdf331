//! Commands on photos: while they run, when they are stopped, and when the program ends.

use super::{browsing, control, letters, press, screen, typed};
use crate::effect::Effect;
use crate::message::Message;
use crate::options::Ending;
use crate::state::{Mode, State};
use crate::update::update;
use crossterm::event::KeyCode;

/// Returns a state in which a command runs.
fn running() -> State {
    let mut state = browsing(3);
    press(&mut state, &letters("!"));
    assert_eq!(screen(&state, 60, 10)[9], "run on 1 photo:");
    typed(&mut state, "convert {}");
    let effects = press(&mut state, &[KeyCode::Enter]);
    let expected = Effect::RunCommand {
        number: 1,
        line: "convert {}".into(),
        paths: vec![b"/photos/000.jpg".to_vec()],
    };
    assert!(effects.contains(&expected), "{effects:?}");
    state
}

fn foot(state: &State) -> String {
    screen(state, 80, 12).pop().unwrap()
}

#[test]
fn a_command_shows_what_it_prints_and_how_it_ended() {
    let mut state = running();
    assert!(foot(&state).ends_with("convert: running  esc stops"));
    let line = "2 of 3".into();
    update(&mut state, Message::CommandSaid { number: 1, line });
    assert!(foot(&state).ends_with("convert: 2 of 3  esc stops"));
    press(&mut state, &letters("l"));
    assert!(foot(&state).contains("2 of 3"), "it stays in sight");
    state.mode = Mode::Type;
    assert!(foot(&state).ends_with("2 of 3  ctrl-c stops"), "esc leaves");
    let notice = "failed with exit code 3: no such thing: convert {}".to_owned();
    update(&mut state, Message::CommandEnded { number: 1, notice });
    assert!(foot(&state).starts_with("failed with exit code 3: no such thing"));
    assert!(state.commands.is_empty());
}

#[test]
fn a_command_is_stopped_by_key() {
    let mut state = running();
    assert_eq!(press(&mut state, &[KeyCode::Esc]), [Effect::StopCommand(1)]);
    assert!(foot(&state).ends_with("convert: stopping"));
    press(&mut state, &[KeyCode::Esc]);
    assert_eq!(state.notice.as_deref(), Some("q quits"));
    let mut state = running();
    state.mode = Mode::Type;
    assert_eq!(control(&mut state, 'c'), [Effect::StopCommand(1)]);
}

#[test]
fn the_program_asks_before_it_ends_a_command() {
    for (key, ending) in [
        ("q", Ending::Left),
        ("p", Ending::Picked(vec![b"/photos/000.jpg".to_vec()])),
    ] {
        let mut state = running();
        let effects = press(&mut state, &letters(key));
        assert!(
            !effects
                .iter()
                .any(|effect| matches!(effect, Effect::End(_)))
        );
        assert_eq!(foot(&state), "end convert {} and quit? y/n");
        let mut other = state.clone();
        assert_eq!(press(&mut other, &letters("n")), []);
        assert_eq!(other.mode, Mode::Browse);
        assert_eq!(press(&mut state, &letters("y")), [Effect::End(ending)]);
    }
    let mut state = browsing(3);
    let effects = press(&mut state, &letters("q"));
    assert_eq!(effects, [Effect::End(Ending::Left)], "nothing runs");
}
