//! The time from a key to its frame, and from the last letter of a query to its photos: the
//! whole interface with the embedded model, on a screen of 200 x 60 cells in memory.
//!
//! `cargo bench --bench frames -- 200000` takes 200,000 photos instead of 100,000. Each query must
//! find some, and `in:2006` does only among more than 50,000.

#![allow(missing_docs, reason = "a program that prints measurements")]

use crossterm::event::KeyCode;
use pixseek_blocks::{Look, Palette, Symbols};
use pixseek_engine::{ComputeDevice, Searcher};
use pixseek_lab::MadeLibrary;
use pixseek_tui::{App, Cache, Message, Options, PictureMethod};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::path::Path;
use std::time::{Duration, Instant};

/// The time between two letters of somebody who types fast.
const LETTER: Duration = Duration::from_millis(120);
/// The time between two repeats of a key that is held down.
const HELD: Duration = Duration::from_millis(33);
/// The longest time to wait for a message.
const PATIENCE: Duration = Duration::from_mins(1);
const QUERIES: [&str; 5] = [
    "dog on a beach",
    "red umbrella in:2006",
    "snow mountain lake -people",
    "two children playing",
    "IMG 20431",
];
/// How many pictures differ: the files of the library are links to these.
const PICTURES: u8 = 16;

fn main() {
    let size = std::env::args().find_map(|size| size.parse().ok());
    let size = size.unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("photos");
    let root = root.to_string_lossy();
    let library = MadeLibrary {
        root: &root,
        photos: size,
    };
    draw_photos(folder.path(), library);
    let index = folder.path().join("index");
    library.write(&index).expect("it is written");
    println!("{size} photos, 200 x 60 cells, pictures with sextants");
    let path = index.clone();
    let open = Box::new(move || Ok(Some(Searcher::open(&path, None, ComputeDevice::cpu())?)));
    let options = Options {
        colours: Some(std::collections::BTreeMap::new()),
        cache: Some(Cache {
            folder: folder.path().join("thumbnails"),
            bytes: 1 << 30,
        }),
        ..Options::default()
    };
    let start = Instant::now();
    let method = PictureMethod::blocks(Look {
        symbols: Symbols::Sextants,
        palette: Palette::Rgb24,
    });
    let app = App::start(index, open, options, Some(method)).expect("it starts");
    let terminal = Terminal::new(TestBackend::new(200, 60)).expect("it is in memory");
    let mut bench = Bench { app, terminal };
    bench.until(App::is_answered);
    println!("{:<40}{:>7.1} ms", "start to first photos", ms(start));
    // Made vectors answer to no description, so weak matches are shown.
    bench.key(KeyCode::Tab);
    bench.key(KeyCode::Char('a'));
    let (mut frames, mut photos) = (Vec::new(), Vec::new());
    for query in QUERIES {
        bench.type_in(query, &mut frames, &mut photos);
    }
    report("a letter to its frame", frames);
    report("the last letter to its photos", photos);
    bench.key(KeyCode::Tab);
    let mut frames = Vec::new();
    for _ in 0..200 {
        bench.held(KeyCode::Char('j'), &mut frames);
    }
    report("a row down to its frame, held", frames);
    bench.clear();
    bench.key(KeyCode::Tab);
    let start = Instant::now();
    let frames = bench.load_all(size as usize);
    println!(
        "{:<40}{:>7.1} ms",
        "all photos loaded, page by page",
        ms(start)
    );
    report("a key to its frame meanwhile", frames);
    let mut frames = Vec::new();
    for _ in 0..200 {
        bench.held(KeyCode::Char('k'), &mut frames);
    }
    report("a row up to its frame, at the end", frames);
}

struct Bench {
    app: App,
    terminal: Terminal<TestBackend>,
}

impl Bench {
    fn frame(&mut self) {
        self.app.draw(&mut self.terminal).expect("it is in memory");
    }

    /// Takes the messages that arrive within a time, and does what they lead to. Returns whether
    /// there were any.
    fn step(&mut self, time: Duration) -> bool {
        let Some(effects) = self.app.wait(time) else {
            return false;
        };
        for effect in effects {
            self.app.perform(effect);
        }
        true
    }

    /// Takes messages and draws until a condition holds at the end of a frame.
    fn until(&mut self, is_so: impl Fn(&App) -> bool) {
        self.frame();
        while !is_so(&self.app) {
            assert!(self.step(PATIENCE), "nothing happened for a minute");
            self.frame();
        }
    }

    /// Takes messages and draws for a time.
    fn rest(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            if self.step(left) {
                self.frame();
            }
        }
    }

    fn key(&mut self, code: KeyCode) {
        let _ = self.app.sender().send(Message::Key(code.into()));
    }

    fn clear(&mut self) {
        self.key(KeyCode::Char('/'));
        for _ in 0..=self.app.query().len() {
            self.key(KeyCode::Backspace);
        }
        self.until(|app| app.query().is_empty() && app.is_answered());
        self.rest(LETTER);
    }

    /// Jumps to the last loaded photo until all are loaded, and measures other keys meanwhile.
    fn load_all(&mut self, size: usize) -> Vec<f64> {
        let mut frames = Vec::new();
        while self.app.hits() < size {
            self.key(KeyCode::Char('G'));
            self.until(|app| app.selected() + 1 == app.hits());
            let start = Instant::now();
            let before = self.app.selected();
            self.key(KeyCode::Char('h'));
            self.until(|app| app.selected() < before || app.hits() == size);
            frames.push(ms(start));
            self.until(App::is_answered);
        }
        frames
    }

    fn type_in(&mut self, query: &str, frames: &mut Vec<f64>, photos: &mut Vec<f64>) {
        self.clear();
        let mut last = Instant::now();
        for (at, letter) in query.char_indices() {
            last = Instant::now();
            self.key(KeyCode::Char(letter));
            self.until(|app| app.query().len() > at);
            frames.push(ms(last));
            if at + 1 < query.len() {
                self.rest(LETTER);
            }
        }
        self.until(App::is_answered);
        photos.push(ms(last));
        assert!(self.app.hits() > 0, "{query} finds something");
    }

    fn held(&mut self, code: KeyCode, frames: &mut Vec<f64>) {
        let before = self.app.selected();
        let start = Instant::now();
        self.key(code);
        // At the end of what is loaded the cursor waits for more.
        self.until(|app| app.selected() != before || !app.is_answered());
        frames.push(ms(start));
        self.rest(HELD.saturating_sub(start.elapsed()));
    }
}

fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

fn report(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |hundredth: usize| times[(times.len() - 1) * hundredth / 100];
    let (middle, high, most) = (at(50), at(95), at(100));
    println!("{what:<40}{middle:>7.1} ms, 95 of 100 below {high:.1}, at most {most:.1}");
}

/// Makes a file for every path of the library, as links to a few pictures.
fn draw_photos(folder: &Path, library: MadeLibrary<'_>) {
    let pictures: Vec<_> = (0..PICTURES)
        .map(|seed| {
            let picture = image::RgbImage::from_fn(640, 480, |x, y| {
                let [a, b] = [x, y].map(|at| u8::try_from(at / 3 % 256).unwrap_or(0));
                image::Rgb([a, b.wrapping_mul(seed), seed.wrapping_mul(16)])
            });
            let path = folder.join(format!("{seed}.png"));
            picture.save(&path).expect("it is written");
            path
        })
        .collect();
    for row in 0..library.photos {
        let path = library.path(row);
        let path = Path::new(&path);
        let parent = path.parent().expect("it is in a folder");
        std::fs::create_dir_all(parent).expect("it is made");
        let picture = &pictures[row as usize % pictures.len()];
        std::fs::hard_link(picture, path).expect("it is linked");
    }
}
