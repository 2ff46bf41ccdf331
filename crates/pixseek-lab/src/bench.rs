//! Measures the cost of each step from a file to a hit on this machine.

use crate::LabError;
use pixseek_clip::{
    ChosenEncoder, ComputeDevice, Embedding, MeasuredPrecision, Pixels, Precision, Rgb,
};
use pixseek_engine::{
    CommonRules, EngineError, Index, ModelChoice, SettingsChange, SyncOptions, open_model, sync,
};
use pixseek_index::{
    Batch, NewPhoto, PhotoFacts, Reader, RowFilter, SearchMode, Stamp, Writer, WriterOptions,
};
use pixseek_photos::{Decoders, PhotoFile, Walk, WalkItem, WalkOptions, Workers, bytes_of};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// At most this many photos are measured, evenly spread over all.
const MOST: usize = 400;
/// At most this many of them are timed step by step.
const STEPS: usize = 100;
/// Numbers of pictures that are encoded together.
const BATCHES: [usize; 4] = [1, 8, 32, 64];
/// Number of generated vectors that time commits and graphs.
const VECTORS: u32 = 4096;
/// Short operations run this many times; the fastest run counts.
const TIMES: usize = 10;
/// The query that is timed: seven tokens in CLIP's vocabulary.
const QUERY: &str = "a dog on a beach";

/// What is measured.
#[derive(Debug, Clone)]
pub struct BenchInput<'a> {
    /// The photos, as [`Bench::photos`] selects them.
    pub photos: &'a [PathBuf],
    /// An empty folder; the benchmark makes an index in it and leaves it behind.
    pub folder: &'a Path,
    /// The processes that decode some formats, as in an index run.
    pub workers: Option<Workers>,
}

/// The results. Durations of steps are for one photo on one thread.
#[derive(Debug, Clone, PartialEq)]
pub struct Bench {
    /// The model's name.
    pub model: String,
    /// The device's name.
    pub device: String,
    /// The image tower's precision.
    pub precision: Precision,
    /// The precisions among which it was chosen; empty where there was nothing to choose.
    pub measured: Vec<MeasuredPrecision>,
    /// Number of threads of this machine.
    pub threads: usize,
    /// Number of photos that were indexed.
    pub photos: usize,
    /// Mean number of pixels per photo, in millions.
    pub megapixels: f64,
    /// Reading and hashing, decoding, resizing, encoding, committing, in this order. Encoding uses
    /// all threads, so its duration is multiplied by their number.
    pub steps: Vec<(&'static str, Duration)>,
    /// Photos per second through the image tower, by the number of pictures encoded together.
    pub batches: Vec<(usize, f64)>,
    /// Adding a row to the graph.
    pub graph: Duration,
    /// Photos per second from file to published index.
    pub whole: f64,
    /// The share of all processors' time that the whole run used, in `0..=1`; `None` if the system
    /// does not report it.
    pub busy: Option<f64>,
    /// Loading the text tower.
    pub text_load: Duration,
    /// Encoding the query.
    pub text: Duration,
    /// Searching the nearest photos among all measured ones.
    pub search: Duration,
}

impl Bench {
    /// Selects photos below `folders` (which may also be files) to measure, spread over all of
    /// them.
    ///
    /// # Errors
    ///
    /// Fails when a pattern of files to leave out is invalid.
    pub fn photos(folders: &[PathBuf]) -> Result<Vec<PathBuf>, LabError> {
        let mut photos = Vec::new();
        for folder in folders {
            let files = Walk::new(folder, &WalkOptions::default()).map_err(EngineError::from)?;
            photos.extend(files.filter_map(|found| match found {
                WalkItem::File(seen) => Some(seen.path),
                WalkItem::Error(_) => None,
            }));
        }
        let every = photos.len().div_ceil(MOST).max(1);
        Ok(photos.into_iter().step_by(every).collect())
    }

    /// Runs the benchmark.
    ///
    /// # Errors
    ///
    /// Fails when no photo can be decoded, the index cannot be written or the model fails.
    pub fn run(
        choice: &ModelChoice,
        device: &ComputeDevice,
        input: &BenchInput<'_>,
    ) -> Result<Self, LabError> {
        let BenchInput {
            photos,
            folder,
            workers,
        } = input;
        let (model, identity) = open_model(choice)?;
        let mut steps = Steps::default();
        let preprocess = model.config().preprocess.clone();
        let every = photos.len().div_ceil(STEPS).max(1);
        let decoders = Decoders {
            workers: workers.clone(),
            ..Decoders::default()
        };
        for path in photos.iter().step_by(every) {
            steps.photo(path, &preprocess, &decoders);
        }
        let sample = &steps.made[..steps.made.len().min(8)];
        let ChosenEncoder {
            encoder, measured, ..
        } = model.choose_image_encoder(None, device, sample)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut batches = Vec::new();
        for size in BATCHES {
            let batch: Vec<Pixels> = steps.made.iter().cycle().take(size).cloned().collect();
            if batch.is_empty() {
                return Err(LabError::NothingToMeasure);
            }
            let seconds = best(TIMES.min(128 / size), || encoder.features(&batch))?.as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "a batch is small")]
            batches.push((size, size as f64 / seconds));
        }

        let (commit, graph) = index_times(&folder.join("made"), choice)?;
        let index = folder.join("index");
        let mut writing = Index::open(&index, &identity)?;
        writing.set_precision(&model, encoder.precision())?;
        let linked = folder.join("photos");
        link_photos(photos, &linked).map_err(LabError::Folder)?;
        let follow = SettingsChange {
            follow_links: Some(true),
            ..SettingsChange::default()
        };
        writing.add_folder(&linked, &follow, &CommonRules::default())?;
        let options = SyncOptions {
            workers: workers.clone(),
            ..SyncOptions::default()
        };
        let (start, used) = (Instant::now(), processor_time());
        let never = AtomicBool::new(false);
        let report = sync(
            &mut writing,
            &model,
            &|| device.clone(),
            &options,
            &never,
            &mut |_| (),
        )?;
        let (wall, used) = (start.elapsed(), used.zip(processor_time()));
        drop(writing);

        let text_load = best(3, || model.text_encoder(&ComputeDevice::cpu()))?;
        let text = model.text_encoder(&ComputeDevice::cpu())?;
        let query = text.encode(&[QUERY])?;
        let reader = Reader::open(&index)?;
        let nearest = || {
            let query = query.first().map_or(&[][..], Embedding::as_slice);
            reader.nearest(query, 20, SearchMode::Exact, RowFilter::All)
        };
        let encode = batches.iter().map(|(_, rate)| *rate).fold(1.0, f64::max);
        let count = u32::try_from(steps.made.len()).unwrap_or(u32::MAX);
        let threads_u32 = u32::try_from(threads).unwrap_or(u32::MAX);
        #[expect(clippy::cast_precision_loss, reason = "a few photos")]
        Ok(Self {
            model: model.name().into(),
            device: device.name().into(),
            precision: encoder.precision(),
            measured,
            threads,
            photos: photos.len(),
            megapixels: steps.pixels as f64 / f64::from(count) / 1e6,
            steps: vec![
                ("read and hash", steps.read / count),
                ("decode", steps.decode / count),
                ("resize", steps.resize / count),
                (
                    "encode",
                    Duration::from_secs_f64(1.0 / encode) * threads_u32,
                ),
                ("commit", commit),
            ],
            batches,
            graph,
            whole: report.encoded as f64 / wall.as_secs_f64(),
            busy: used.map(|(before, after)| {
                after.saturating_sub(before).as_secs_f64() / wall.as_secs_f64() / threads as f64
            }),
            text_load,
            text: best(TIMES, || text.encode(&[QUERY]))?,
            search: best(TIMES, nearest)?,
        })
    }

    /// The step that takes most of a photo's processor time, and its share of that time.
    #[must_use]
    pub fn bound(&self) -> Option<(&'static str, f64)> {
        let total: Duration = self.steps.iter().map(|(_, time)| *time).sum();
        let most = self.steps.iter().max_by_key(|(_, time)| *time)?;
        Some((most.0, most.1.as_secs_f64() / total.as_secs_f64()))
    }
}

/// Sums of the steps' durations over photos, measured on the calling thread.
#[derive(Default)]
struct Steps {
    read: Duration,
    decode: Duration,
    resize: Duration,
    pixels: u64,
    made: Vec<Pixels>,
}

impl Steps {
    /// Times the steps of a photo; files that are not photos are skipped.
    fn photo(&mut self, path: &Path, preprocess: &pixseek_clip::Preprocess, decoders: &Decoders) {
        let start = Instant::now();
        let Ok(file) = PhotoFile::read_within(path, decoders) else {
            return;
        };
        let read = start.elapsed();
        let side = u32::try_from(preprocess.size).unwrap_or(u32::MAX);
        let start = Instant::now();
        let Ok(photo) = file.decode_at_least(side) else {
            return;
        };
        let decode = start.elapsed();
        let (width, height) = photo.image.dimensions();
        let Some(image) = Rgb::new(width, height, photo.image.as_raw()) else {
            return;
        };
        let start = Instant::now();
        let [whole_width, whole_height] = photo.size;
        let image = image.reduced_from(whole_width, whole_height, photo.scale);
        self.made.push(preprocess.pixels(image));
        self.resize += start.elapsed();
        self.read += read;
        self.decode += decode;
        self.pixels += u64::from(photo.facts.width) * u64::from(photo.facts.height);
    }
}

/// Makes a folder of links to photos, because an index run covers folders and no single files.
fn link_photos(photos: &[PathBuf], folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir(folder)?;
    for (number, photo) in photos.iter().enumerate() {
        // Files with other extensions than those of photos are not read.
        let extension = photo.extension().unwrap_or_default();
        let link = folder.join(number.to_string()).with_extension(extension);
        let photo = photo.canonicalize()?;
        #[cfg(unix)]
        std::os::unix::fs::symlink(photo, link)?;
        #[cfg(not(unix))]
        std::fs::copy(photo, link)?;
    }
    Ok(())
}

/// Times commits and graphs with generated vectors: a photo's share of a commit, and a row's share
/// of a graph.
fn index_times(folder: &Path, choice: &ModelChoice) -> Result<(Duration, Duration), LabError> {
    let (_, identity) = open_model(choice)?;
    let options = WriterOptions {
        graph_from: 1,
        ..WriterOptions::default()
    };
    let mut writer = Writer::open(folder, &identity, options)?;
    let start = Instant::now();
    for first in (0..VECTORS).step_by(64) {
        let photos = (first..first + 64)
            .map(|row| made(row, identity.dimension))
            .collect();
        writer.commit(Batch {
            photos,
            ..Batch::default()
        })?;
    }
    let commit = start.elapsed() / VECTORS;
    writer.publish()?;
    let start = Instant::now();
    writer.extend_graph(&AtomicBool::new(false), &mut |_| ())?;
    Ok((commit, start.elapsed() / VECTORS))
}

/// A record with a generated vector and no file.
fn made(row: u32, dimension: usize) -> NewPhoto {
    let mut content = [0; 32];
    content[..4].copy_from_slice(&row.to_le_bytes());
    #[expect(clippy::cast_precision_loss, reason = "a wave is a wave")]
    let mut vector: Vec<f32> = (0..dimension)
        .map(|place| ((place as f32 + 1.0) * (row as f32 + 1.0) * 0.618).sin() + 0.5)
        .collect();
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    for value in &mut vector {
        *value /= length;
    }
    NewPhoto {
        path: bytes_of(&PathBuf::from(format!("/made/{row:07}.jpg"))).into_owned(),
        content,
        stamp: Stamp {
            size: 1,
            modified: 1,
            changed: 1,
            identity: u64::from(row) + 1,
        },
        facts: PhotoFacts::default(),
        vectors: vec![vector],
    }
}

/// The shortest duration of `times` runs.
fn best<T, E>(times: usize, mut run: impl FnMut() -> Result<T, E>) -> Result<Duration, LabError>
where
    LabError: From<E>,
{
    let mut shortest = Duration::MAX;
    for _ in 0..times.max(1) {
        let start = Instant::now();
        run()?;
        shortest = shortest.min(start.elapsed());
    }
    Ok(shortest)
}

/// Processor time that all threads of this process have used; Linux reports it in hundredths of a
/// second.
fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Skip the process name, which is in parentheses and may contain anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks(11)? + ticks(12)?)))
}
