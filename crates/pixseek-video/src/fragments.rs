//! The sync samples of fragmented films, in which each fragment describes its own pictures.

use crate::boxes::{Boxes, Fields, child};
use crate::container::{Extent, Fragment};

/// A sync sample of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// When it is shown, in units of the track's clock, before edits.
    pub time: i64,
    pub extent: Extent,
}

/// What the fragments say of a track.
#[derive(Debug, Default)]
pub(crate) struct Fragmented {
    pub sync: Vec<Found>,
    /// The end of the last sample, in units of the track's clock.
    pub end: i64,
    /// One of so many sync samples is kept.
    step: usize,
    seen: usize,
}

/// What holds for a sample whose own fields are missing.
#[derive(Debug, Clone, Copy, Default)]
struct Defaults {
    duration: u32,
    size: u32,
    flags: u32,
}

/// Sync samples to keep at most.
const MOST_SYNC: usize = 4096;

/// A sample's flag: it needs others to be decoded.
const NOT_SYNC: u32 = 0x1_0000;

impl Fragmented {
    /// Reads the fragments of a track of a movie.
    pub(crate) fn read(moov: &[u8], track: u32, fragments: &[Fragment]) -> Self {
        let defaults = child(moov, *b"mvex")
            .and_then(|extends| extended(extends, track))
            .unwrap_or_default();
        let mut read = Self {
            step: 1,
            ..Self::default()
        };
        for fragment in fragments {
            for (kind, traf) in Boxes::of(&fragment.moof) {
                if kind == *b"traf" {
                    // A fragment that is damaged is left out; the others count.
                    let _ = read.add(traf, track, fragment.at, defaults);
                }
            }
        }
        read
    }

    fn add(&mut self, traf: &[u8], track: u32, moof: u64, mut defaults: Defaults) -> Option<()> {
        let mut header = Fields::new(child(traf, *b"tfhd")?);
        let (_, flags) = header.version()?;
        if header.u32()? != track {
            return None;
        }
        let has = |flag: u32| flags & flag != 0;
        let base = if has(1) { header.u64()? } else { moof };
        if has(2) {
            header.skip(4)?;
        }
        for (flag, value) in [
            (8, &mut defaults.duration),
            (16, &mut defaults.size),
            (32, &mut defaults.flags),
        ] {
            if has(flag) {
                *value = header.u32()?;
            }
        }
        if let Some(decoded) = child(traf, *b"tfdt") {
            let mut fields = Fields::new(decoded);
            let (version, _) = fields.version()?;
            self.end = i64::try_from(fields.versioned(version)?).ok()?;
        }
        let mut offset = base;
        for (kind, run) in Boxes::of(traf) {
            if kind == *b"trun" {
                offset = self.run(run, base, offset, defaults)?;
            }
        }
        Some(())
    }

    /// Reads a run of samples, and returns the offset behind the last.
    fn run(&mut self, run: &[u8], base: u64, offset: u64, defaults: Defaults) -> Option<u64> {
        let mut fields = Fields::new(run);
        let (_, flags) = fields.version()?;
        let has = |flag: u32| flags & flag != 0;
        let count = fields.u32()?;
        let mut offset = if has(1) {
            base.checked_add_signed(i64::from(fields.i32()?))?
        } else {
            offset
        };
        let mut first_flags = has(4).then(|| fields.u32()).flatten();
        let has_rows = flags & 0xf00 != 0;
        for _ in 0..count {
            let mut or = |flag: u32, default: u32| {
                if has(flag) {
                    fields.u32()
                } else {
                    Some(default)
                }
            };
            let duration = or(0x100, defaults.duration)?;
            let size = or(0x200, defaults.size)?;
            let own = or(0x400, defaults.flags)?;
            // Delays may be negative.
            let delay = or(0x800, 0)?.cast_signed();
            if first_flags.take().unwrap_or(own) & NOT_SYNC == 0 {
                let length = u64::from(size);
                self.keep(Found {
                    time: self.end.saturating_add(i64::from(delay)),
                    extent: Extent { offset, length },
                });
            }
            // All samples of a run without rows are alike but for the first, and without a row a count
            // would not have to end.
            let alike = if has_rows { 1 } else { count };
            let duration = i64::from(duration).saturating_mul(i64::from(alike));
            self.end = self.end.saturating_add(duration);
            offset = offset.checked_add(u64::from(size) * u64::from(alike))?;
            if !has_rows {
                break;
            }
        }
        Some(offset)
    }

    /// Keeps a sync sample; every second one is dropped whenever there are too many.
    fn keep(&mut self, found: Found) {
        if self.seen.is_multiple_of(self.step) {
            self.sync.push(found);
        }
        self.seen += 1;
        if self.sync.len() > 2 * MOST_SYNC {
            let mut is_kept = [true, false].into_iter().cycle();
            self.sync.retain(|_| is_kept.next().unwrap_or(true));
            self.step *= 2;
        }
    }
}

/// What holds for the samples of a track in all fragments.
fn extended(extends: &[u8], track: u32) -> Option<Defaults> {
    Boxes::of(extends).find_map(|(kind, content)| {
        let mut fields = Fields::new(content);
        fields.version()?;
        let is_it = kind == *b"trex" && fields.u32()? == track;
        is_it.then(|| {
            fields.skip(4)?;
            Some(Defaults {
                duration: fields.u32()?,
                size: fields.u32()?,
                flags: fields.u32()?,
            })
        })?
    })
}
