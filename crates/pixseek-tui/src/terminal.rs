//! The terminal: set up, drawn on, read from, and given back as it was.

use crate::action::Effect;
use crate::keymap;
use crate::state::{Mode, State};
use crate::thumbnail::Thumbnails;
use crate::update::{self, Key};
use crate::view;
use crate::worker::{self, Answered, Open};
use crate::{Ending, Options, Pictures};
use crossbeam_channel::{Receiver, Sender, unbounded};
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, Event, KeyCode, KeyEvent, KeyEventKind,
    KeyModifiers,
};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use pixseek_engine::path_of;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui_image::picker::{Picker, ProtocolType};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tui_input::InputRequest;

/// What the program waits for.
enum News {
    Terminal(Event),
    Answered(Answered),
    Picture,
}

/// Where it draws: stdout, or the terminal itself when stdout is somebody's pipe.
type Screen = BufWriter<Box<dyn Write>>;

/// Runs until it is left.
///
/// # Errors
///
/// When there is no terminal, or it fails.
pub fn run(index: PathBuf, open: Open, options: &Options) -> io::Result<Ending> {
    let screen = screen()?;
    let _restore = Restore::enter()?;
    let picker = picker(options.pictures);
    let (sender, news) = unbounded();
    let (to_answers, to_pictures) = (sender.clone(), sender.clone());
    let questions = worker::start(index, open, move |answered| {
        let _ = to_answers.send(News::Answered(answered));
    });
    let thumbnails = picker.map(|picker| {
        Thumbnails::start(&picker, options.cache.clone(), move || {
            let _ = to_pictures.send(News::Picture);
        })
    });
    read_events(sender);
    let mut terminal = Terminal::new(CrosstermBackend::new(screen))?;
    let mut state = State::new(options.query.clone(), options.pick);
    let _ = questions.send(state.question());
    loop {
        show(&mut terminal, &mut state, thumbnails.as_ref())?;
        for effect in wait(&mut state, &news)? {
            match effect {
                Effect::Ask(question) => {
                    let _ = questions.send(question);
                }
                Effect::End(ending) => return Ok(ending),
                Effect::Open(paths) => state.message = Some(open_all(&paths)),
                Effect::Reveal(path) => {
                    let path = path_of(&path);
                    let folder = path.parent().unwrap_or(&path).to_path_buf();
                    state.message = Some(open_all(&[folder.into_os_string().into_encoded_bytes()]));
                }
                Effect::Copy(text) => {
                    // The terminal's own clipboard, over SSH too.
                    execute!(
                        terminal.backend_mut(),
                        CopyToClipboard::to_clipboard_from(text)
                    )?;
                }
            }
        }
    }
}

fn show(
    terminal: &mut Terminal<CrosstermBackend<Screen>>,
    state: &mut State,
    thumbnails: Option<&Thumbnails>,
) -> io::Result<()> {
    let area = terminal.size()?.into();
    let places = view::places(state, area, thumbnails.is_some());
    (state.columns, state.page) = view::columns_and_page(&places);
    if let Some(thumbnails) = thumbnails {
        thumbnails.want(view::wanted(state, &places));
        let get = |wanted: &_| thumbnails.get(wanted);
        terminal.draw(|frame| view::draw(frame, state, Some(&get)))?;
    } else {
        terminal.draw(|frame| view::draw(frame, state, None))?;
    }
    Ok(())
}

/// Waits for something, and takes what else is there: one drawing for all of it.
fn wait(state: &mut State, news: &Receiver<News>) -> io::Result<Vec<Effect>> {
    let gone = |_| io::Error::other("the terminal cannot be read any more");
    let mut effects = Vec::new();
    let first = news.recv().map_err(gone)?;
    for news in std::iter::once(first).chain(news.try_iter()) {
        match news {
            News::Terminal(event) => effects.extend(on_event(state, &event)),
            News::Answered(answered) => {
                update::answered(state, answered.number, answered.photos, answered.reply);
            }
            News::Picture => {}
        }
    }
    Ok(effects)
}

fn on_event(state: &mut State, event: &Event) -> Vec<Effect> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => match pressed(state.mode, key) {
            Some(key) => update::key(state, key),
            None => Vec::new(),
        },
        Event::Paste(text) => text
            .chars()
            .filter(|c| !c.is_control())
            .flat_map(|c| update::key(state, Key::Edit(InputRequest::InsertChar(c))))
            .collect(),
        _ => Vec::new(),
    }
}

/// The table's action, else an edit of the box.
fn pressed(mode: Mode, key: &KeyEvent) -> Option<Key> {
    if let Some(action) = keymap::action(mode, key) {
        return Some(Key::Do(action));
    }
    if mode != Mode::Type {
        return None;
    }
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    let is_alt = key.modifiers.contains(KeyModifiers::ALT);
    let request = match (key.code, is_control) {
        (KeyCode::Char('w') | KeyCode::Backspace, true) => InputRequest::DeletePrevWord,
        (KeyCode::Char('u'), true) => InputRequest::DeleteLine,
        (KeyCode::Char('k'), true) => InputRequest::DeleteTillEnd,
        (KeyCode::Char('a'), true) | (KeyCode::Home, _) => InputRequest::GoToStart,
        (KeyCode::Char('e'), true) | (KeyCode::End, _) => InputRequest::GoToEnd,
        (KeyCode::Left, true) => InputRequest::GoToPrevWord,
        (KeyCode::Right, true) => InputRequest::GoToNextWord,
        (KeyCode::Char(c), false) if !is_alt => InputRequest::InsertChar(c),
        (KeyCode::Backspace, false) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, _) => InputRequest::DeleteNextChar,
        (KeyCode::Left, false) => InputRequest::GoToPrevChar,
        (KeyCode::Right, false) => InputRequest::GoToNextChar,
        _ => return None,
    };
    Some(Key::Edit(request))
}

fn read_events(sender: Sender<News>) {
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            if sender.send(News::Terminal(event)).is_err() {
                return;
            }
        }
    });
}

fn screen() -> io::Result<Screen> {
    let screen: Box<dyn Write> = if io::stdout().is_terminal() {
        Box::new(io::stdout())
    } else {
        Box::new(tty()?)
    };
    Ok(BufWriter::new(screen))
}

fn tty() -> io::Result<File> {
    File::options().read(true).write(true).open("/dev/tty")
}

/// How the terminal draws pictures; `None` for not at all.
fn picker(pictures: Pictures) -> Option<Picker> {
    let protocol = match pictures {
        Pictures::None => return None,
        Pictures::Blocks => return Some(Picker::halfblocks()),
        Pictures::Auto => None,
        Pictures::Kitty => Some(ProtocolType::Kitty),
        Pictures::Iterm2 => Some(ProtocolType::Iterm2),
        Pictures::Sixel => Some(ProtocolType::Sixel),
    };
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    let has_colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if protocol.is_none() && (is_dumb || !has_colour) {
        return None;
    }
    // The terminal is asked through stdin and stdout. tmux does not always pass the answer
    // on, and whoever waits for it would take the first keys.
    let is_tmux = std::env::var_os("TMUX").is_some();
    let can_ask = io::stdin().is_terminal() && io::stdout().is_terminal() && !is_tmux;
    let asked = can_ask.then(|| Picker::from_query_stdio().ok()).flatten();
    let mut picker = asked.unwrap_or_else(Picker::halfblocks);
    if let Some(protocol) = protocol {
        picker.set_protocol_type(protocol);
    }
    Some(picker)
}

/// Gives the terminal back when it is dropped, and when the program panics.
struct Restore;

impl Restore {
    fn enter() -> io::Result<Self> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() == Some("main") {
                restore();
            }
            before(panic);
        }));
        enable_raw_mode()?;
        let entered =
            to_terminal(|screen| execute!(screen, EnterAlternateScreen, EnableBracketedPaste));
        if entered.is_err() {
            restore();
        }
        entered.map(|()| Self)
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        restore();
    }
}

fn restore() {
    let _ = to_terminal(|screen| execute!(screen, DisableBracketedPaste, LeaveAlternateScreen));
    let _ = disable_raw_mode();
}

fn to_terminal(write: impl FnOnce(&mut Screen) -> io::Result<()>) -> io::Result<()> {
    write(&mut screen()?)
}

/// Opens files with the program that the system has for them.
fn open_all(paths: &[Vec<u8>]) -> String {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    for path in paths {
        let path = path_of(path);
        if !path.exists() {
            return format!("{} is not there any more", path.display());
        }
        let started = Command::new(program)
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        if let Err(error) = started {
            return format!("{program} does not start: {error}");
        }
    }
    match paths {
        [path] => format!("opened {}", path_of(path).display()),
        paths => format!("opened {}", paths.len()),
    }
}
