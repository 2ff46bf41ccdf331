//! The interface without its terminal, so that a benchmark can drive it: the state, the threads
//! that send it messages, and the effects that these threads perform.

use crate::background::{Background, forget_query, remember_query, save_query};
use crate::command::CommandRun;
use crate::effect::Effect;
use crate::error::SettingError;
use crate::export;
use crate::folders;
use crate::history;
use crate::indexing::{IndexRun, Refresh};
use crate::keymap::Keymap;
use crate::message::Message;
use crate::opening;
use crate::options::Options;
use crate::search::{OpenIndex, SearchThread};
use crate::state::{FileChoices, State};
use crate::theme::Theme;
use crate::thumbnail::{PictureMethod, Thumbnails};
use crate::{update, view};
use crossbeam_channel::{Receiver, Sender, unbounded};
use pixseek_engine::{Pictures, path_of};
use ratatui::Terminal;
use ratatui::backend::Backend;
use std::path::PathBuf;
use std::time::Duration;

/// The interface without its terminal.
pub struct App {
    state: State,
    messages: Receiver<Message>,
    sender: Sender<Message>,
    search: SearchThread,
    thumbnails: Option<Thumbnails>,
    background: Background,
    index_run: Option<IndexRun>,
    commands: Vec<CommandRun>,
    refresh: Option<Refresh>,
    opener: Option<String>,
    index: PathBuf,
    history: Option<PathBuf>,
}

impl App {
    /// Starts the threads and asks the first question. Without a `method` no pictures are drawn.
    ///
    /// # Errors
    ///
    /// When a key or a colour of the options is not known.
    pub fn start(
        index: PathBuf,
        open: OpenIndex,
        options: Options,
        method: Option<PictureMethod>,
    ) -> Result<Self, SettingError> {
        let keymap = Keymap::new(&options.keys)?;
        let theme = match &options.colours {
            Some(colours) => Theme::coloured(colours)?,
            None => Theme::plain(),
        };
        let clash = keymap.clashes().first().cloned();
        let mut state = State::new(options.query, keymap, theme);
        state.notice = clash;
        let pictures = options.pictures_folder.as_deref();
        state.pictures_folder = pictures.map(folders::with_tilde).unwrap_or_default();
        state.is_picker = options.pick;
        state.has_pictures = method.is_some();
        state.can_index = options.refresh.is_some();
        state.history = options
            .history
            .as_deref()
            .map(history::read)
            .unwrap_or_default();
        let first = Effect::Search(state.question());
        let (sender, messages) = unbounded();
        let mut app = Self {
            state,
            messages,
            search: SearchThread::start(index.clone(), open, options.advice, sender.clone()),
            thumbnails: method.map(|method| {
                let pictures = Pictures::default().with_workers(options.workers);
                Thumbnails::start(method, options.cache, pictures, &sender)
            }),
            background: Background::start(sender.clone()),
            index_run: None,
            commands: Vec::new(),
            refresh: options.refresh,
            opener: options.opener,
            index,
            history: options.history,
            sender,
        };
        app.perform(first);
        Ok(app)
    }

    /// Returns the sender for the terminal's messages.
    #[must_use]
    pub fn sender(&self) -> Sender<Message> {
        self.sender.clone()
    }

    /// Waits for a message, and updates the state with it and with all others that have arrived, so
    /// that one frame shows them all. Returns the effects to perform, or `None` if no message
    /// arrived in time.
    pub fn wait(&mut self, time: Duration) -> Option<Vec<Effect>> {
        let first = self.messages.recv_timeout(time).ok()?;
        let mut effects = update::update(&mut self.state, first);
        while let Ok(next) = self.messages.try_recv() {
            effects.extend(update::update(&mut self.state, next));
        }
        Some(effects)
    }

    /// Hands an effect to its thread. Ignores the effects that need the terminal: the caller that
    /// owns one performs them.
    pub fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Search(question) => self.search.ask(question),
            Effect::ReadDetails(path) => self.search.read_details(path),
            Effect::ReadVocabulary => self.search.read_vocabulary(),
            Effect::OpenPhotos(paths) => {
                let (opener, sender) = (self.opener.clone(), self.sender.clone());
                self.report(move || opening::open_photos(opener.as_deref(), &paths, &sender));
            }
            Effect::OpenFolder(path) => {
                let sender = self.sender.clone();
                self.report(move || opening::open_folder(&path, &sender));
            }
            Effect::Export(export) => self.background.run(move || Some(export::export(export))),
            Effect::CompleteFolder(typed) => self.background.run(move || {
                let folders = folders::complete(&typed);
                Some(Message::Folders { typed, folders })
            }),
            Effect::CompleteFile(typed) => self.background.run(move || {
                let files = folders::complete_files(&typed);
                Some(Message::Files(FileChoices { typed, files }))
            }),
            Effect::RunCommand {
                number,
                line,
                paths,
            } => {
                let paths = paths.iter().map(|path| path_of(path)).collect();
                let run = CommandRun::start(number, line, paths, self.sender.clone());
                self.commands.retain(|run| !run.is_over());
                self.commands.push(run);
            }
            Effect::StopCommand(number) => {
                let run = self.commands.iter().find(|run| run.number() == number);
                run.into_iter().for_each(CommandRun::stop);
            }
            Effect::Teach { name, paths } => self.search.teach(name, paths),
            Effect::Tag { tag, paths, takes } => self.search.tag(tag, paths, takes),
            Effect::SaveQuery {
                name,
                query,
                replaces,
            } => {
                let index = self.index.clone();
                self.background
                    .run(move || Some(save_query(&index, name, &query, replaces)));
            }
            Effect::RememberQuery(query) => {
                let history = self.history.clone();
                self.background
                    .run(move || remember_query(&history?, &query).map(Message::Notice));
            }
            Effect::ForgetQuery(query) => {
                let history = self.history.clone();
                self.background
                    .run(move || forget_query(&history?, &query).map(Message::Notice));
            }
            Effect::StartIndexing(folder) => {
                let folder = folder.map(|folder| folders::with_home(&folder));
                let refresh = self.refresh.clone();
                self.index_run =
                    refresh.map(|refresh| IndexRun::start(refresh, folder, self.sender.clone()));
            }
            Effect::StopIndexing => {
                if let Some(run) = &self.index_run {
                    run.stop();
                }
            }
            Effect::Copy(_) | Effect::Suspend | Effect::End(_) => {}
        }
    }

    /// Runs a job in the background, and shows the notice that it returns.
    fn report(&self, job: impl FnOnce() -> String + Send + 'static) {
        self.background.run(move || Some(Message::Notice(job())));
    }

    /// Draws the state.
    ///
    /// # Errors
    ///
    /// When the terminal fails.
    pub fn draw<B: Backend>(&mut self, terminal: &mut Terminal<B>) -> Result<(), B::Error> {
        // Ask the terminal for its size at each frame, because the message of a new size may still
        // be on its way.
        let size = terminal.size()?;
        if size != self.state.screen {
            update::lay_out(&mut self.state, size);
        }
        let state = &self.state;
        if let Some(thumbnails) = &self.thumbnails {
            thumbnails.request(view::picture_requests(state));
            let get = |request: &_| thumbnails.get(request);
            terminal.draw(|frame| view::draw(frame, state, Some(&get)))?;
        } else {
            terminal.draw(|frame| view::draw(frame, state, None))?;
        }
        Ok(())
    }

    /// Ends the threads and the commands on photos. Waits for the batch of an index run and for all
    /// background jobs.
    pub fn end(self) {
        for run in &self.commands {
            run.stop();
        }
        drop(self.commands);
        drop(self.index_run);
        self.background.finish();
    }

    /// Whether the last question has its answer.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        !self.state.is_searching()
    }

    /// Returns the text of the query.
    #[must_use]
    pub fn query(&self) -> &str {
        self.state.query.value()
    }

    /// Returns the position of the hit under the cursor, counted from 0.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.state.selected
    }

    /// Returns the number of loaded hits.
    #[must_use]
    pub fn hits(&self) -> usize {
        self.state.hits.len()
    }
}
