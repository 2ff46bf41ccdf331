//! The worker itself: what the hidden command runs.

use super::message::{
    JobHeader, Outcome, PictureHeader, Setup, Task, ToParent, ToWorker, VERSION, receive,
    receive_bytes, send,
};
use super::{lock, sandbox};
use crate::budget::{Budget, Grant};
use crate::decode::{Photo, gave_up};
use crate::{DecodeLimits, Failure, PhotoFile};
use pixseek_record::path_of;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

/// Decodes the files that the parent sends, until it closes the pipe.
///
/// # Errors
///
/// When the other side of the pipe is no parent.
pub fn serve() -> io::Result<()> {
    serve_with(PhotoFile::decode_frame)
}

/// The same with another function in the place of [`PhotoFile::decode_frame`], for tests of what
/// decoders may do wrong.
///
/// # Errors
///
/// As [`serve()`].
pub fn serve_with(
    decode: impl Fn(&PhotoFile, usize, u32) -> Result<Photo, Failure>,
) -> io::Result<()> {
    let alone = "only a process that has files to decode starts this command";
    if io::stdin().is_terminal() {
        return Err(io::Error::other(alone));
    }
    // The default hook would look for the program's debug information, which the sandbox forbids.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let channel = Arc::new(Mutex::new(Channel::open()?));
    let first = lock(&channel).receive();
    let Ok(ToWorker::Setup(setup)) = first else {
        return Err(io::Error::other(alone));
    };
    // From here on the process can do nothing but compute, read this pipe and write that one.
    let missing = sandbox::enter(&setup);
    lock(&channel).send(&ToParent::Ready {
        version: VERSION,
        missing,
    })?;
    loop {
        let message = lock(&channel).receive();
        let job = match message {
            Ok(ToWorker::Job(job)) => job,
            Ok(_) => return Err(ErrorKind::InvalidData.into()),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        let bytes = lock(&channel).bytes(&job, &setup)?;
        let outcome = answer(&job, bytes, &setup, &channel, &decode);
        let retires = sandbox::is_nearly_out_of_time();
        lock(&channel).reply(outcome, retires)?;
        if retires {
            return Ok(());
        }
    }
}

/// The pipes to the parent.
struct Channel {
    input: io::Stdin,
    output: sandbox::Output,
}

/// The parent grants memory: it knows what all workers take together.
struct AskParent(Arc<Mutex<Channel>>);

/// A picture and its facts, or the facts alone.
type Answer = Result<(Outcome, Vec<u8>), Failure>;

fn answer(
    job: &JobHeader,
    bytes: Vec<u8>,
    setup: &Setup,
    channel: &Arc<Mutex<Channel>>,
    decode: &impl Fn(&PhotoFile, usize, u32) -> Result<Photo, Failure>,
) -> Answer {
    let name = [b"photo.", &job.extension[..]].concat();
    let limits = DecodeLimits {
        pixels: setup.pixels,
        bytes: setup.bytes,
    };
    let budget = Budget::granted_by(Arc::new(AskParent(Arc::clone(channel))));
    let file = PhotoFile::in_memory(&path_of(&name), job.part.clone(), bytes, limits, budget);
    match job.task {
        Task::Facts => file.facts().map(|facts| {
            let outcome = Outcome {
                facts: facts.facts,
                unread: facts.unread,
                picture: None,
            };
            (outcome, Vec::new())
        }),
        Task::Picture { side, frame } => {
            let decoded = catch_unwind(AssertUnwindSafe(|| decode(&file, frame, side)));
            let photo = decoded.unwrap_or_else(|_| Err(gave_up()))?;
            let outcome = Outcome {
                picture: Some(PictureHeader {
                    width: photo.image.width(),
                    height: photo.image.height(),
                    whole: photo.size,
                    scale: photo.scale,
                }),
                facts: photo.facts,
                unread: photo.unread,
            };
            Ok((outcome, photo.image.into_raw()))
        }
    }
}

impl Channel {
    fn open() -> io::Result<Self> {
        Ok(Self {
            input: io::stdin(),
            output: sandbox::take_stdout()?,
        })
    }

    fn receive(&mut self) -> io::Result<ToWorker> {
        receive(&mut self.input)
    }

    fn send(&mut self, message: &ToParent) -> io::Result<()> {
        send(&mut self.output, message)
    }

    fn bytes(&mut self, job: &JobHeader, setup: &Setup) -> io::Result<Vec<u8>> {
        if job.length > setup.bytes {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut input: &mut dyn Read = &mut self.input;
        receive_bytes(&mut input, job.length)
    }

    fn reply(&mut self, answer: Answer, retires: bool) -> io::Result<()> {
        let (outcome, pixels) = match answer {
            Ok((outcome, pixels)) => (Ok(Box::new(outcome)), pixels),
            Err(failure) => (Err(failure), Vec::new()),
        };
        self.send(&ToParent::Done { outcome, retires })?;
        self.output.write_all(&pixels)?;
        self.output.flush()
    }
}

impl Grant for AskParent {
    fn wait_for(&self, bytes: u64) {
        let mut channel = lock(&self.0);
        let asked = channel.send(&ToParent::Room { bytes });
        let answer = asked.and_then(|()| channel.receive());
        if !matches!(answer, Ok(ToWorker::Granted)) {
            // The parent is gone, and nobody wants the picture.
            std::process::exit(1);
        }
    }
}
