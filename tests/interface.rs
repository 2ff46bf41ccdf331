//! The terminal interface, driven in tmux: the tests send keys and read the screen. They are
//! ignored on machines without tmux.

use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub fn trials() -> Vec<Trial> {
    let has_tmux = Window::is_possible();
    let trials = vec![
        trial("interface::photos_are_found_while_typing", typing),
        trial(
            "interface::pictures_have_the_colours_of_the_terminal",
            colours,
        ),
        trial("interface::picked_paths_are_printed", picking),
        trial("interface::every_size_is_usable", sizes),
        trial("interface::many_photos_scroll", scrolling),
        trial("interface::the_mouse_and_marks_work", mouse),
        trial("interface::a_whole_clipboard_is_pasted_at_once", pasting),
        trial("interface::photos_that_vanish_are_named", vanishing),
        trial("interface::new_photos_appear_while_it_is_open", indexing),
        trial("interface::the_terminal_is_restored", signals),
    ];
    trials
        .into_iter()
        .map(|trial| trial.with_ignored_flag(!has_tmux))
        .collect()
}

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

static OPENED: AtomicU32 = AtomicU32::new(0);

/// A tmux server with one window; dropping it ends the server.
pub struct Window {
    socket: String,
}

impl Window {
    /// Whether this machine has tmux.
    pub fn is_possible() -> bool {
        Command::new("tmux").arg("-V").output().is_ok()
    }

    /// Runs a command line in which `pixseek` is the program under test.
    pub fn open(world: &World, size: (u16, u16), line: &str) -> Self {
        let program = format!(
            "env HOME='{0}' XDG_CACHE_HOME='{0}' XDG_STATE_HOME='{0}' XDG_CONFIG_HOME='{0}' \
             '{1}' --device cpu --index-dir '{2}'",
            world.home().display(),
            env!("CARGO_BIN_EXE_pixseek"),
            world.index().display(),
        );
        // Use a new server for each window: the last one may still be shutting down.
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let window = Self {
            socket: format!("pixseek-{}-{number}", std::process::id()),
        };
        let line = line.replace("pixseek", &program);
        let (width, height) = (size.0.to_string(), size.1.to_string());
        let shell = format!("{line}; echo \"ended with $?\"; sleep 60");
        window.tmux(&["new-session", "-d", "-x", &width, "-y", &height, &shell]);
        window.tmux(&["set", "-g", "status", "off"]);
        window
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        let command = command.args(["-f", "/dev/null", "-L", &self.socket]);
        let output = command.args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Waits until the screen shows something, and returns it.
    #[track_caller]
    pub fn shows(&self, what: &str) -> String {
        self.captured(&[], what)
    }

    /// Waits like [`Window::shows`], with further options of tmux's `capture-pane`.
    #[track_caller]
    fn captured(&self, how: &[&str], what: &str) -> String {
        let start = Instant::now();
        loop {
            let screen = self.tmux(&[&["capture-pane", "-p"], how].concat());
            if screen.contains(what) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "no {what:?} in:\n{screen}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

/// Waits for an event that the screen does not show.
#[track_caller]
pub fn wait_for(what: &str, has_happened: &dyn Fn() -> bool) {
    let start = Instant::now();
    while !has_happened() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Three photos, two of them in a folder called Italy.
pub fn library(world: &World) {
    for (name, seed) in [("Italy/one.png", 1), ("Italy/two.png", 2), ("three.png", 3)] {
        world.draw(name, seed);
    }
    world.index_photos().exits(0);
}

fn typing(world: &mut World) {
    library(world);
    let window = Window::open(world, (80, 24), "pixseek --pictures blocks");
    window.shows("1/3");
    window.keys(&["-l", "in:italy"]);
    let screen = window.shows("1/2");
    assert!(
        screen.contains("one.png") && screen.contains("two.png"),
        "{screen}"
    );
    window.keys(&["-l", " ("]);
    window.shows("^ this parenthesis");
    window.keys(&["BSpace", "BSpace", "Tab", "Space"]);
    window.shows("120 x 90");
    window.captured(&["-e"], "48;2;");
    window.keys(&["?"]);
    window.shows("large picture");
    window.keys(&["?", "q", "q"]);
    window.shows("ended with 0");
}

fn colours(world: &mut World) {
    library(world);
    for (environment, first, others) in [
        ("COLORTERM=truecolor TERM=xterm-256color", "48;2;", 0..0),
        ("TERM=xterm-256color", "48;5;", 16..256),
        ("TERM=xterm", "48;5;", 0..8),
    ] {
        let line = format!("env -u COLORTERM {environment} pixseek");
        let window = Window::open(world, (80, 24), &line);
        let screen = window.captured(&["-e"], first);
        assert_eq!(screen.contains("48;2;"), first == "48;2;", "{screen}");
        for rest in screen.split("48;5;").skip(1) {
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            assert!(
                others.contains(&number.parse().unwrap()),
                "{number}: {screen}"
            );
        }
    }
    // Without colours the photos are a list.
    let window = Window::open(world, (80, 24), "env NO_COLOR=1 pixseek");
    let screen = window.shows("three.png");
    let lines = screen.lines().filter(|line| line.contains(".png")).count();
    assert_eq!(lines, 3, "{screen}");
}

fn picking(world: &mut World) {
    library(world);
    let window = Window::open(
        world,
        (80, 24),
        "pixseek --pick in:italy | sed 's/^/picked /'",
    );
    window.shows("1/2");
    window.keys(&["Tab", "m", "m", "Enter"]);
    let screen = window.shows("ended with");
    for name in ["one.png", "two.png"] {
        let line = screen.replace('\n', "");
        assert!(line.contains("picked") && line.contains(name), "{screen}");
    }
    drop(window);
    let window = Window::open(world, (80, 24), "pixseek --pick");
    window.shows("1/3");
    window.keys(&["C-c"]);
    window.shows("ended with 130");
}

fn sizes(world: &mut World) {
    library(world);
    let window = Window::open(world, (20, 6), "pixseek");
    let screen = window.shows("1/3");
    assert!(screen.contains(".png"), "{screen}");
    window.tmux(&["resize-window", "-x", "120", "-y", "30"]);
    window.shows("of 3");
    window.keys(&["Tab", "v"]);
    window.shows("Italy");
    window.keys(&["q"]);
    window.shows("ended with 0");
}

fn scrolling(world: &mut World) {
    for seed in 1..=40 {
        world.draw(&format!("{seed:02}.png"), seed);
    }
    world.index_photos().exits(0);
    // No photo has a date, so the order is that of the index.
    let hits = world.hits(&["search", "ext:png", "-n", "40"]);
    let name = |at: usize| {
        let path = hits[at - 1]["path"].as_str().unwrap();
        path.rsplit('/').next().unwrap().to_owned()
    };
    let window = Window::open(world, (80, 24), "pixseek ext:png");
    // The drawn pictures are similar, so they fold.
    window.shows("of 40");
    window.keys(&["Tab", "f"]);
    window.shows("unfolded");
    window.shows("1/40");
    window.keys(&["PageDown"]);
    let screen = window.shows("7/40");
    assert!(
        screen.contains(&name(7)) && !screen.contains(&name(1)),
        "{screen}"
    );
    window.keys(&["j", "k"]);
    window.shows("7/40");
    // The wheel scrolls by rows, as keys do.
    window.keys(&["-l", "\u{1b}[<65;10;10M"]);
    window.shows("10/40");
    window.keys(&["G"]);
    window.shows("40/40");
    window.shows(&name(40));
    window.tmux(&["resize-window", "-x", "40", "-y", "12"]);
    window.shows(&name(32));
    window.keys(&["0"]);
    window.shows("1/40");
    window.shows(&name(1));
    window.keys(&["q"]);
    window.shows("ended with 0");
}

/// Sends what a terminal sends for a mouse press; cells are counted from 1.
fn press(window: &Window, x: u32, y: u32) {
    window.keys(&["-l", &format!("\u{1b}[<0;{x};{y}M\u{1b}[<0;{x};{y}m")]);
}

fn mouse(world: &mut World) {
    library(world);
    let window = Window::open(
        world,
        (80, 24),
        "pixseek --pictures blocks year:1990..2099 OR in:italy",
    );
    let screen = window.shows("1/2");
    assert!(screen.contains(" year:1990..2099 \u{d7} "), "{screen}");
    // Press on the second photo, then on the first filter.
    press(&window, 32, 5);
    window.shows("2/2");
    press(&window, 5, 2);
    window.shows("> in:italy");
    window.keys(&["/", "C-u"]);
    window.shows("1/3");
    window.keys(&["Tab", "m", "m", "e"]);
    window.shows("copy 2 photos into:");
    window.keys(&["-l", "~/chosen"]);
    window.keys(&["Enter"]);
    window.shows("make the folder? y/n: ~/chosen");
    window.keys(&["y"]);
    window.shows("copied 2 into ~/chosen");
    let copies = std::fs::read_dir(world.home().join("chosen")).unwrap();
    assert_eq!(copies.count(), 2);
    window.keys(&["/"]);
    window.keys(&["-l", "in:italy"]);
    window.shows("1/2");
    window.keys(&["C-s"]);
    window.keys(&["-l", "italy"]);
    window.keys(&["Enter"]);
    window.shows("saved as @italy");
    window.keys(&["C-u"]);
    window.shows("1/3");
    window.keys(&["-l", "@it"]);
    window.shows(" italy");
    window.keys(&["Tab"]);
    window.shows("1/2");
    // Doing something with what a query found stores it in the history.
    window.keys(&["Tab", "Space", "Space", "/", "C-u"]);
    window.shows("1/3");
    window.keys(&["C-r"]);
    window.shows("earlier query:");
    window.shows("  @italy");
    window.keys(&["Enter"]);
    window.shows("> @italy");
    window.shows("1/2");
    window.keys(&["C-c"]);
    window.shows("ended with 0");
}

fn pasting(world: &mut World) {
    library(world);
    let window = Window::open(world, (80, 24), "pixseek --pictures none");
    window.shows("1/3");
    let text = world.write("text", &b"a dog on a beach ".repeat(6_000));
    window.tmux(&["load-buffer", text.to_str().unwrap()]);
    window.tmux(&["paste-buffer", "-p"]);
    window.shows("only 4096 bytes fit");
    let pid = window.tmux(&["display-message", "-p", "#{pane_pid}"]);
    let children = format!("/proc/{0}/task/{0}/children", pid.trim());
    // Linux reports the peak memory of a process.
    if let Ok(child) = std::fs::read_to_string(children) {
        let status = format!("/proc/{}/status", child.trim());
        let status = std::fs::read_to_string(status).unwrap();
        let peak = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kilobytes = peak.unwrap().split_whitespace().nth(1).unwrap();
        assert!(
            kilobytes.parse::<u64>().unwrap() < 200_000,
            "{kilobytes} kB"
        );
    }
    window.keys(&["C-u"]);
    window.shows("1/3");
    window.keys(&["C-c"]);
    window.shows("ended with 0");
}

fn vanishing(world: &mut World) {
    library(world);
    let window = Window::open(world, (80, 24), "pixseek --pictures blocks in:italy");
    window.shows("1/2");
    for name in ["Italy/one.png", "Italy/two.png"] {
        std::fs::remove_file(world.photos().join(name)).unwrap();
    }
    window.keys(&["Tab", "Space"]);
    window.shows("No such file");
    window.keys(&["Enter"]);
    window.shows("file is missing");
    window.keys(&["q", "q"]);
    window.shows("ended with 0");
}

fn indexing(world: &mut World) {
    library(world);
    let window = Window::open(world, (100, 24), "pixseek");
    window.shows("of 3");
    world.draw("four.png", 4);
    window.keys(&["Tab", "R"]);
    window.shows("up to date: 1 new");
    window.keys(&["0"]);
    window.shows("of 4");
    // Another process updates the index.
    world.draw("five.png", 5);
    world.index_photos().exits(0);
    window.keys(&["0"]);
    window.shows("of 5");
    window.keys(&["q"]);
    window.shows("ended with 0");
}

fn signals(world: &mut World) {
    library(world);
    let window = Window::open(
        world,
        (80, 24),
        "set -m; echo before; pixseek; echo stopped; read go; fg",
    );
    window.shows("1/3");
    window.keys(&["C-z"]);
    let screen = window.shows("stopped");
    assert!(
        screen.contains("before"),
        "the screen before is back: {screen}"
    );
    window.keys(&["Enter"]);
    window.shows("1/3");
    window.keys(&["C-c"]);
    window.shows("ended with 0");
    drop(window);
    let window = Window::open(world, (80, 24), "echo before; pixseek");
    window.shows("1/3");
    let pid = window.tmux(&["display-message", "-p", "#{pane_pid}"]);
    let killed = Command::new("pkill")
        .args(["-TERM", "-P", pid.trim()])
        .status();
    assert!(killed.unwrap().success());
    let screen = window.shows("ended with 143");
    assert!(screen.contains("before"), "{screen}");
    let modes = window.tmux(&["display-message", "-p", "#{alternate_on}#{mouse_any_flag}"]);
    assert_eq!(modes.trim(), "00");
}
