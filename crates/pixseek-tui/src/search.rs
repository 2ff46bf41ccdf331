//! Searches on its own thread. The thread answers the latest question, drops earlier ones that
//! still wait, and watches the index for changes.

use crate::effect::Question;
use crate::error::{BoxError, SearchError, chain};
use crate::message::Message;
use crate::options::Advice;
use crate::state::Details;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use jiff::Zoned;
use pixseek_engine::{
    Answer, EngineError, Names, Photos, Query, Saved, Searcher, Status, Vocabulary, path_of,
    writing_process,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The time that a request waits for the next, because a held key sends letters in bursts. A longer
/// pause saves nothing, since requests that arrive during a search are merged anyway: with 25 ms
/// the photos came 20 ms later (benchmark `frames`).
const PAUSE: Duration = Duration::from_millis(5);
/// Typing rests after this time without a letter. Fast typists take 120 ms per letter.
const REST: Duration = Duration::from_millis(400);
/// The time between two checks of the index while no questions arrive.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Opens the index: for the first question, and again after each change of the index. Returns
/// `None` while no index exists.
pub type OpenIndex = Box<dyn Fn() -> Result<Option<Searcher>, BoxError> + Send>;

/// The search thread. Dropping this ends it.
pub struct SearchThread {
    requests: Sender<Request>,
}

enum Request {
    Question(Question),
    Vocabulary,
    Details(Vec<u8>),
    Teach {
        name: String,
        paths: Vec<Vec<u8>>,
    },
    Tag {
        tag: String,
        paths: Vec<Vec<u8>>,
        takes: bool,
    },
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

    /// Asks a question. It replaces an earlier one that still waits.
    pub fn ask(&self, question: Question) {
        let _ = self.requests.send(Request::Question(question));
    }

    /// Teaches a name with photos on the search thread.
    pub fn teach(&self, name: String, paths: Vec<Vec<u8>>) {
        let _ = self.requests.send(Request::Teach { name, paths });
    }

    /// Sets a tag on photos, or takes it from them.
    pub fn tag(&self, tag: String, paths: Vec<Vec<u8>>, takes: bool) {
        let _ = self.requests.send(Request::Tag { tag, paths, takes });
    }

    /// Requests the details of a photo.
    pub fn read_details(&self, path: Vec<u8>) {
        let _ = self.requests.send(Request::Details(path));
    }

    /// Requests a new vocabulary for completions.
    pub fn read_vocabulary(&self) {
        let _ = self.requests.send(Request::Vocabulary);
    }
}

/// The state of the search thread.
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
    /// The generation of the index whose vocabulary the thread sent last.
    vocabulary_of: Option<u64>,
    /// The writer of the index that the thread reported last.
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
                // Answer the last question again if the index has changed.
                Err(RecvTimeoutError::Timeout) => self.index_has_changed(),
            };
            if must_answer {
                self.answer();
            }
            self.send_vocabulary();
            self.send_writer();
        }
    }

    /// Handles a request and those that follow within the pause. Returns whether the last question
    /// needs an answer.
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
                Request::Details(path) => self.send_details(path),
                Request::Teach { name, paths } => {
                    let notice = self.teach(&name, &paths);
                    let notice = notice.unwrap_or_else(|error| chain(&error));
                    let _ = self.messages.send(Message::Notice(notice));
                    has_question |= self.searcher.is_none() && self.question.is_some();
                }
                Request::Tag { tag, paths, takes } => {
                    let notice = self.tag(&tag, &paths, takes);
                    let notice = notice.unwrap_or_else(|error| chain(&error));
                    let _ = self.messages.send(Message::Notice(notice));
                    if let Some(first) = paths.first() {
                        self.send_details(first.clone());
                    }
                    has_question |= self.question.is_some();
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

    /// Returns the generation of the open index.
    fn generation(&self) -> Option<u64> {
        self.searcher.as_ref().map(Searcher::generation)
    }

    /// Answers the last question. A panic loses its answer, but does not end the thread.
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
                // The open generation stays readable.
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

    /// Teaches a name with photos, and returns a notice. Opens the index again, because that also
    /// reads its names.
    fn teach(&mut self, name: &str, paths: &[Vec<u8>]) -> Result<String, EngineError> {
        let Some(searcher) = &self.searcher else {
            return Ok("nothing is indexed yet".into());
        };
        let photos = paths
            .iter()
            .map(|path| searcher.encode_picture(&path_of(path)));
        let photos = photos.collect::<Result<Vec<_>, _>>()?;
        let is_known = Names::read(&self.index)?.photos(name).is_some();
        let means_more = !is_known && searcher.describes_photos(name);
        let now = Names::update(&self.index, |names| names.add(name, &photos))??;
        self.searcher = None;
        self.vocabulary_of = None;
        let photos = counted(now);
        let more = if means_more {
            "; it also describes other photos, but means these from now on"
        } else {
            ""
        };
        Ok(format!(
            "learned \u{201c}{name}\u{201d} from {photos}{more}"
        ))
    }

    /// Sets a tag on photos or takes it from them, and returns a notice.
    fn tag(&mut self, tag: &str, paths: &[Vec<u8>], takes: bool) -> Result<String, EngineError> {
        let photos = Photos::open(&self.index)?;
        self.vocabulary_of = None;
        if takes {
            let before = photos.take_label(tag, paths)?;
            return Ok(format!("{tag}: taken from {}", counted(before)));
        }
        let label = photos.give_label(tag, paths)?;
        let tag = if tag.contains(' ') {
            format!("\"{tag}\"")
        } else {
            tag.to_owned()
        };
        Ok(format!("tag:{tag} finds {}", counted(label.photos)))
    }

    /// Sends the details of a photo, without what cannot be read.
    fn send_details(&self, path: Vec<u8>) {
        let labels = Photos::open(&self.index).and_then(|photos| photos.labels_of(&path));
        let details = Details {
            labels: labels.unwrap_or_default(),
            changed: changed(&path_of(&path)),
            path,
        };
        let _ = self.messages.send(Message::Details(details));
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

    /// Sends a description of the process that writes to the index, if it has changed.
    fn send_writer(&mut self) {
        let writer = writing_process(&self.index);
        if writer != self.writer {
            self.writer.clone_from(&writer);
            let _ = self.messages.send(Message::Writer(writer));
        }
    }
}

fn counted(photos: usize) -> String {
    let noun = if photos == 1 { "photo" } else { "photos" };
    format!("{photos} {noun}")
}

/// Returns the local time at which a file was last changed.
fn changed(file: &Path) -> Option<String> {
    let time = std::fs::metadata(file).ok()?.modified().ok()?;
    let time = Zoned::try_from(time).ok()?;
    Some(time.strftime("%Y-%m-%d %H:%M").to_string())
}
