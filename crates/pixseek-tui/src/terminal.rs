//! The terminal: set up, drawn on, read from, and given back as it was.

mod signals;

use crate::app::{App, Command, News};
use crate::worker::Open;
use crate::{Ending, Options, Pictures};
use crossbeam_channel::Sender;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui_image::picker::{Picker, ProtocolType};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

/// Where it draws: stdout, or the terminal itself when stdout is somebody's pipe.
type Screen = BufWriter<Box<dyn Write>>;

/// Nothing has to happen without news.
const LONG: Duration = Duration::from_hours(1);

/// Runs until it is left.
///
/// # Errors
///
/// When there is no terminal, or it fails, or a key or colour of the options is none.
pub fn run(index: PathBuf, open: Open, options: Options) -> io::Result<Ending> {
    let screen = screen()?;
    let wants_mouse = options.mouse;
    let mut restore = Restore::enter(wants_mouse)?;
    let picker = picker(options.pictures, options.colours.is_some());
    let mut app = App::start(index, open, options, picker.as_ref())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    read_events(app.sender());
    signals::listen(app.sender())?;
    let mut terminal = Terminal::new(CrosstermBackend::new(screen))?;
    let ending = 'run: loop {
        app.draw(&mut terminal)?;
        for command in app.wait(LONG).unwrap_or_default() {
            match command {
                // The terminal's own clipboard, over SSH too.
                Command::Copy(text) => execute!(
                    terminal.backend_mut(),
                    CopyToClipboard::to_clipboard_from(text)
                )?,
                Command::Suspend => {
                    drop(restore);
                    signals::suspend()?;
                    restore = Restore::enter(wants_mouse)?;
                    // A new one draws everything. Clearing the old one would ask the terminal
                    // for its cursor, and the thread that reads has the answer.
                    terminal = Terminal::new(CrosstermBackend::new(self::screen()?))?;
                }
                Command::End(ending) => break 'run ending,
            }
        }
    };
    drop(restore);
    app.end();
    Ok(ending)
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
fn picker(pictures: Pictures, has_colour: bool) -> Option<Picker> {
    let protocol = match pictures {
        Pictures::None => return None,
        Pictures::Blocks => return Some(Picker::halfblocks()),
        Pictures::Auto => None,
        Pictures::Kitty => Some(ProtocolType::Kitty),
        Pictures::Iterm2 => Some(ProtocolType::Iterm2),
        Pictures::Sixel => Some(ProtocolType::Sixel),
    };
    let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
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
    fn enter(wants_mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        let entered = to_terminal(|screen| {
            execute!(
                screen,
                EnterAlternateScreen,
                Clear(ClearType::All),
                EnableBracketedPaste
            )?;
            if wants_mouse {
                execute!(screen, EnableMouseCapture)?;
            }
            Ok(())
        });
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

/// What was there before says what happened, on a terminal that shows it.
fn restore_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() == Some("main") {
                restore();
                before(panic);
            } else {
                // The screen is not for it; the interface says that something stopped.
                tracing::error!("{panic}");
            }
        }));
    });
}

fn restore() {
    let _ = to_terminal(|screen| {
        execute!(
            screen,
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen
        )
    });
    let _ = disable_raw_mode();
}

fn to_terminal(write: impl FnOnce(&mut Screen) -> io::Result<()>) -> io::Result<()> {
    write(&mut screen()?)
}
