//! An HTTP server for one model folder, which can misbehave for single files.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How the server misbehaves for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    CutOnce,
    AlwaysCut,
    BusyOnce,
    AlwaysBusy,
    FailsOnce,
    StallsOnce,
    Silent,
    Redirects,
    Circle,
    Dribbles,
    NoLength,
    Missing,
    Forbidden,
    Tampered,
    Longer,
    /// Cuts the first answer, then sends other bytes than those that were asked for.
    AnotherPart,
    /// Sends a part although the whole file was asked for.
    PartUnasked,
    /// Sends the rest of another version.
    AnotherVersion,
    Endless,
    ClaimsTooMuch,
}

pub struct Server {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    folder: PathBuf,
    behaviours: HashMap<&'static str, Behaviour>,
    /// The first byte of each request, by file.
    asked: Mutex<HashMap<String, Vec<usize>>>,
}

pub fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

impl Server {
    pub fn start(folder: &Path, behaviours: &[(&'static str, Behaviour)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            folder: folder.canonicalize().unwrap(),
            behaviours: behaviours.iter().copied().collect(),
            asked: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // Clients may close the connection: that is no failure of the test.
                std::thread::spawn(move || drop(state.answer(stream)));
            }
        });
        Self { address, state }
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn ranges(&self, file: &str) -> Vec<usize> {
        self.state
            .asked
            .lock()
            .unwrap()
            .get(file)
            .cloned()
            .unwrap_or_default()
    }
}

impl State {
    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        let (path, headers) = read_request(&stream)?;
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let Ok(mut bytes) = std::fs::read(self.folder.join(&name)) else {
            return respond(stream, "404 Not Found", "", &[]);
        };
        let mut version = format!("\"{}\"", &sha256(&bytes)[..16]);
        let range = headers
            .get("range")
            .filter(|_| headers.get("if-range") == Some(&version));
        let start = range.and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse()
                .ok()
        });
        let times = {
            let mut asked = self.asked.lock().unwrap();
            let asked = asked.entry(name.clone()).or_default();
            asked.push(start.unwrap_or(0));
            asked.len()
        };
        let behaviour = self.behaviours.get(name.as_str()).copied();
        match behaviour {
            Some(Behaviour::Missing) => return respond(stream, "404 Not Found", "", &[]),
            Some(Behaviour::Forbidden) => return respond(stream, "403 Forbidden", "", &[]),
            Some(Behaviour::AlwaysBusy) => {
                return respond(stream, "429 Too Many Requests", "", &[]);
            }
            Some(Behaviour::BusyOnce) if times == 1 => {
                return respond(stream, "429 Too Many Requests", "Retry-After: 0\r\n", &[]);
            }
            Some(Behaviour::FailsOnce) if times == 1 => {
                return respond(stream, "502 Bad Gateway", "", &[]);
            }
            Some(Behaviour::Circle) => {
                return respond(stream, "302 Found", &format!("Location: {path}\r\n"), &[]);
            }
            Some(Behaviour::Redirects) if !path.starts_with("/elsewhere") => {
                let location = format!("Location: /elsewhere/{name}\r\n");
                return respond(stream, "302 Found", &location, &[]);
            }
            Some(Behaviour::Silent) => {
                std::thread::sleep(Duration::from_secs(3));
                return Ok(());
            }
            Some(Behaviour::Tampered) => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }
            Some(Behaviour::Longer) => bytes.push(0),
            Some(Behaviour::AnotherVersion) if start.is_some() => {
                bytes.fill(b'x');
                version = "\"newer\"".into();
            }
            _ => {}
        }
        let range = |start: usize| {
            let length = bytes.len();
            format!("Content-Range: bytes {start}-{}/{length}\r\n", length - 1)
        };
        let rest = &bytes[start.unwrap_or(0).min(bytes.len())..];
        let length = match behaviour {
            Some(Behaviour::NoLength) => String::new(),
            _ => format!("Content-Length: {}\r\n", rest.len()),
        };
        let range_header = start.map(range).unwrap_or_default();
        let head = format!("ETag: {version}\r\n{length}{range_header}");
        let status = start.map_or("200 OK", |_| "206 Partial Content");
        match behaviour {
            Some(Behaviour::CutOnce | Behaviour::AnotherPart) if times == 1 && start.is_none() => {
                respond(stream, status, &head, &rest[..rest.len() / 3])
            }
            Some(Behaviour::AnotherPart) if start.is_some() => {
                respond(stream, status, &range(7), &bytes[7..])
            }
            Some(Behaviour::PartUnasked) if times == 1 => {
                respond(stream, "206 Partial Content", &range(7), &bytes[7..])
            }
            Some(Behaviour::Endless) => endless(stream),
            Some(Behaviour::ClaimsTooMuch) => {
                respond(stream, status, "Content-Length: 1000000000000\r\n", rest)
            }
            Some(Behaviour::AlwaysCut) => respond(stream, status, &head, &[]),
            Some(Behaviour::StallsOnce) if times == 1 => {
                let again = stream.try_clone()?;
                respond(stream, status, &head, &rest[..rest.len() / 2])?;
                std::thread::sleep(Duration::from_secs(2));
                drop(again);
                Ok(())
            }
            Some(Behaviour::Dribbles) => {
                respond(stream.try_clone()?, status, &head, &[])?;
                dribble(stream, rest)
            }
            _ => respond(stream, status, &head, rest),
        }
    }
}

/// Reads the path and the headers of a request.
fn read_request(stream: &TcpStream) -> std::io::Result<(String, HashMap<String, String>)> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut headers = HashMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else {
            break;
        };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    Ok((path, headers))
}

fn dribble(mut stream: TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    for piece in bytes.chunks(4000) {
        stream.write_all(piece)?;
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Sends until the client closes the connection.
fn endless(stream: TcpStream) -> std::io::Result<()> {
    respond(stream.try_clone()?, "200 OK", "", &[])?;
    let mut stream = stream;
    let chunk = vec![b' '; 1 << 20];
    loop {
        stream.write_all(&chunk)?;
    }
}

fn respond(mut stream: TcpStream, status: &str, head: &str, body: &[u8]) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n"
    )?;
    stream.write_all(body)?;
    stream.flush()
}
