//! Searching, on a thread of its own: it answers the last question and drops those before.

use crate::action::Question;
use crate::indexing::elsewhere;
use crate::state::{Indexing, Mistake};
use crate::update::Reply;
use crossbeam_channel::{Receiver, Sender, unbounded};
use pixseek_engine::{Query, QueryError, Saved, Searcher, Vocabulary, path_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Letters that come together (pasted, or a key that is held) are one question. Those that
/// come while a search goes on are one question too, so that more is not needed: with 25 ms
/// the photos came 20 ms later (benchmark `frames`).
const PAUSE: Duration = Duration::from_millis(5);
/// How often an index is looked at for news while nobody asks.
const NEWS: Duration = Duration::from_secs(2);

/// Opens the index, now and whenever there is news; the error is in words.
pub type Open = Box<dyn Fn() -> Result<Searcher, String> + Send>;

/// What the thread is asked.
pub enum Request {
    Question(Question),
    /// Saved queries have changed.
    Learn,
}

/// What the thread tells.
pub enum Told {
    /// A question was answered.
    Answered {
        number: u64,
        photos: Option<u64>,
        reply: Reply,
    },
    /// What completes words.
    Vocabulary(Arc<Vocabulary>),
    /// Whether another process writes.
    Writing(Indexing),
}

/// Starts the thread; it ends when the sender is gone.
pub fn start(index: PathBuf, open: Open, tell: impl Fn(Told) + Send + 'static) -> Sender<Request> {
    let (sender, requests) = unbounded();
    let mut worker = Worker {
        index,
        open,
        searcher: None,
    };
    std::thread::spawn(move || {
        let mut last: Option<Question> = None;
        let mut writing = Indexing::None;
        // The generation whose words were told.
        let mut learned = None;
        loop {
            let is_asked = match requests.recv_timeout(NEWS) {
                Ok(first) => {
                    let requests = std::iter::once(first).chain(following(&requests));
                    let mut is_asked = false;
                    for request in requests {
                        match request {
                            Request::Question(question) => {
                                last = Some(question);
                                is_asked = true;
                            }
                            Request::Learn => learned = None,
                        }
                    }
                    is_asked
                }
                Err(error) if error.is_disconnected() => return,
                // Asked again when a run has published more photos.
                Err(_) => worker.has_news(),
            };
            if let Some(question) = last.as_ref().filter(|_| is_asked) {
                tell(worker.answer(question));
            }
            let now = worker.generation();
            if learned != now || learned.is_none() {
                learned = now;
                tell(Told::Vocabulary(Arc::new(worker.vocabulary())));
            }
            let now = elsewhere(&worker.index);
            if now != writing {
                tell(Told::Writing(now.clone()));
                writing = now;
            }
        }
    });
    sender
}

/// What follows at once.
fn following(requests: &Receiver<Request>) -> impl Iterator<Item = Request> + '_ {
    std::iter::from_fn(|| requests.recv_timeout(PAUSE).ok())
}

struct Worker {
    index: PathBuf,
    open: Open,
    searcher: Option<Searcher>,
}

impl Worker {
    fn has_news(&self) -> bool {
        let now = pixseek_engine::Manifest::read(&self.index);
        now.is_ok_and(|now| Some(now.generation) != self.generation())
    }

    fn generation(&self) -> Option<u64> {
        let searcher = self.searcher.as_ref()?;
        Some(searcher.manifest().generation)
    }

    /// What cannot be read completes nothing; the search says what is wrong.
    fn vocabulary(&self) -> Vocabulary {
        let vocabulary = self.searcher.as_ref().map(Searcher::vocabulary);
        vocabulary.and_then(Result::ok).unwrap_or_default()
    }

    fn answer(&mut self, question: &Question) -> Told {
        // Whatever a query does to the search, the next one is answered.
        let reply = catch_unwind(AssertUnwindSafe(|| self.reply(question)));
        let reply = reply.unwrap_or_else(|_| {
            self.searcher = None;
            Reply::Failed("this search failed unexpectedly; the log of -v says more".into())
        });
        let searcher = self.searcher.as_ref();
        Told::Answered {
            number: question.number,
            photos: searcher.map(|searcher| searcher.manifest().photos),
            reply,
        }
    }

    fn reply(&mut self, question: &Question) -> Reply {
        if self.searcher.is_none() || self.has_news() {
            match (self.open)() {
                Ok(searcher) => self.searcher = Some(searcher),
                // The state before is still whole.
                Err(_) if self.searcher.is_some() => {}
                Err(message) => return Reply::Failed(message),
            }
        }
        let Some(searcher) = &self.searcher else {
            return Reply::Failed("the index is not open".into());
        };
        let mut query = match self.parse(&question.text) {
            Ok(query) => query,
            Err(reply) => return reply,
        };
        let paths = |paths: &[Vec<u8>]| paths.iter().map(|path| path_of(path)).collect::<Vec<_>>();
        query.move_by(&paths(&question.better), &paths(&question.worse));
        match searcher.find(&query, &question.options) {
            Ok(answer) => Reply::Answer(Box::new(answer)),
            Err(error) => Reply::Failed(error.to_string()),
        }
    }

    fn parse(&self, text: &str) -> Result<Query, Reply> {
        if text.trim().is_empty() {
            return Ok(Query::everything());
        }
        let mistake = |error: QueryError| {
            Reply::Mistake(Mistake {
                message: match &error.hint {
                    Some(hint) => format!("{}: {hint}", error.message),
                    None => error.message.clone(),
                },
                span: error.span,
            })
        };
        let saved = Saved::named_in(text, &self.index);
        let saved = saved.map_err(|error| Reply::Failed(error.to_string()))?;
        Query::parse(text, saved.query_context()).map_err(mistake)
    }
}
