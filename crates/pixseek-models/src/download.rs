//! Downloads one file over a network that may break, and verifies that it is the published one.
//!
//! While it is incomplete, its bytes are in a file that ends in `.part`, and the version that the
//! server gave for them (`ETag`) in one that ends in `.version`. A later try asks for the rest
//! only if the version is still the same.
//!
//! ureq can limit the time of a whole body, but not of a pause in it, and no limit for the whole
//! fits all sizes. So a thread reads the body, and is abandoned when nothing arrives.

mod failure;
mod part;

use crate::{Difference, KnownFile, ModelsError, NetworkError, PullOptions, Pulling, RecordedFile};
use failure::{Failure, no_answer, refused, tampered, temporary, too_large};
use part::Part;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

/// How many tries in a row may bring nothing new.
const TRIES: u32 = 5;
/// How many redirects are followed.
const REDIRECTS: u32 = 8;
/// Bytes that are read and written at a time.
const CHUNK: usize = 1 << 16;

/// A file of a model: where it is and where it goes.
pub(crate) struct Download<'a> {
    pub url: String,
    pub place: PathBuf,
    pub file: &'a KnownFile,
}

/// Downloads from one server.
pub(crate) struct Client {
    agent: Agent,
    silence: Duration,
    pause: Duration,
}

impl Client {
    pub(crate) fn new(options: &PullOptions) -> Self {
        let config = Agent::config_builder()
            .https_only(options.endpoint.starts_with("https://"))
            .http_status_as_error(false)
            .max_redirects(REDIRECTS)
            .timeout_connect(Some(options.silence))
            .timeout_recv_response(Some(options.silence))
            .user_agent(concat!("pixseek/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.into(),
            silence: options.silence,
            pause: options.pause,
        }
    }

    /// Downloads a file, or the rest of one that is incomplete.
    ///
    /// # Errors
    ///
    /// When a try failed permanently, or five in a row brought nothing new.
    pub(crate) fn get(
        &self,
        download: &Download,
        pulling: &Pulling,
        stopped: &dyn Fn() -> bool,
    ) -> Result<RecordedFile, ModelsError> {
        let mut counted = Counted {
            pulling,
            done: 0,
            total: 0,
            most: 0,
        };
        let (mut tries, mut pause) = (TRIES, self.pause);
        loop {
            let before = counted.most;
            let (error, wait) = match self.attempt(download, &mut counted, stopped) {
                Ok(file) => return Ok(file),
                Err(Failure::Permanent(error)) => return Err(error),
                Err(Failure::Temporary { error, wait }) => (error, wait),
            };
            if counted.most > before {
                // Bytes arrived, so the network works: the tries are counted anew.
                (tries, pause) = (TRIES, self.pause);
            }
            tries -= 1;
            if tries == 0 {
                return Err(error);
            }
            sleep(wait.unwrap_or(pause), stopped)?;
            pause *= 2;
        }
    }

    fn attempt(
        &self,
        download: &Download,
        counted: &mut Counted,
        stopped: &dyn Fn() -> bool,
    ) -> Result<RecordedFile, Failure> {
        let part = Part::of(&download.place);
        if download.place.exists() {
            // An earlier pull has completed it.
            return Ok(finish(download, &download.place, counted)?);
        }
        let (have, version) = part.have();
        let is_resumed = have > 0 && version.is_some();
        let mut request = self.agent.get(&download.url);
        if let Some(version) = version.as_ref().filter(|_| is_resumed) {
            request = request
                .header("Range", format!("bytes={have}-"))
                .header("If-Range", version);
        }
        let response = request.call().map_err(|error| no_answer(download, error))?;
        let start = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT => {
                let is_asked_for = is_resumed && continues(&response, have, version.as_deref());
                if !is_asked_for {
                    part.remove();
                    return Err(temporary(download, NetworkError::AnotherRange));
                }
                have
            }
            // The file is now shorter than the part that is here.
            StatusCode::RANGE_NOT_SATISFIABLE => {
                part.remove();
                return Err(temporary(download, NetworkError::Changed));
            }
            _ => return Err(refused(download, &response)),
        };
        let length = response.body().content_length();
        let total = length.map(|length| start + length).or(download.file.bytes);
        if let (Some(bytes), Some(published)) = (total, download.file.bytes)
            && bytes != published
        {
            part.remove();
            let difference = Difference::Size { bytes, published };
            return Err(tampered(download, difference).into());
        }
        if let Some(total) = total.filter(|total| *total > download.file.byte_limit()) {
            part.remove();
            return Err(too_large(download, total).into());
        }
        counted.set(start, total.unwrap_or(0));
        part.begin(start, response.headers())?;
        self.receive(&part, download, response, counted, total, stopped)?;
        let file = finish(download, &part.data, counted)?;
        std::fs::rename(&part.data, &download.place)
            .map_err(ModelsError::file("move", &download.place))?;
        let _ = std::fs::remove_file(&part.version);
        Ok(file)
    }

    fn receive(
        &self,
        part: &Part,
        download: &Download,
        response: Response<Body>,
        counted: &mut Counted,
        total: Option<u64>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<(), Failure> {
        let mut file = if counted.done > 0 {
            OpenOptions::new().append(true).open(&part.data)
        } else {
            pixseek_files::create(&part.data)
        }
        .map_err(ModelsError::file("write", &part.data))?;
        let chunks = chunks(response);
        loop {
            if stopped() {
                return Err(ModelsError::Stopped.into());
            }
            let chunk = match chunks.recv_timeout(self.silence) {
                Ok(Ok(chunk)) => chunk,
                Ok(Err(error)) => {
                    return Err(temporary(download, NetworkError::Connection(error.into())));
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(temporary(download, NetworkError::Stalled));
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Err(source) = file.write_all(&chunk) {
                return Err(part
                    .not_written(source, &download.place, total, counted.done)
                    .into());
            }
            counted.add(chunk.len() as u64);
            if let Some(announced) = total.filter(|total| counted.done > *total) {
                part.remove();
                return Err(tampered(download, Difference::Longer { announced }).into());
            }
            if counted.done > download.file.byte_limit() {
                part.remove();
                return Err(too_large(download, counted.done).into());
            }
        }
        file.sync_all()
            .map_err(ModelsError::file("sync", &part.data))?;
        match total {
            Some(total) if counted.done < total => {
                let received = counted.done;
                Err(temporary(download, NetworkError::Ended { received, total }))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a partial answer begins where the bytes that are here end, and is of their version.
fn continues(response: &Response<Body>, have: u64, version: Option<&str>) -> bool {
    let header = |name| {
        let value = response.headers().get(name);
        value.and_then(|value| value.to_str().ok())
    };
    // The header is `bytes 500-999/1000` or `bytes 500-999/*`.
    let range = header("content-range").and_then(|range| range.strip_prefix("bytes "));
    let start = range.and_then(|range| range.split_once('-')?.0.trim().parse().ok());
    let is_same = header("etag").is_none_or(|now| Some(now) == version);
    start == Some(have) && is_same
}

/// The bytes of a body as they arrive. A thread reads them.
fn chunks(response: Response<Body>) -> Receiver<std::io::Result<Vec<u8>>> {
    let (sender, receiver) = sync_channel(4);
    std::thread::spawn(move || {
        let mut body = response.into_body().into_reader();
        loop {
            let mut chunk = vec![0; CHUNK];
            let read = body.read(&mut chunk).map(|count| {
                chunk.truncate(count);
                chunk
            });
            let is_last = read.as_ref().map_or(true, Vec::is_empty);
            if read.as_ref().is_ok_and(Vec::is_empty) || sender.send(read).is_err() || is_last {
                return;
            }
        }
    });
    receiver
}

/// Verifies a complete file. One that is not the published file is removed.
fn finish(
    download: &Download,
    path: &Path,
    counted: &mut Counted,
) -> Result<RecordedFile, ModelsError> {
    let mut file = File::open(path).map_err(ModelsError::file("read", path))?;
    let mut hasher = Sha256::new();
    let bytes = std::io::copy(&mut file, &mut hasher).map_err(ModelsError::file("read", path))?;
    counted.set(bytes, bytes);
    let sha256 = format!("{:x}", hasher.finalize());
    if let Some(expected) = &download.file.sha256
        && *expected != sha256
    {
        let _ = std::fs::remove_file(path);
        Part::of(&download.place).remove();
        let published = expected.clone();
        return Err(tampered(download, Difference::Hash { sha256, published }));
    }
    Ok(RecordedFile {
        name: download.file.name.clone(),
        bytes,
        sha256,
    })
}

/// The share of one file in the progress of a pull.
struct Counted<'a> {
    pulling: &'a Pulling,
    done: u64,
    total: u64,
    /// The most bytes that were ever here: a try that brings more has made progress.
    most: u64,
}

impl Counted<'_> {
    fn set(&mut self, done: u64, total: u64) {
        self.pulling.done.fetch_sub(self.done, Ordering::Relaxed);
        self.pulling.done.fetch_add(done, Ordering::Relaxed);
        self.pulling.total.fetch_sub(self.total, Ordering::Relaxed);
        self.pulling.total.fetch_add(total, Ordering::Relaxed);
        (self.done, self.total) = (done, total);
        self.most = self.most.max(done);
    }

    fn add(&mut self, bytes: u64) {
        self.pulling.done.fetch_add(bytes, Ordering::Relaxed);
        self.done += bytes;
        self.most = self.most.max(self.done);
    }
}

/// Waits, unless the user stops.
fn sleep(time: Duration, stopped: &dyn Fn() -> bool) -> Result<(), ModelsError> {
    const STOP_INTERVAL: Duration = Duration::from_millis(50);
    let mut rest = time;
    while !rest.is_zero() {
        if stopped() {
            return Err(ModelsError::Stopped);
        }
        let pause = rest.min(STOP_INTERVAL);
        std::thread::sleep(pause);
        rest -= pause;
    }
    Ok(())
}
