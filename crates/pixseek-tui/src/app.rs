//! The state, and the threads that it hears from; no terminal yet, so that a benchmark can
//! drive it without one.

use crate::action::Effect;
use crate::errand::{self, Errands, Said};
use crate::history;
use crate::indexing::{Indexer, Refresh, Told};
use crate::keymap::Keymap;
use crate::state::{Indexing, State};
use crate::theme::Theme;
use crate::thumbnail::Thumbnails;
use crate::update::{self, Key};
use crate::view::{self, Target};
use crate::worker::{self, Open, Request};
use crate::{Ending, Options};
use crossbeam_channel::{Receiver, Sender, unbounded};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent};
use crossterm::event::{MouseButton, MouseEventKind};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::Rect;
use ratatui_image::picker::Picker;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tui_input::InputRequest;

/// Two presses within this are one.
const TWICE: Duration = Duration::from_millis(400);

/// What the interface waits for.
pub enum News {
    /// A key, the mouse, a new size.
    Terminal(Event),
    /// A signal of the system.
    Signal(i32),
    /// Something of its own.
    Own(Own),
}

/// What the threads tell.
pub struct Own(From);

enum From {
    Worker(worker::Told),
    Indexer(Told),
    Errand(Said),
    Picture,
}

/// What the terminal has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Put this into its clipboard.
    Copy(String),
    /// Stop until the shell says `fg`.
    Suspend,
    /// End.
    End(Ending),
}

/// The interface without its terminal.
pub struct App {
    state: State,
    news: Receiver<News>,
    sender: Sender<News>,
    questions: Sender<Request>,
    errands: Errands,
    thumbnails: Option<Thumbnails>,
    refresh: Option<Refresh>,
    indexer: Option<Indexer>,
    area: Rect,
    last_press: Option<(Instant, Target)>,
}

impl App {
    /// Starts the threads and asks the first question.
    ///
    /// # Errors
    ///
    /// When a key or colour of the options is none, in words.
    pub fn start(
        index: PathBuf,
        open: Open,
        options: Options,
        picker: Option<&Picker>,
    ) -> Result<Self, String> {
        let keymap = Keymap::new(&options.keys)?;
        let theme = match &options.colours {
            Some(colours) => Theme::coloured(colours)?,
            None => Theme::plain(),
        };
        let mut state = State::new(options.query, options.pick, keymap, theme);
        state.history = options
            .history
            .as_deref()
            .map(history::read)
            .unwrap_or_default();
        let (sender, news) = unbounded();
        let teller = |sender: &Sender<News>| {
            let sender = sender.clone();
            move |from: From| drop(sender.send(News::Own(Own(from))))
        };
        let tell = teller(&sender);
        let questions = worker::start(index.clone(), open, move |told| tell(From::Worker(told)));
        let tell = teller(&sender);
        let errands = errand::start(index, options.history, move |said| tell(From::Errand(said)));
        let thumbnails = picker.map(|picker| {
            let tell = teller(&sender);
            Thumbnails::start(picker, options.cache, move || tell(From::Picture))
        });
        let first = state.question();
        let app = Self {
            state,
            news,
            sender,
            questions,
            errands,
            thumbnails,
            refresh: options.refresh,
            indexer: None,
            area: Rect::default(),
            last_press: None,
        };
        let _ = app.questions.send(Request::Question(first));
        Ok(app)
    }

    /// Where keys and signals are sent.
    #[must_use]
    pub fn sender(&self) -> Sender<News> {
        self.sender.clone()
    }

    /// Whether the last question is answered on screen.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        !self.state.is_busy()
    }

    /// What is in the box.
    #[must_use]
    pub fn query(&self) -> &str {
        self.state.input.value()
    }

    /// The hit under the cursor, from 0.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.state.selected
    }

    /// How many hits are on hand.
    #[must_use]
    pub fn hits(&self) -> usize {
        self.state.hits.len()
    }

    /// Draws everything.
    ///
    /// # Errors
    ///
    /// When the terminal fails.
    pub fn draw<B: Backend>(&mut self, terminal: &mut Terminal<B>) -> Result<(), B::Error> {
        let size = terminal.size()?;
        self.area = Rect::new(0, 0, size.width, size.height);
        let places = view::places(&self.state, self.area, self.thumbnails.is_some());
        (self.state.columns, self.state.page) = view::columns_and_page(&places);
        self.state.top = view::top(&self.state);
        let state = &self.state;
        if let Some(thumbnails) = &self.thumbnails {
            thumbnails.want(view::wanted(state, &places));
            let get = |wanted: &_| thumbnails.get(wanted);
            terminal.draw(|frame| view::draw(frame, state, Some(&get)))?;
        } else {
            terminal.draw(|frame| view::draw(frame, state, None))?;
        }
        Ok(())
    }

    /// Waits for news, and takes what else is there: one drawing for all of it. `None` when
    /// nothing came in time.
    pub fn wait(&mut self, time: Duration) -> Option<Vec<Command>> {
        let first = self.news.recv_timeout(time).ok()?;
        let mut commands = self.take(first);
        while let Ok(next) = self.news.try_recv() {
            commands.extend(self.take(next));
        }
        Some(commands)
    }

    fn take(&mut self, news: News) -> Vec<Command> {
        let effects = match news {
            News::Terminal(event) => self.event(&event),
            News::Signal(number) => vec![Effect::End(Ending::Signal(number))],
            News::Own(Own(from)) => {
                self.told(from);
                Vec::new()
            }
        };
        effects
            .into_iter()
            .filter_map(|effect| self.run(effect))
            .collect()
    }

    fn told(&mut self, from: From) {
        let state = &mut self.state;
        match from {
            From::Worker(worker::Told::Answered {
                number,
                photos,
                reply,
            }) => update::answered(state, number, photos, reply),
            From::Worker(worker::Told::Vocabulary(words)) => update::learned(state, words),
            From::Worker(worker::Told::Writing(now)) | From::Indexer(Told::Now(now)) => {
                update::indexing(state, now);
            }
            From::Indexer(Told::Over(words)) => {
                state.indexing = Indexing::None;
                state.message = Some(words);
            }
            From::Errand(said) => {
                state.message = Some(said.words);
                if said.has_saved {
                    let _ = self.questions.send(Request::Learn);
                }
            }
            From::Picture => {}
        }
    }

    fn run(&mut self, effect: Effect) -> Option<Command> {
        match effect {
            Effect::Ask(question) => drop(self.questions.send(Request::Question(question))),
            Effect::Do(errand) => drop(self.errands.sender.send(errand)),
            Effect::Refresh => self.refresh(),
            Effect::Copy(text) => return Some(Command::Copy(text)),
            Effect::Suspend => return Some(Command::Suspend),
            Effect::End(ending) => return Some(Command::End(ending)),
        }
        None
    }

    /// Begins an index run, or ends the one that goes on.
    fn refresh(&mut self) {
        if let Some(indexer) = self.indexer.as_ref().filter(|indexer| indexer.is_running()) {
            indexer.stop();
            self.state.message = Some("finishing the batch".into());
            return;
        }
        let Some(refresh) = &self.refresh else {
            return;
        };
        let sender = self.sender.clone();
        let tell = move |told| drop(sender.send(News::Own(Own(From::Indexer(told)))));
        self.indexer = Some(Indexer::start(Arc::clone(refresh), tell));
    }

    fn event(&mut self, event: &Event) -> Vec<Effect> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                match meaning(&self.state, key) {
                    Some(key) => update::key(&mut self.state, key),
                    None => Vec::new(),
                }
            }
            Event::Paste(text) => update::pasted(&mut self.state, text),
            Event::Mouse(mouse) => self.mouse(*mouse),
            _ => Vec::new(),
        }
    }

    fn mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        match mouse.kind {
            MouseEventKind::ScrollDown => update::scrolled(&mut self.state, true),
            MouseEventKind::ScrollUp => update::scrolled(&mut self.state, false),
            MouseEventKind::Down(MouseButton::Left) => {
                let places = view::places(&self.state, self.area, self.thumbnails.is_some());
                let at = (mouse.column, mouse.row).into();
                let Some(target) = view::target(&self.state, &places, at) else {
                    return Vec::new();
                };
                let last = self.last_press.replace((Instant::now(), target));
                let is_twice =
                    last.is_some_and(|(when, what)| what == target && when.elapsed() < TWICE);
                update::pressed(&mut self.state, target, is_twice)
            }
            _ => Vec::new(),
        }
    }

    /// Ends what goes on: an index run with its batch, errands with the last of them.
    pub fn end(self) {
        drop(self.indexer);
        drop(self.errands.sender);
        let _ = self.errands.thread.join();
    }
}

/// The table's action, else an edit of what is typed.
fn meaning(state: &State, key: &KeyEvent) -> Option<Key> {
    if let Some(action) = state.keymap.action(state.mode, key) {
        return Some(Key::Do(action));
    }
    if !state.is_typing() {
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
