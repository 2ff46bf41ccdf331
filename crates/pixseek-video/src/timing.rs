//! When the pictures of a film are shown, and how long it is. Containers say it in several places, some
//! of which are wrong: what is impossible is not believed, and what nothing says stays unknown.

use crate::boxes::{Boxes, Fields, child, descendant};
use crate::container::Extent;
use crate::film::{KeyFrame, Sample};
use crate::metadata::MovieClock;
use crate::plan::{Slot, plan};
use crate::track::{Track, clock};

/// The longest film that is believed, in milliseconds: a thousand hours.
const LONGEST: u64 = 1000 * 3_600_000;
/// By how much a movie may be longer than its longest track: an edit may show a part more than once.
const LONGER: u64 = 10;
/// Milliseconds that it may be longer in any case.
const SLACK: u64 = 60_000;
/// The units in a second by which key frames are spread if nothing says what they are.
const UNTIMED: u32 = 1000;

/// The clock of a film's pictures.
pub(crate) struct Timing {
    /// Units of the track's clock in a second; not 0.
    timescale: u32,
    /// Whether the film says what the units are.
    is_known: bool,
    /// The length in milliseconds, above 0, if it is known.
    pub duration_ms: Option<u64>,
}

impl Timing {
    /// `units` are lengths in units of the track's clock by several boxes, the best first; 0 if they do
    /// not say it.
    pub(crate) fn read(
        moov: &[u8],
        movie: Option<&MovieClock>,
        track: &Track<'_>,
        units: [u64; 3],
    ) -> Self {
        let longest = longest_track(moov);
        let is_possible = |of_movie: &u64| {
            longest == 0 || *of_movie <= longest.saturating_mul(LONGER).saturating_add(SLACK)
        };
        let of_movie = movie.map(|movie| milliseconds(movie.duration, movie.timescale));
        let of_movie = believed(of_movie.filter(is_possible));
        let of_fragments = || {
            let mut fields = Fields::new(descendant(moov, &[*b"mvex", *b"mehd"])?);
            let (version, _) = fields.version()?;
            Some(milliseconds(fields.versioned(version)?, movie?.timescale))
        };
        let all = units.into_iter().find(|units| *units > 0);
        let timescale = match (track.timescale, of_movie) {
            // The whole film lasts so long, so its units are these.
            (0, Some(length)) => all.and_then(|all| {
                let scale = u128::from(all) * 1000 / u128::from(length);
                u32::try_from(scale).ok().filter(|scale| *scale > 0)
            }),
            (0, None) => None,
            (timescale, _) => Some(timescale),
        };
        let by_units = |units: u64| believed(Some(milliseconds(units, timescale?)));
        let duration_ms = of_movie
            .or_else(|| believed(of_fragments()))
            .or_else(|| units.into_iter().find_map(by_units));
        Self {
            timescale: timescale.unwrap_or(UNTIMED),
            is_known: timescale.is_some(),
            duration_ms,
        }
    }

    /// The time at which players show a sample; negative if they do not.
    pub(crate) fn shown(&self, track: &Track<'_>, time: i64, movie: Option<&MovieClock>) -> i64 {
        let delay = movie.map_or(0, |movie| milliseconds(track.edit.delay, movie.timescale));
        let shown = i128::from(time) - i128::from(track.edit.start);
        let shown = shown * 1000 / i128::from(self.timescale) + i128::from(delay);
        i64::try_from(shown).unwrap_or(-1)
    }

    /// Chooses key frames by the times of all.
    pub(crate) fn key_frames(
        &self,
        times: impl Iterator<Item = i64>,
        locate: impl Fn(usize) -> Option<Extent>,
    ) -> Vec<KeyFrame> {
        let end = match self.duration_ms {
            Some(end) if self.is_known => end,
            _ => LONGEST,
        };
        let mut shown: Vec<(u64, usize)> = times
            .enumerate()
            .filter_map(|(position, time)| Some((u64::try_from(time).ok()?, position)))
            .filter(|(time, _)| *time <= end)
            .collect();
        if shown.is_empty() {
            // The edit begins behind the only key frame: what is shown needs it.
            shown.push((0, 0));
        }
        shown.sort_unstable();
        let (times, positions): (Vec<u64>, Vec<usize>) = shown.into_iter().unzip();
        let last = times.last().copied().unwrap_or_default();
        let sample = |place: usize| {
            let time_ms = *times.get(place)?;
            Some(Sample {
                time_ms: self.is_known.then_some(time_ms),
                extent: locate(*positions.get(place)?)?,
            })
        };
        let frame = |slot: Slot| {
            let samples: Vec<Sample> = slot.into_iter().filter_map(sample).collect();
            let time_ms = samples.first()?.time_ms;
            Some(KeyFrame { time_ms, samples })
        };
        let slots = plan(&times, end_of_plan(self, last));
        slots.into_iter().filter_map(frame).collect()
    }
}

/// The length over which key frames are spread, given the time of the last.
fn end_of_plan(timing: &Timing, last: u64) -> u64 {
    let length = timing.duration_ms.filter(|_| timing.is_known);
    length.unwrap_or(0).max(last)
}

/// The length of the longest track in milliseconds, be it of pictures or of sound; 0 if none says it.
fn longest_track(moov: &[u8]) -> u64 {
    let tracks = Boxes::of(moov).filter(|(kind, _)| kind == b"trak");
    let lengths = tracks.filter_map(|(_, trak)| {
        let (timescale, duration) = clock(child(child(trak, *b"mdia")?, *b"mdhd")?)?;
        (timescale > 0).then(|| milliseconds(duration, timescale))
    });
    lengths.max().unwrap_or(0)
}

/// A length that is possible.
fn believed(milliseconds: Option<u64>) -> Option<u64> {
    milliseconds.filter(|length| (1..=LONGEST).contains(length))
}

fn milliseconds(units: u64, timescale: u32) -> u64 {
    let milliseconds = u128::from(units) * 1000 / u128::from(timescale.max(1));
    u64::try_from(milliseconds).unwrap_or(u64::MAX)
}
