//! Small pictures, decoded in the background in the order in which they are looked at.

mod cache;

pub use cache::Cache;

use image::{DynamicImage, imageops::FilterType};
use pixseek_engine::{DecodeLimits, PhotoFile, path_of};
use ratatui::layout::Size;
use ratatui_image::Resize;
use ratatui_image::picker::Picker;
use ratatui_image::protocol::Protocol;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Pictures that are kept in memory, in the terminal's form.
const KEPT: usize = 512;
/// The longer side of what is kept on disk, in pixels.
const SMALL: u32 = 320;

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
    /// With the time of the last look.
    made: HashMap<Wanted, (Picture, u64)>,
    clock: u64,
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
        let cache = Arc::new(cache);
        let tidied = Arc::clone(&cache);
        std::thread::spawn(move || tidied.as_ref().as_ref().map(Cache::tidy));
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        // One core is left to the search.
        for number in 0..(threads - 1).clamp(1, 4) {
            let (shared, ready, cache) = (shared.clone(), ready.clone(), cache.clone());
            let picker = picker.clone();
            // Named as the index's decoders are: a panic on a broken photo is caught quietly.
            let thread = std::thread::Builder::new().name(format!("decode-picture-{number}"));
            let _ = thread.spawn(move || {
                loop {
                    let wanted = next(&shared);
                    let picture = draw(&wanted, &picker, cache.as_ref().as_ref());
                    let mut state = lock(&shared.0);
                    let clock = state.clock;
                    state.made.insert(wanted, (picture, clock));
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
        state.clock += 1;
        let clock = state.clock;
        for one in &wanted {
            if let Some((_, seen)) = state.made.get_mut(one) {
                *seen = clock;
            }
        }
        if state.made.len() > KEPT {
            let mut ages: Vec<u64> = state.made.values().map(|(_, seen)| *seen).collect();
            ages.sort_unstable();
            let oldest = ages[ages.len() / 2];
            state
                .made
                .retain(|_, (_, seen)| *seen > oldest || *seen == clock);
        }
        state.wanted = wanted;
        drop(state);
        self.shared.1.notify_all();
    }

    /// A picture, if it is made.
    pub fn get(&self, wanted: &Wanted) -> Option<Picture> {
        let state = lock(&self.shared.0);
        state.made.get(wanted).map(|(picture, _)| picture.clone())
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

fn draw(wanted: &Wanted, picker: &Picker, cache: Option<&Cache>) -> Picture {
    let font = picker.font_size();
    let pixels = (
        u32::from(wanted.size.width) * u32::from(font.width),
        u32::from(wanted.size.height) * u32::from(font.height),
    );
    let is_small = pixels.0.max(pixels.1) <= SMALL;
    let image = if is_small {
        small(wanted, cache)?
    } else {
        decode(wanted)?
    };
    let protocol = picker.new_protocol(
        image,
        wanted.size,
        Resize::Scale(Some(FilterType::Triangle)),
    );
    protocol.map(Arc::new).map_err(|error| error.to_string())
}

/// From the disk, else decoded and put there.
fn small(wanted: &Wanted, cache: Option<&Cache>) -> Result<DynamicImage, String> {
    if let Some(known) = cache.and_then(|cache| cache.get(&wanted.content)) {
        // What is on disk says nothing of a photo that is gone.
        let path = path_of(&wanted.path);
        return match path.try_exists() {
            Ok(false) => Err("it is not there any more".into()),
            _ => Ok(DynamicImage::ImageRgb8(known)),
        };
    }
    let small = decode(wanted)?.thumbnail(SMALL, SMALL);
    if let (Some(cache), DynamicImage::ImageRgb8(small)) = (cache, &small) {
        // Without it the picture is made again: a full disk costs time, not pictures.
        let _ = cache.put(&wanted.content, small);
    }
    Ok(small)
}

fn decode(wanted: &Wanted) -> Result<DynamicImage, String> {
    let file = PhotoFile::read(&path_of(&wanted.path), DecodeLimits::default());
    let photo = file.and_then(|file| file.decode());
    let photo = photo.map_err(|failure| failure.reason)?;
    Ok(DynamicImage::ImageRgb8(photo.image))
}
