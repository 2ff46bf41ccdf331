//! The tables that say when each picture of a track is shown and where it lies in the file.
//!
//! The tables are read where they lie in the movie box: nothing is allocated by the number of pictures
//! that a table claims, and no loop is longer than a table.

use crate::boxes::{Fields, child};
use crate::container::Extent;

/// The sample tables of a track.
pub(crate) struct Samples<'a> {
    sizes: Sizes<'a>,
    /// `stts`: pairs of a number of samples and how long each of them is shown.
    durations: &'a [[u8; 8]],
    /// `ctts`: pairs of a number of samples and how much later each is shown than decoded.
    delays: &'a [[u8; 8]],
    /// `stsc`: runs of chunks with the same number of samples.
    runs: &'a [[u8; 12]],
    chunks: Chunks<'a>,
    /// `stss`: the samples that need no other to be decoded, counted from 1. Without the table, all.
    sync: Option<&'a [[u8; 4]]>,
}

enum Sizes<'a> {
    /// A number of samples of the same size.
    Same { count: u32, size: u32 },
    /// `stsz`
    Words(&'a [[u8; 4]]),
    /// `stz2` with sizes of 16 bits.
    Halves(&'a [[u8; 2]]),
    /// `stz2` with sizes of 8 bits.
    Bytes(&'a [u8]),
}

/// The offsets of the chunks.
enum Chunks<'a> {
    /// `stco`
    Words(&'a [[u8; 4]]),
    /// `co64`
    Longs(&'a [[u8; 8]]),
}

/// A sample that needs no other to be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyncSample {
    /// The position among all samples, from 0.
    pub index: u32,
    /// When it is shown, in units of the track's clock, before edits.
    pub time: i64,
}

/// Sync samples to consider at most. Films in which every frame is one have hundreds of thousands.
const MOST_SYNC: usize = 4096;

impl<'a> Samples<'a> {
    pub(crate) fn of(table: &'a [u8]) -> Option<Self> {
        Some(Self {
            sizes: Sizes::of(table)?,
            durations: entries(child(table, *b"stts")?)?,
            delays: child(table, *b"ctts").and_then(entries).unwrap_or_default(),
            runs: entries(child(table, *b"stsc")?)?,
            chunks: match child(table, *b"stco") {
                Some(words) => Chunks::Words(entries(words)?),
                None => Chunks::Longs(entries(child(table, *b"co64")?)?),
            },
            sync: child(table, *b"stss").and_then(entries),
        })
    }

    pub(crate) fn count(&self) -> u32 {
        match &self.sizes {
            Sizes::Same { count, .. } => *count,
            Sizes::Words(sizes) => u32::try_from(sizes.len()).unwrap_or(u32::MAX),
            Sizes::Halves(sizes) => u32::try_from(sizes.len()).unwrap_or(u32::MAX),
            Sizes::Bytes(sizes) => u32::try_from(sizes.len()).unwrap_or(u32::MAX),
        }
    }

    /// How long all samples are shown together, in units of the track's clock.
    pub(crate) fn duration(&self) -> u64 {
        let durations = self.durations.iter().map(|entry| {
            let (count, each) = entry.split_at(4);
            let number = |bytes: &[u8]| {
                bytes
                    .first_chunk()
                    .map_or(0, |bytes| u64::from(u32::from_be_bytes(*bytes)))
            };
            number(count).saturating_mul(number(each))
        });
        durations.fold(0, u64::saturating_add)
    }

    /// Returns up to 4096 sync samples, evenly spread if there are more.
    pub(crate) fn sync_samples(&self) -> Vec<SyncSample> {
        let count = self.count();
        let mut clock = Clock::new(self.durations);
        let mut delays = Clock::new(self.delays);
        let mut timed = |index: u32| SyncSample {
            index,
            time: clock.start_of(index).saturating_add(delays.value_of(index)),
        };
        if let Some(sync) = self.sync {
            let step = sync.len().div_ceil(MOST_SYNC).max(1);
            let numbers = sync.iter().step_by(step).map(|it| u32::from_be_bytes(*it));
            let mut last = 0;
            // The clocks run forwards only, so an entry that is out of order is left out.
            numbers
                .filter(|number| {
                    let is_later = *number > last && *number <= count;
                    last = last.max(*number);
                    is_later
                })
                .map(|number| timed(number - 1))
                .collect()
        } else {
            let step = (count as usize).div_ceil(MOST_SYNC).max(1);
            (0..count).step_by(step).map(timed).collect()
        }
    }

    /// Where a sample lies in the file; `None` if the tables contradict each other, or if the sample
    /// is of another description than the first.
    pub(crate) fn locate(&self, index: u32) -> Option<Extent> {
        let wanted = u64::from(index);
        let mut first_of_run = 0_u64;
        for (position, run) in self.runs.iter().enumerate() {
            let (first_chunk, per_chunk, description) = run_of(run)?;
            let behind = match self.runs.get(position + 1) {
                Some(next) => run_of(next)?.0,
                None => self.chunks.count(),
            };
            let chunks = u64::from(behind.checked_sub(first_chunk)?);
            let samples = chunks.checked_mul(u64::from(per_chunk))?;
            let into = wanted - first_of_run;
            if into < samples {
                if description != 1 {
                    return None;
                }
                let per_chunk = u64::from(per_chunk);
                let chunk = u64::from(first_chunk) + into / per_chunk;
                let before = u32::try_from(into % per_chunk).ok()?;
                let offset = self.chunks.offset(usize::try_from(chunk).ok()?)?;
                let before = self.sizes.sum(index.checked_sub(before)?, before)?;
                return Some(Extent {
                    offset: offset.checked_add(before)?,
                    length: self.sizes.sum(index, 1)?,
                });
            }
            first_of_run = first_of_run.checked_add(samples)?;
        }
        None
    }
}

/// The first chunk of a run, from 0, the samples in each of its chunks, and their description.
fn run_of(run: &[u8; 12]) -> Option<(u32, u32, u32)> {
    let mut fields = Fields::new(run);
    Some((fields.u32()?.checked_sub(1)?, fields.u32()?, fields.u32()?))
}

/// The entries of a table that states how many there are. A table that is cut off has fewer.
fn entries<const N: usize>(table: &[u8]) -> Option<&[[u8; N]]> {
    let mut fields = Fields::new(table);
    fields.version()?;
    let count = usize::try_from(fields.u32()?).ok()?;
    let (entries, _) = fields.rest().as_chunks();
    Some(entries.get(..count).unwrap_or(entries))
}

impl<'a> Sizes<'a> {
    fn of(table: &'a [u8]) -> Option<Self> {
        if let Some(sizes) = child(table, *b"stsz") {
            let mut fields = Fields::new(sizes);
            fields.version()?;
            let size = fields.u32()?;
            if size != 0 {
                let count = fields.u32()?;
                return Some(Self::Same { count, size });
            }
            // The common size is 0 as the flags are: what follows is a table.
            return Some(Self::Words(entries(sizes.get(4..)?)?));
        }
        let sizes = child(table, *b"stz2")?;
        let bits = *sizes.get(7)?;
        let table = sizes.get(4..)?;
        match bits {
            8 => Some(Self::Bytes(entries::<1>(table)?.as_flattened())),
            16 => Some(Self::Halves(entries(table)?)),
            _ => None,
        }
    }

    /// The bytes of some samples, one behind another.
    fn sum(&self, first: u32, count: u32) -> Option<u64> {
        let range = first as usize..(first.checked_add(count)?) as usize;
        Some(match self {
            Self::Same { size, .. } => u64::from(*size) * u64::from(count),
            Self::Words(sizes) => {
                let sizes = sizes.get(range)?.iter();
                sizes.map(|size| u64::from(u32::from_be_bytes(*size))).sum()
            }
            Self::Halves(sizes) => {
                let sizes = sizes.get(range)?.iter();
                sizes.map(|size| u64::from(u16::from_be_bytes(*size))).sum()
            }
            Self::Bytes(sizes) => sizes.get(range)?.iter().map(|size| u64::from(*size)).sum(),
        })
    }
}

impl Chunks<'_> {
    fn count(&self) -> u32 {
        let count = match self {
            Self::Words(offsets) => offsets.len(),
            Self::Longs(offsets) => offsets.len(),
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    fn offset(&self, chunk: usize) -> Option<u64> {
        match self {
            Self::Words(offsets) => offsets.get(chunk).map(|it| u32::from_be_bytes(*it).into()),
            Self::Longs(offsets) => offsets.get(chunk).map(|it| u64::from_be_bytes(*it)),
        }
    }
}

/// Runs through pairs of a number of samples and a value of each of them, forwards only.
struct Clock<'a> {
    runs: std::slice::Iter<'a, [u8; 8]>,
    value: i64,
    /// The first sample behind the current run.
    end: u64,
    /// The sum of all values before `end`.
    sum: i64,
}

impl<'a> Clock<'a> {
    fn new(runs: &'a [[u8; 8]]) -> Self {
        Self {
            runs: runs.iter(),
            value: 0,
            end: 0,
            sum: 0,
        }
    }

    /// The sum of the values of all samples before one.
    fn start_of(&mut self, index: u32) -> i64 {
        let value = self.value_of(index);
        let index = u64::from(index);
        let behind = i64::try_from(self.end.saturating_sub(index)).unwrap_or_default();
        self.sum.saturating_sub(behind.saturating_mul(value))
    }

    /// The value of a sample; 0 behind the end.
    fn value_of(&mut self, index: u32) -> i64 {
        while self.end <= u64::from(index) {
            let Some(run) = self.runs.next() else {
                self.value = 0;
                return 0;
            };
            let [a, b, c, d, rest @ ..] = *run;
            let count = u32::from_be_bytes([a, b, c, d]);
            // Delays may be negative; no duration has 31 bits.
            self.value = i64::from(i32::from_be_bytes(rest));
            self.end += u64::from(count);
            let all = i64::from(count).saturating_mul(self.value);
            self.sum = self.sum.saturating_add(all);
        }
        self.value
    }
}
