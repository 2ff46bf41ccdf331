//! Searching, on a thread of its own. It answers the last question and drops earlier ones that
//! are still waiting, and it watches whether the index has changed.

use crate::effect::Question;
use crate::error::{BoxError, SearchError, chain};
use crate::message::Message;
use crate::options::Advice;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use pixseek_engine::{
    Answer, EngineError, Names, Query, Saved, Searcher, Status, Vocabulary, path_of,
    writing_process,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Requests wait this long for one that follows, because letters of a held key come together.
/// A longer pause saves nothing, since requests that arrive during a search are merged anyway:
/// with 25 ms the photos came 20 ms later (benchmark `frames`).
const PAUSE: Duration = Duration::from_millis(5);
/// Typing rests when no letter has come for this long. People who type fast take 120 ms a letter.
const REST: Duration = Duration::from_millis(400);
/// The time between two looks at the index while nobody asks.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Opens the index: at the first question, and again after each change of the index.
/// `None` if there is none yet.
pub type OpenIndex = Box<dyn Fn() -> Result<Option<Searcher>, BoxError> + Send>;

/// The thread. It ends when this is dropped.
pub struct SearchThread {
    requests: Sender<Request>,
}

enum Request {
    Question(Question),
    Vocabulary,
    Labels(Vec<u8>),
    Teach { name: String, paths: Vec<Vec<u8>> },
}

impl SearchThread {
    /// Starts the thread.
    pub fn start(
        index: PathBuf,
        open: OpenIndex,
        advice: Advice,
        messages: Sender<Message>,
    ) -> Self {
        let (sender, requests) = unbounded();
        let worker = Worker {
            index,
            open,
            advice,
            messages,
            searcher: None,
            question: None,
            has_rested: true,
            vocabulary_of: None,
            writer: None,
        };
        std::thread::spawn(move || worker.run(&requests));
        Self { requests: sender }
    }

    /// Asks a question; an earlier one that waits is dropped.
    pub fn ask(&self, question: Question) {
        let _ = self.requests.send(Request::Question(question));
    }

    /// Teaches a name with photos.
    pub fn teach(&self, name: String, paths: Vec<Vec<u8>>) {
        let _ = self.requests.send(Request::Teach { name, paths });
    }

    /// Reads the labels of a photo.
    pub fn read_labels(&self, path: Vec<u8>) {
        let _ = self.requests.send(Request::Labels(path));
    }

    /// Reads the words that complete queries again.
    pub fn read_vocabulary(&self) {
        let _ = self.requests.send(Request::Vocabulary);
    }
}

/// What the thread knows.
struct Worker {
    index: PathBuf,
    open: OpenIndex,
    advice: Advice,
    messages: Sender<Message>,
    searcher: Option<Searcher>,
    /// The last question.
    question: Option<Question>,
    /// Whether [`Message::Rested`] was sent for the last question.
    has_rested: bool,
    /// The generation of the index whose vocabulary was sent last.
    vocabulary_of: Option<u64>,
    /// The process that was last seen writing to the index.
    writer: Option<String>,
}

impl Worker {
    fn run(mut self, requests: &Receiver<Request>) {
        loop {
            let pause = if self.has_rested {
                WATCH_INTERVAL
            } else {
                REST
            };
            let must_answer = match requests.recv_timeout(pause) {
                Ok(first) => self.take(first, requests),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) if !self.has_rested => {
                    self.send_rested();
                    continue;
                }
                // The last question is answered again when the index has changed.
                Err(RecvTimeoutError::Timeout) => self.index_has_changed(),
            };
            if must_answer {
                self.answer();
            }
            self.send_vocabulary();
            self.send_writer();
        }
    }

    /// Takes a request and those that follow within the pause. Returns whether the last question is
    /// to be answered.
    fn take(&mut self, first: Request, requests: &Receiver<Request>) -> bool {
        let mut has_question = false;
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Question(question) => {
                    self.question = Some(question);
                    self.has_rested = false;
                    has_question = true;
                }
                Request::Vocabulary => self.vocabulary_of = None,
                Request::Labels(path) => self.send_labels(path),
                Request::Teach { name, paths } => {
                    let notice = self.teach(&name, &paths);
                    let notice = notice.unwrap_or_else(|error| chain(&error));
                    let _ = self.messages.send(Message::Notice(notice));
                    has_question |= self.searcher.is_none() && self.question.is_some();
                }
            }
            next = requests.recv_timeout(PAUSE).ok();
        }
        has_question
    }

    fn send_rested(&mut self) {
        self.has_rested = true;
        if let Some(question) = &self.question {
            let _ = self.messages.send(Message::Rested(question.number));
        }
    }

    fn index_has_changed(&self) -> bool {
        match &self.searcher {
            Some(searcher) => searcher.has_changed(),
            None => Status::read(&self.index).is_ok(),
        }
    }

    /// The generation of the index that is open.
    fn generation(&self) -> Option<u64> {
        self.searcher.as_ref().map(Searcher::generation)
    }

    /// Answers the last question. A panic costs its answer, not the thread.
    fn answer(&mut self) {
        let Some(question) = self.question.take() else {
            return;
        };
        let result = catch_unwind(AssertUnwindSafe(|| self.search(&question)));
        let result = result.unwrap_or_else(|_| {
            self.searcher = None;
            Err(SearchError::Panicked)
        });
        let searcher = self.searcher.as_ref();
        let _ = self.messages.send(Message::Answered {
            number: question.number,
            photo_count: searcher.map(Searcher::photo_count),
            result,
        });
        self.question = Some(question);
    }

    fn search(&mut self, question: &Question) -> Result<Box<Answer>, SearchError> {
        if self.searcher.is_none() || self.index_has_changed() {
            match (self.open)() {
                Ok(Some(searcher)) => self.searcher = Some(searcher),
                Ok(None) => {
                    self.searcher = None;
                    return Err(SearchError::NoIndex);
                }
                // The generation that is open stays readable.
                Err(_) if self.searcher.is_some() => {}
                Err(error) => return Err(SearchError::Open(error)),
            }
        }
        let mut query = self.parse(&question.text)?;
        let paths = |paths: &[Vec<u8>]| paths.iter().map(|path| path_of(path)).collect::<Vec<_>>();
        query.move_by(&paths(&question.more_like), &paths(&question.less_like));
        let searcher = self.searcher.as_ref().expect("it was opened above");
        let answer = searcher.find(&query, &question.options);
        answer.map(Box::new).map_err(|error| self.failed(error))
    }

    fn failed(&self, source: EngineError) -> SearchError {
        let advice = (self.advice)(&source);
        SearchError::Search { source, advice }
    }

    fn parse(&self, text: &str) -> Result<Query, SearchError> {
        if text.trim().is_empty() {
            return Ok(Query::everything());
        }
        let saved = Saved::named_in(text, &self.index).map_err(|error| self.failed(error))?;
        Query::parse(text, saved.query_context()).map_err(SearchError::Query)
    }

    /// Teaches a name with photos, and returns how that went. The index is opened again, because
    /// its names are read with it.
    fn teach(&mut self, name: &str, paths: &[Vec<u8>]) -> Result<String, EngineError> {
        let Some(searcher) = &self.searcher else {
            return Ok("nothing is indexed yet".into());
        };
        let photos = paths
            .iter()
            .map(|path| searcher.encode_picture(&path_of(path)));
        let photos = photos.collect::<Result<Vec<_>, _>>()?;
        let now = Names::update(&self.index, |names| names.add(name, &photos))??;
        self.searcher = None;
        self.vocabulary_of = None;
        let photos = if now == 1 { "photo" } else { "photos" };
        Ok(format!(
            "learned \u{201c}{name}\u{201d} from {now} {photos}"
        ))
    }

    /// Sends the labels of a photo. Those that cannot be read are not shown.
    fn send_labels(&self, path: Vec<u8>) {
        let labels = self.searcher.as_ref().and_then(|searcher| {
            let labels = searcher.labels().ok()??;
            let best = labels.of(&path).ok()?;
            Some(
                best.into_iter()
                    .map(|(label, _)| label.to_owned())
                    .collect(),
            )
        });
        let labels = labels.unwrap_or_default();
        let _ = self.messages.send(Message::Labels { path, labels });
    }

    /// Sends the words that complete queries, if the index or its saved queries have changed.
    fn send_vocabulary(&mut self) {
        let generation = self.generation();
        if generation.is_some() && generation == self.vocabulary_of {
            return;
        }
        self.vocabulary_of = generation;
        // A vocabulary that cannot be read completes nothing; the search reports the damage.
        let vocabulary = self.searcher.as_ref().map(Searcher::vocabulary);
        let vocabulary: Vocabulary = vocabulary.and_then(Result::ok).unwrap_or_default();
        let message = Message::Vocabulary(Arc::new(vocabulary));
        let _ = self.messages.send(message);
    }

    /// Sends which process writes to the index, if that has changed.
    fn send_writer(&mut self) {
        let writer = writing_process(&self.index);
        if writer != self.writer {
            self.writer.clone_from(&writer);
            let _ = self.messages.send(Message::Writer(writer));
        }
    }
}
