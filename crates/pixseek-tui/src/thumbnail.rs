//! Small pictures, decoded in the background in the order in which they are looked at, within a
//! budget of memory that all threads share.

mod cache;
#[cfg(test)]
mod tests;

pub use cache::Cache;

use image::{DynamicImage, imageops::FilterType};
use pixseek_engine::{Budget, DecodeLimits, Photo, PhotoFile, path_of};
use ratatui::layout::Size;
use ratatui_image::Resize;
use ratatui_image::picker::Picker;
use ratatui_image::protocol::Protocol;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Pictures that are kept in memory, in the terminal's form.
const KEPT: usize = 512;
/// The longer side of what is kept on disk, in pixels.
const SMALL: u32 = 320;
/// A failure that stays on screen is looked at anew after this time: its drive may have come back.
const FAILURES_LAST: Duration = Duration::from_secs(10);

/// A photo at a size in cells.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    pub path: Vec<u8>,
    pub content: [u8; 32],
    pub size: Size,
}

/// A picture as the terminal draws it, or why there is none.
pub type Picture = Result<Arc<Protocol>, String>;

#[derive(Default)]
struct Shared {
    /// The first is the most urgent.
    wanted: Vec<Wanted>,
    made: HashMap<Wanted, Made>,
    clock: u64,
}

/// A picture that was made, or that could not be.
struct Made {
    picture: Picture,
    /// The clock's reading at the last look.
    seen: u64,
    since: Instant,
}

/// What all threads draw with.
struct Drawer {
    picker: Picker,
    cache: Option<Cache>,
    budget: Budget,
}

/// All pictures.
pub struct Thumbnails {
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

impl Thumbnails {
    /// Starts the threads; `ready` is told of every new picture.
    pub fn start(
        picker: &Picker,
        cache: Option<Cache>,
        ready: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let shared: Arc<(Mutex<Shared>, Condvar)> = Arc::default();
        let ready = Arc::new(ready);
        let drawer = Arc::new(Drawer {
            picker: picker.clone(),
            cache,
            budget: Budget::default(),
        });
        let tidied = Arc::clone(&drawer);
        std::thread::spawn(move || tidied.cache.as_ref().map(Cache::tidy));
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        // One core is left to the search.
        for number in 0..(threads - 1).clamp(1, 4) {
            let (shared, ready, drawer) = (shared.clone(), ready.clone(), drawer.clone());
            // Named as the index's decoders are: a panic on a broken photo is caught quietly.
            let thread = std::thread::Builder::new().name(format!("decode-picture-{number}"));
            let _ = thread.spawn(move || {
                loop {
                    let wanted = next(&shared);
                    let picture = unless_it_panics(|| drawer.draw(&wanted));
                    let mut state = lock(&shared.0);
                    let made = Made {
                        picture,
                        seen: state.clock,
                        since: Instant::now(),
                    };
                    state.made.insert(wanted, made);
                    drop(state);
                    ready();
                }
            });
        }
        Self { shared }
    }

    /// What is on screen now, the most urgent first; what is not is forgotten in time.
    pub fn want(&self, wanted: Vec<Wanted>) {
        let mut state = lock(&self.shared.0);
        state.want(wanted, Instant::now());
        drop(state);
        self.shared.1.notify_all();
    }

    /// A picture, if it is made.
    pub fn get(&self, wanted: &Wanted) -> Option<Picture> {
        let state = lock(&self.shared.0);
        state.made.get(wanted).map(|made| made.picture.clone())
    }
}

impl Shared {
    fn want(&mut self, wanted: Vec<Wanted>, now: Instant) {
        self.clock += 1;
        let clock = self.clock;
        for one in &wanted {
            if let Some(made) = self.made.get_mut(one) {
                made.seen = clock;
            }
        }
        // A failure is of its moment: it is tried again when it was out of sight or has lasted.
        self.made.retain(|_, made| {
            let is_recent = now.duration_since(made.since) < FAILURES_LAST;
            made.picture.is_ok() || (made.seen == clock && is_recent)
        });
        if self.made.len() > KEPT {
            let mut ages: Vec<u64> = self.made.values().map(|made| made.seen).collect();
            ages.sort_unstable();
            let oldest = ages[ages.len() / 2];
            self.made
                .retain(|_, made| made.seen > oldest || made.seen == clock);
        }
        self.wanted = wanted;
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for the most urgent picture that is not made.
fn next((shared, changed): &(Mutex<Shared>, Condvar)) -> Wanted {
    let mut state = lock(shared);
    loop {
        let made = &state.made;
        let open = state.wanted.iter().position(|one| !made.contains_key(one));
        match open {
            Some(at) => return state.wanted.remove(at),
            None => state = changed.wait(state).unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// A picture, or a failure in its place: a thread that panicked would draw no more pictures.
fn unless_it_panics(draw: impl FnOnce() -> Picture) -> Picture {
    let gave_up = |_| Err("drawing it failed unexpectedly; the log of -v says more".into());
    catch_unwind(AssertUnwindSafe(draw)).unwrap_or_else(gave_up)
}

impl Drawer {
    fn draw(&self, wanted: &Wanted) -> Picture {
        let font = self.picker.font_size();
        let width = u32::from(wanted.size.width) * u32::from(font.width);
        let height = u32::from(wanted.size.height) * u32::from(font.height);
        let fit = |image| {
            let how = Resize::Scale(Some(FilterType::Triangle));
            let protocol = self.picker.new_protocol(image, wanted.size, how);
            protocol.map(Arc::new).map_err(|error| error.to_string())
        };
        if width.max(height) <= SMALL {
            return fit(self.small(wanted)?);
        }
        // Inside of a box the shorter side of any shape has at most that of the box.
        let (_, photo) = self.decode(wanted, width.min(height))?;
        fit(DynamicImage::ImageRgb8(photo.image))
    }

    /// From the disk, else decoded and put there.
    fn small(&self, wanted: &Wanted) -> Result<DynamicImage, String> {
        let cache = self.cache.as_ref();
        if let Some(known) = cache.and_then(|cache| cache.get(&wanted.content)) {
            // What is on disk says nothing of a photo that is gone.
            let path = path_of(&wanted.path);
            return match path.try_exists() {
                Ok(false) => Err("it is not there any more".into()),
                _ => Ok(DynamicImage::ImageRgb8(known)),
            };
        }
        let (content, photo) = self.decode(wanted, SMALL)?;
        let small = DynamicImage::ImageRgb8(photo.image).thumbnail(SMALL, SMALL);
        if let (Some(cache), DynamicImage::ImageRgb8(small)) = (cache, &small) {
            // Under what was decoded, which is another content than the index knows if the photo
            // was edited since. Without it the picture is made again: a full disk costs time, not
            // pictures.
            let _ = cache.put(&content, small);
        }
        Ok(small)
    }

    /// The photo with at least `side` pixels along its shorter side, and the hash of its file.
    fn decode(&self, wanted: &Wanted, side: u32) -> Result<([u8; 32], Photo), String> {
        let path = path_of(&wanted.path);
        let file = PhotoFile::read_within(&path, DecodeLimits::default(), &self.budget);
        let file = file.map_err(|failure| failure.reason)?;
        let photo = file
            .decode_at_least(side)
            .map_err(|failure| failure.reason)?;
        Ok((file.hash(), photo))
    }
}
