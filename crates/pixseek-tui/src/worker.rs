//! Searching, on a thread of its own: it answers the last question and drops those before.

use crate::action::Question;
use crate::state::Mistake;
use crate::update::Reply;
use crossbeam_channel::{Receiver, Sender, unbounded};
use pixseek_engine::{Query, QueryError, Saved, Searcher, local_time, path_of};
use std::path::PathBuf;
use std::time::Duration;

/// Someone who types pauses longer than this between words, and shorter between letters.
const PAUSE: Duration = Duration::from_millis(25);
/// How often an index is looked at for news while nobody asks.
const NEWS: Duration = Duration::from_secs(2);

/// Opens the index, now and whenever there is news; the error is in words.
pub type Open = Box<dyn Fn() -> Result<Searcher, String> + Send>;

/// An answered question.
pub struct Answered {
    pub number: u64,
    pub photos: Option<u64>,
    pub reply: Reply,
}

/// Starts the thread; it ends when the sender is gone.
pub fn start(
    index: PathBuf,
    open: Open,
    answered: impl Fn(Answered) + Send + 'static,
) -> Sender<Question> {
    let (sender, questions) = unbounded();
    let mut worker = Worker {
        index,
        open,
        searcher: None,
    };
    std::thread::spawn(move || {
        let mut last: Option<Question> = None;
        loop {
            match questions.recv_timeout(NEWS) {
                Ok(question) => last = Some(newest(question, &questions)),
                Err(error) if error.is_disconnected() => return,
                // Asked again when a run has published more photos.
                Err(_) if worker.has_news() => {}
                Err(_) => continue,
            }
            if let Some(question) = &last {
                answered(worker.answer(question));
            }
        }
    });
    sender
}

/// The last question, once no other follows at once.
fn newest(mut question: Question, questions: &Receiver<Question>) -> Question {
    while let Ok(later) = questions.recv_timeout(PAUSE) {
        question = later;
    }
    question
}

struct Worker {
    index: PathBuf,
    open: Open,
    searcher: Option<Searcher>,
}

impl Worker {
    fn has_news(&self) -> bool {
        let now = pixseek_engine::Manifest::read(&self.index);
        let seen = self
            .searcher
            .as_ref()
            .map(|searcher| searcher.manifest().generation);
        now.is_ok_and(|now| Some(now.generation) != seen)
    }

    fn answer(&mut self, question: &Question) -> Answered {
        let reply = self.reply(question);
        Answered {
            number: question.number,
            photos: self
                .searcher
                .as_ref()
                .map(|searcher| searcher.manifest().photos),
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
        let text = if text.contains('@') {
            let saved = Saved::read(&self.index);
            let saved = saved.map_err(|error| Reply::Failed(error.to_string()))?;
            saved.expand(text).map_err(mistake)?
        } else {
            text.to_owned()
        };
        Query::parse(&text, local_time()).map_err(mistake)
    }
}
