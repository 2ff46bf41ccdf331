//! Decodes pictures for the screen on several threads, the most urgent first. All threads share one
//! memory budget. Pictures of up to 320 pixels are also cached on disk.

mod cache;
mod drawing;
#[cfg(test)]
mod tests;

pub use cache::Cache;
pub use drawing::{Drawing, PictureMethod};

use crate::message::Message;
use crossbeam_channel::Sender;
use image::{DynamicImage, RgbImage};
use pixseek_engine::{Failure, Pictures, path_of};
use ratatui::layout::Size;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The number of pictures kept in memory, encoded for the terminal.
const IN_MEMORY: usize = 512;
/// The longer side of the pictures on disk, in pixels. Larger ones are decoded from the photo.
const SMALL: u32 = 320;
/// Shows a failure this long before it tries the photo again: its drive may have come back.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// A photo on the screen, and the size of its picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PictureRequest {
    /// The bytes of its path.
    pub path: Vec<u8>,
    /// The hash of its content when it was indexed.
    pub content: [u8; 32],
    /// The time of a film's key frame in milliseconds; `None` for photos, and for a film's first one.
    pub frame: Option<u32>,
    /// The room for it, in cells.
    pub size: Size,
}

/// A picture as the terminal draws it, or the reason why there is none.
pub type Picture = Result<Arc<Drawing>, PictureError>;

/// The reason why a photo cannot be drawn. The screen shows its text in place of the picture.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PictureError {
    /// The file is gone.
    #[error("the file is missing")]
    Missing,
    /// The file cannot be read or decoded.
    #[error(transparent)]
    Photo(#[from] Failure),
    /// The protocol of the terminal cannot show the picture.
    #[error(transparent)]
    Protocol(Arc<ratatui_image::errors::Errors>),
    /// A library panicked.
    #[error("drawing it failed unexpectedly; the log of -v says more")]
    Panicked,
}

/// The state that the decoding threads and the screen share.
#[derive(Default)]
struct Shared {
    /// The requests that no thread has taken yet, the most urgent first.
    requests: Vec<PictureRequest>,
    made: HashMap<PictureRequest, Made>,
    /// The number of calls of `request`, which serves as the clock for the age of pictures.
    frame: u64,
}

/// A finished picture, or the failure to make it.
struct Made {
    picture: Picture,
    /// The last frame that requested it.
    last_frame: u64,
    time: Instant,
}

/// Decodes, scales and encodes pictures.
struct Painter {
    method: PictureMethod,
    cache: Option<Cache>,
    pictures: Pictures,
}

/// The pictures, and the threads that make them.
pub struct Thumbnails {
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

impl Thumbnails {
    /// Starts the threads; each picture that is ready sends a message.
    pub fn start(
        method: PictureMethod,
        cache: Option<Cache>,
        pictures: Pictures,
        messages: &Sender<Message>,
    ) -> Self {
        let shared: Arc<(Mutex<Shared>, Condvar)> = Arc::default();
        let painter = Arc::new(Painter {
            method,
            cache,
            pictures,
        });
        let tidied = Arc::clone(&painter);
        std::thread::spawn(move || tidied.cache.as_ref().map(Cache::tidy));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // Leave one core to the search.
        for number in 0..(cores - 1).clamp(1, 4) {
            let (shared, painter) = (Arc::clone(&shared), Arc::clone(&painter));
            let messages = messages.clone();
            // The panic hook is silent for threads with this prefix, here and in index runs,
            // because their panics are caught.
            let thread = std::thread::Builder::new().name(format!("decode-picture-{number}"));
            let _ = thread.spawn(move || {
                loop {
                    let request = next(&shared);
                    let picture = catch_panic(|| painter.paint(&request));
                    let mut state = lock(&shared.0);
                    let made = Made {
                        picture,
                        last_frame: state.frame,
                        time: Instant::now(),
                    };
                    state.made.insert(request, made);
                    drop(state);
                    let _ = messages.send(Message::PictureReady);
                }
            });
        }
        Self { shared }
    }

    /// Replaces the requests by those of a new frame, the most urgent first. Drops the pictures
    /// that the screen has not requested for longest when memory holds too many.
    pub fn request(&self, requests: Vec<PictureRequest>) {
        let mut state = lock(&self.shared.0);
        state.request(requests, Instant::now());
        drop(state);
        self.shared.1.notify_all();
    }

    /// Returns a picture; `None` while it is being made.
    pub fn get(&self, request: &PictureRequest) -> Option<Picture> {
        let state = lock(&self.shared.0);
        state.made.get(request).map(|made| made.picture.clone())
    }
}

impl Shared {
    fn request(&mut self, requests: Vec<PictureRequest>, now: Instant) {
        self.frame += 1;
        let frame = self.frame;
        for request in &requests {
            if let Some(made) = self.made.get_mut(request) {
                made.last_frame = frame;
            }
        }
        // Retry a failure when it has left the screen, or after `RETRY_AFTER`.
        self.made.retain(|_, made| {
            let is_recent = now.duration_since(made.time) < RETRY_AFTER;
            made.picture.is_ok() || (made.last_frame == frame && is_recent)
        });
        if self.made.len() > IN_MEMORY {
            let mut frames: Vec<u64> = self.made.values().map(|made| made.last_frame).collect();
            frames.sort_unstable();
            let median = frames[frames.len() / 2];
            self.made
                .retain(|_, made| made.last_frame > median || made.last_frame == frame);
        }
        self.requests = requests;
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a request without a picture, and takes the most urgent one.
fn next((shared, changed): &(Mutex<Shared>, Condvar)) -> PictureRequest {
    let mut state = lock(shared);
    loop {
        let made = &state.made;
        let is_open = |request| !made.contains_key(request);
        match state.requests.iter().position(is_open) {
            Some(first) => return state.requests.remove(first),
            None => state = changed.wait(state).unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// Turns a panic into a failure of one picture, so that the thread lives on.
fn catch_panic(paint: impl FnOnce() -> Picture) -> Picture {
    catch_unwind(AssertUnwindSafe(paint)).unwrap_or(Err(PictureError::Panicked))
}

impl Painter {
    fn paint(&self, request: &PictureRequest) -> Picture {
        let font = self.method.font();
        let width = u32::from(request.size.width) * u32::from(font.width);
        let height = u32::from(request.size.height) * u32::from(font.height);
        let picture = if width.max(height) <= SMALL {
            self.thumbnail(request)?
        } else {
            // Whatever its shape, a picture that fits into the room has a shorter side of at most
            // the room's shorter side.
            let path = path_of(&request.path);
            let side = width.min(height);
            self.pictures.read_at(&path, request.frame, side)?.image
        };
        self.method.draw(&picture, request.size).map(Arc::new)
    }

    /// Reads the thumbnail from disk, or makes it and writes it there.
    fn thumbnail(&self, request: &PictureRequest) -> Result<RgbImage, PictureError> {
        let cache = self.cache.as_ref();
        if let Some(cached) =
            cache.and_then(|cache| cache.get(&key(request.content, request.frame)))
        {
            // The cache does not notice that a photo was removed.
            return match path_of(&request.path).try_exists() {
                Ok(false) => Err(PictureError::Missing),
                _ => Ok(cached),
            };
        }
        let path = path_of(&request.path);
        let photo = self.pictures.read_at(&path, request.frame, SMALL)?;
        let content = photo.content;
        let image = DynamicImage::ImageRgb8(photo.image);
        let thumbnail = image.thumbnail(SMALL, SMALL).into_rgb8();
        if let Some(cache) = cache {
            // File it under the content just decoded: an edited photo differs from the index. If
            // the disk is full, the next request makes the thumbnail again.
            let _ = cache.put(&key(content, request.frame), &thumbnail);
        }
        Ok(thumbnail)
    }
}

/// The name of a thumbnail on disk: the hash of the content, with the time of a key frame.
fn key(mut content: [u8; 32], frame: Option<u32>) -> [u8; 32] {
    if let Some(time) = frame {
        for (byte, of_time) in content.iter_mut().zip((u64::from(time) + 1).to_le_bytes()) {
            *byte ^= of_time;
        }
    }
    content
}
