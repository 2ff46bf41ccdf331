//! The terminal interface on its first start, and the programs that it starts.

use crate::interface::{Window, library, wait_for};
use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    let trials = vec![
        trial("starting::the_first_start_indexes_a_folder", starting),
        trial("starting::photos_are_opened_and_given_to_commands", opening),
    ];
    let has_tmux = Window::is_possible();
    let trials = trials.into_iter();
    trials
        .map(|trial| trial.with_ignored_flag(!has_tmux))
        .collect()
}

fn starting(world: &mut World) {
    for seed in 1..=3 {
        world.draw(&format!("{seed}.png"), seed);
    }
    std::fs::create_dir(world.photos().join("empty")).unwrap();
    let window = Window::open(world, (80, 24), "pixseek");
    window.shows("No photos yet");
    let folder = world.photos().display().to_string();
    window.keys(&["C-u"]);
    window.keys(&["-l", &format!("{folder}/emp")]);
    window.keys(&["Tab"]);
    window.shows("/empty/");
    window.keys(&["Enter"]);
    window.shows("can be indexed");
    window.keys(&["C-u"]);
    window.keys(&["-l", &folder]);
    window.keys(&["Enter"]);
    window.shows("up to date: 3 new");
    window.keys(&["C-c"]);
    window.shows("ended with 0");
}

fn opening(world: &mut World) {
    library(world);
    let line = "PIXSEEK_OPENER='touch {}.opened' pixseek --pictures none in:italy";
    let window = Window::open(world, (120, 24), line);
    window.shows("1/2");
    window.keys(&["Enter", "Enter"]);
    let photo = world.photos().join("Italy/one.png.opened");
    let other = world.photos().join("Italy/two.png.opened");
    wait_for("a photo is opened", &|| photo.exists() || other.exists());
    window.keys(&["A", "!"]);
    window.keys(&["-l", "ls no-such-file {}"]);
    window.keys(&["Enter"]);
    window.shows("failed with exit code 2");
    drop(window);
    // Without an opener it says what to set.
    let line = "SSH_CONNECTION=here DISPLAY= WAYLAND_DISPLAY= pixseek --pictures none";
    let window = Window::open(world, (120, 24), line);
    window.shows("1/3");
    window.keys(&["Enter", "Enter"]);
    window.shows("set `opener` in config.toml or PIXSEEK_OPENER");
}
