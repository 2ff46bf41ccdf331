//! Sets the terminal up, runs the loop, and restores the terminal at the end.

mod pictures;
mod signals;

use crate::app::App;
use crate::effect::Effect;
use crate::error::InterfaceError;
use crate::message::Message;
use crate::options::{Ending, Options};
use crate::search::OpenIndex;
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
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The output of the screen: stdout, or the terminal device if stdout is a pipe.
type Screen = BufWriter<Box<dyn Write>>;

/// The longest wait for a message. Nothing on the screen changes without one.
const LONG: Duration = Duration::from_hours(1);

/// Runs the interface until it ends, and restores the terminal.
///
/// # Errors
///
/// When there is no terminal, or it fails, or a key or a colour of the options is not known.
pub fn run(index: PathBuf, open: OpenIndex, options: Options) -> Result<Ending, InterfaceError> {
    let screen = screen().map_err(InterfaceError::NoTerminal)?;
    let wants_mouse = options.mouse;
    let mut restore = Restore::enter(wants_mouse).map_err(InterfaceError::NoTerminal)?;
    // The theme follows `NO_COLOR` itself. Without this call, crossterm would also strip the
    // colours of pictures that the user asked for.
    crossterm::style::force_color_output(true);
    let method = pictures::method(options.pictures, options.colours.is_some());
    let mut app = App::start(index, open, options, method)?;
    read_events(app.sender());
    signals::listen(app.sender())?;
    let mut terminal = Terminal::new(CrosstermBackend::new(screen))?;
    let ending = 'run: loop {
        app.draw(&mut terminal)?;
        for effect in app.wait(LONG).unwrap_or_default() {
            match effect {
                // The terminal sets its own clipboard, so this works over SSH too.
                Effect::Copy(bytes) => execute!(
                    terminal.backend_mut(),
                    CopyToClipboard::to_clipboard_from(bytes)
                )?,
                Effect::Suspend => {
                    drop(restore);
                    signals::suspend()?;
                    restore = Restore::enter(wants_mouse)?;
                    // A new `Terminal` redraws every cell. Clearing the old one would query the
                    // cursor's position, and the thread that reads events would consume the answer.
                    terminal = Terminal::new(CrosstermBackend::new(self::screen()?))?;
                }
                Effect::End(ending) => break 'run ending,
                effect => app.perform(effect),
            }
        }
    };
    drop(restore);
    app.end();
    Ok(ending)
}

/// Starts a thread that sends the terminal's events as messages.
fn read_events(sender: Sender<Message>) {
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            let message = Message::of(event, Instant::now());
            if message.is_some_and(|message| sender.send(message).is_err()) {
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

/// Restores the terminal when dropped, and when the program panics.
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

/// Installs a panic hook that restores the terminal, then calls the previous hook.
fn restore_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() == Some("main") {
                restore();
                before(panic);
            } else {
                // Printing would garble the screen; the interface reports this failure itself.
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
