//! One file: in parts, over a network that breaks, to exactly the published bytes.
//!
//! A part lies beside its place as `.part`, with the server's word for its version (`ETag`) as
//! `.version`. A later try asks for the rest only if the version is still the same.
//!
//! ureq bounds the time of a whole body and not of a pause in it, which no large file has a right
//! number for; so a thread of its own reads the body, and is left behind when it hears nothing.

use crate::{KnownFile, ModelsError, PullOptions, Pulling, RecordedFile};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::{Agent, Body};

const TRIES: u32 = 5;
const REDIRECTS: u32 = 8;
/// The longest that a server may tell us to wait.
const LONGEST_WAIT: u64 = 60;
const CHUNK: usize = 1 << 16;

/// Where a file is and where it goes.
pub(crate) struct Download<'a> {
    pub url: String,
    pub place: PathBuf,
    pub file: &'a KnownFile,
}

/// Asks one server.
pub(crate) struct Client {
    agent: Agent,
    silence: Duration,
    pause: Duration,
}

/// Whether another try may help.
enum Failed {
    ForGood(ModelsError),
    ForNow {
        error: ModelsError,
        wait: Option<Duration>,
    },
}

impl From<ModelsError> for Failed {
    fn from(error: ModelsError) -> Self {
        Self::ForGood(error)
    }
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

    /// Gets a file, or what is missing of it.
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
                Err(Failed::ForGood(error)) => return Err(error),
                Err(Failed::ForNow { error, wait }) => (error, wait),
            };
            if counted.most > before {
                // Something came: the next tries count from here.
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
    ) -> Result<RecordedFile, Failed> {
        let part = Part::of(&download.place);
        if download.place.exists() {
            // Whole since an earlier pull.
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
        let response = request.call().map_err(|error| network(download, &error))?;
        let start = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT => {
                let is_asked_for = is_resumed && continues(&response, have, version.as_deref());
                if !is_asked_for {
                    part.remove();
                    let reason = "the server sent another part than was asked for";
                    return Err(for_now(download, reason.into(), None));
                }
                have
            }
            // What is here is not what the server has now.
            StatusCode::RANGE_NOT_SATISFIABLE => {
                part.remove();
                return Err(for_now(
                    download,
                    "it has changed on the server".into(),
                    None,
                ));
            }
            _ => return Err(refused(download, &response)),
        };
        let length = response.body().content_length();
        let total = length.map(|length| start + length).or(download.file.bytes);
        if let (Some(total), Some(expected)) = (total, download.file.bytes)
            && total != expected
        {
            part.remove();
            return Err(
                tampered(download, format!("it has {total} bytes and not {expected}")).into(),
            );
        }
        if let Some(total) = total.filter(|total| *total > download.file.most_bytes()) {
            part.remove();
            return Err(larger(download, total).into());
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
    ) -> Result<(), Failed> {
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
                    let reason = format!("the connection broke ({error})");
                    return Err(for_now(download, reason, None));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let reason = "the server does not go on".into();
                    return Err(for_now(download, reason, None));
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Err(source) = file.write_all(&chunk) {
                return Err(part
                    .not_written(source, download, total, counted.done)
                    .into());
            }
            counted.add(chunk.len() as u64);
            if let Some(total) = total.filter(|total| counted.done > *total) {
                part.remove();
                return Err(tampered(download, format!("it has more than {total} bytes")).into());
            }
            if counted.done > download.file.most_bytes() {
                part.remove();
                return Err(larger(download, counted.done).into());
            }
        }
        file.sync_all()
            .map_err(ModelsError::file("sync", &part.data))?;
        match total {
            Some(total) if counted.done < total => {
                let reason = format!("it ended after {} of {total} bytes", counted.done);
                Err(for_now(download, reason, None))
            }
            _ => Ok(()),
        }
    }
}

/// Whether an answer of a part of a file goes on where the bytes that are here end, and is of the
/// same version of it.
fn continues(response: &Response<Body>, have: u64, version: Option<&str>) -> bool {
    let header = |name| {
        let value = response.headers().get(name);
        value.and_then(|value| value.to_str().ok())
    };
    // `bytes 500-999/1000`, or `bytes 500-999/*`.
    let range = header("content-range").and_then(|range| range.strip_prefix("bytes "));
    let start = range.and_then(|range| range.split_once('-')?.0.trim().parse().ok());
    let is_same = header("etag").is_none_or(|now| Some(now) == version);
    start == Some(have) && is_same
}

/// A body's bytes as they come, read by a thread of its own.
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

/// A file that is not whole.
struct Part {
    data: PathBuf,
    version: PathBuf,
}

impl Part {
    fn of(place: &Path) -> Self {
        let with = |ending: &str| {
            let mut name = place.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        Self {
            data: with(".part"),
            version: with(".version"),
        }
    }

    /// Bytes that are here, and of which version.
    fn have(&self) -> (u64, Option<String>) {
        let bytes = std::fs::metadata(&self.data).map_or(0, |data| data.len());
        (bytes, std::fs::read_to_string(&self.version).ok())
    }

    fn remove(&self) {
        let _ = std::fs::remove_file(&self.data);
        let _ = std::fs::remove_file(&self.version);
    }

    /// Why bytes could not be written. On a full disk they make room again.
    fn not_written(
        &self,
        source: std::io::Error,
        download: &Download,
        total: Option<u64>,
        done: u64,
    ) -> ModelsError {
        if source.kind() != ErrorKind::StorageFull {
            return ModelsError::file("write", &self.data)(source);
        }
        self.remove();
        ModelsError::Full {
            path: download.place.clone(),
            bytes: total.unwrap_or(0).saturating_sub(done),
        }
    }

    /// Makes ready for bytes from `start` on.
    fn begin(&self, start: u64, headers: &HeaderMap) -> Result<(), ModelsError> {
        if start > 0 {
            return Ok(());
        }
        let _ = std::fs::remove_file(&self.version);
        // A weak one does not promise equal bytes.
        let version = headers.get("etag").and_then(|value| value.to_str().ok());
        if let Some(version) = version.filter(|version| !version.starts_with("W/")) {
            pixseek_files::replace(&self.version, version.as_bytes())
                .map_err(ModelsError::file("write", &self.version))?;
        }
        Ok(())
    }
}

/// Verifies a whole file; one that is another is removed.
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
        return Err(tampered(
            download,
            format!("its SHA-256 is {sha256} and not {expected}"),
        ));
    }
    Ok(RecordedFile {
        name: download.file.name.clone(),
        bytes,
        sha256,
    })
}

/// This file's share of a pull's counts.
struct Counted<'a> {
    pulling: &'a Pulling,
    done: u64,
    total: u64,
    /// The most that was ever here.
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

fn for_now(download: &Download, reason: String, wait: Option<Duration>) -> Failed {
    Failed::ForNow {
        error: ModelsError::Network {
            url: download.url.clone(),
            reason,
        },
        wait,
    }
}

fn larger(download: &Download, bytes: u64) -> ModelsError {
    let most = download.file.most_bytes();
    let reason = format!("it has {bytes} bytes, and such a file has at most {most}");
    tampered(download, reason)
}

fn tampered(download: &Download, reason: String) -> ModelsError {
    ModelsError::Tampered {
        url: download.url.clone(),
        reason,
    }
}

/// A way to the server that is broken; a circle stays one.
fn network(download: &Download, error: &ureq::Error) -> Failed {
    let reason = match error {
        ureq::Error::TooManyRedirects => {
            return Failed::ForGood(ModelsError::Network {
                url: download.url.clone(),
                reason: "the server sends us in a circle".into(),
            });
        }
        ureq::Error::Timeout(_) => "the server does not answer".into(),
        other => format!("the connection broke ({other})"),
    };
    for_now(download, reason, None)
}

/// An answer that is not the file.
fn refused(download: &Download, response: &Response<Body>) -> Failed {
    let status = response.status();
    let for_good = |reason: String| {
        Failed::ForGood(ModelsError::Network {
            url: download.url.clone(),
            reason,
        })
    };
    match status {
        StatusCode::NOT_FOUND => for_good("the server has no such file".into()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            for_good("the server asks for an account".into())
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let wait = response.headers().get("retry-after");
            let wait = wait.and_then(|value| value.to_str().ok()?.parse().ok());
            let wait = wait.map(|seconds: u64| Duration::from_secs(seconds.min(LONGEST_WAIT)));
            for_now(
                download,
                format!("the server is busy ({status}); try again later"),
                wait,
            )
        }
        status if status.is_server_error() => {
            for_now(download, format!("the server failed ({status})"), None)
        }
        status => for_good(format!("the server answered {status}")),
    }
}

/// Waits, but not for someone who wants to stop.
fn sleep(time: Duration, stopped: &dyn Fn() -> bool) -> Result<(), ModelsError> {
    const BLINK: Duration = Duration::from_millis(50);
    let mut rest = time;
    while !rest.is_zero() {
        if stopped() {
            return Err(ModelsError::Stopped);
        }
        let now = rest.min(BLINK);
        std::thread::sleep(now);
        rest -= now;
    }
    Ok(())
}
