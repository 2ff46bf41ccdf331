//! Builds a graph in flat arrays (algorithm 1 of Malkov & Yashunin, in batches).
//!
//! A batch of points searches the graph of the points before it in parallel; then the batch's links
//! are set, in a fixed order. So the same rows, inserted in the same steps, give the same graph whatever
//! the number of threads is, and searches need no locks. Points of one batch do not find each other. A batch is small
//! beside the graph and a random sample of the rows, because photos that were taken one after the
//! other are alike. Sorting a batch by the regions in which its searches end, so that they share the
//! processor's cache, was rejected: with 100,000 and 300,000 rows it saved no time. Loading rows and
//! links ahead saved 40 %.
//!
//! In a processor second (an EPYC with AVX-512 VNNI, two busy cores), it inserts 6,400 of 100,000 and 4,400
//! of 1,000,000 rows of 384 dimensions, and hnswlib 2,260 and 1,670. Above the mapped vectors,
//! 1,000,000 rows take 360 MB.

use super::beam::{Beam, Candidate, Scratch};
use super::built::BuiltGraph;
use super::file::Graph;
use super::links::{LINKS, Links, TOP_LAYER};
use super::pairs::Pairs;
use super::restore;
use super::select::neighbours;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Points of which a new one chooses its neighbours. Of 1,000,000 rows of 384 dimensions (those of the
/// benchmark `index`), beams of 16 to 64 find as many of the ten nearest as in hnswlib's graph with
/// 200: at most 0.0005 fewer to a row, and 0.0015 more to another photo.
const EF_CONSTRUCTION: usize = 160;
/// A batch has at most one point for this many in its highest layer.
const BATCH_SHARE: usize = 50;
/// The largest batch. After each, `stop` is looked at.
const BATCH_MOST: usize = 16_384;
/// Points that one thread inserts at a time.
const AT_A_TIME: usize = 32;

/// A graph to which points are added.
pub(super) struct Builder {
    pairs: Pairs,
    links: Links,
    /// A point of the top layer, at which all searches begin. `None` without points.
    entry: Option<u32>,
    /// The number of points in each layer.
    counts: [usize; TOP_LAYER as usize + 1],
    scratch: Mutex<Vec<Scratch>>,
}

/// A link that a new point asks another for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    layer: usize,
    of: u32,
    to: u32,
}

/// The new neighbours of a point in a layer.
struct Change {
    layer: usize,
    row: u32,
    neighbours: Vec<u32>,
}

impl Builder {
    /// A graph without points, for the rows of `pairs`.
    pub(super) fn new(pairs: Pairs) -> Self {
        let links = Links::new(levels(&pairs));
        Self {
            pairs,
            links,
            entry: None,
            counts: [0; TOP_LAYER as usize + 1],
            scratch: Mutex::new(Vec::new()),
        }
    }

    /// Takes over the points and links of a graph over the first rows. Returns false, and changes
    /// nothing, if it has links that no builder sets.
    ///
    /// # Errors
    ///
    /// When the graph is damaged.
    pub(super) fn restore(&mut self, base: &Graph) -> std::io::Result<bool> {
        let Some(links) = restore::links(base, levels(&self.pairs))? else {
            return Ok(false);
        };
        self.links = links;
        // The entry of the file is among the first points that are counted.
        self.count(base.entry());
        for row in (0..base.rows()).filter(|row| *row != base.entry()) {
            self.count(row);
        }
        Ok(true)
    }

    /// Inserts rows. Returns whether all were inserted: `go_on` is told the number of new points
    /// after every batch and may end it. Without them all, the graph must not be used.
    pub(super) fn insert(&mut self, rows: Range<u32>, go_on: &mut dyn FnMut(u32) -> bool) -> bool {
        // Rows in the highest layers come first, so that the others find them. Among those of the
        // same layers the order is random.
        let mut order: Vec<u32> = rows.collect();
        order.sort_unstable_by_key(|row| {
            let level = usize::MAX - self.links.level(*row);
            (level, hash(*row), *row)
        });
        let mut inserted = 0;
        while let Some(next) = order.get(inserted) {
            let level = self.links.level(*next);
            let length = match self.entry {
                Some(entry) if level <= self.links.level(entry) => {
                    (self.counts[level] / BATCH_SHARE).clamp(1, BATCH_MOST)
                }
                // The next point begins a layer.
                _ => 1,
            };
            let end = order.len().min(inserted + length);
            self.insert_batch(&order[inserted..end]);
            let batch = end - inserted;
            inserted = end;
            if !go_on(u32::try_from(batch).unwrap_or(u32::MAX)) {
                break;
            }
        }
        inserted == order.len()
    }

    /// The graph over the rows below `end`, all of which were inserted and no others.
    pub(super) fn built(&self, first: u32, end: u32) -> BuiltGraph {
        BuiltGraph {
            first,
            rows: end,
            entry: self.entry.unwrap_or(0),
            inside: self.pairs.inside(end),
            layers: self.links.layers(end),
        }
    }

    fn insert_batch(&mut self, batch: &[u32]) {
        let chosen: Vec<Change> = batch
            .par_chunks(AT_A_TIME)
            .flat_map_iter(|rows| {
                let mut scratch = self.take_scratch();
                let mut chosen = Vec::with_capacity(2 * rows.len());
                for row in rows {
                    self.choose(*row, &mut scratch, &mut chosen);
                }
                self.return_scratch(scratch);
                chosen
            })
            .collect();
        self.apply(&chosen);
        let mut requests: Vec<Request> = chosen
            .iter()
            .flat_map(|change| {
                change.neighbours.iter().map(|of| Request {
                    layer: change.layer,
                    of: *of,
                    to: change.row,
                })
            })
            .collect();
        requests.par_sort_unstable();
        let asked: Vec<&[Request]> = requests
            .chunk_by(|a, b| (a.layer, a.of) == (b.layer, b.of))
            .collect();
        let granted: Vec<Change> = asked
            .into_par_iter()
            .with_min_len(AT_A_TIME)
            .map(|requests| self.grant(requests))
            .collect();
        self.apply(&granted);
        for row in batch {
            self.count(*row);
        }
    }

    fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            self.links.set(change.layer, change.row, &change.neighbours);
        }
    }

    /// Notes that a row has become a point.
    fn count(&mut self, row: u32) {
        let level = self.links.level(row);
        for count in &mut self.counts[..=level] {
            *count += 1;
        }
        if self
            .entry
            .is_none_or(|entry| level > self.links.level(entry))
        {
            self.entry = Some(row);
        }
    }

    /// Chooses the neighbours of a new point in each of its layers that has others.
    fn choose(&self, row: u32, scratch: &mut Scratch, chosen: &mut Vec<Change>) {
        let Some(entry) = self.entry else {
            return;
        };
        let beam = Beam {
            pairs: &self.pairs,
            links: &self.links,
            query: row,
        };
        let (level, top) = (self.links.level(row), self.links.level(entry));
        let mut nearest = Candidate::new(entry, self.pairs.distance(row, entry));
        for layer in (level + 1..=top).rev() {
            nearest = beam.descend(layer, nearest);
        }
        let mut found = vec![nearest];
        for layer in (0..=level.min(top)).rev() {
            beam.search(layer, EF_CONSTRUCTION, &mut found, scratch);
            chosen.push(Change {
                layer,
                row,
                neighbours: neighbours(&self.pairs, &found, Links::capacity(layer)),
            });
        }
    }

    /// The neighbours of a point that others have asked for links. If it has no place for all, it
    /// chooses anew.
    fn grant(&self, requests: &[Request]) -> Change {
        let Request { layer, of: row, .. } = requests[0];
        let capacity = Links::capacity(layer);
        let mut wanted: Vec<u32> = self.links.of(layer, row).collect();
        wanted.extend(requests.iter().map(|request| request.to));
        if wanted.len() > capacity {
            for other in &wanted {
                self.pairs.prefetch(*other);
            }
            let mut candidates: Vec<Candidate> = wanted
                .iter()
                .map(|other| Candidate::new(*other, self.pairs.distance(row, *other)))
                .collect();
            candidates.sort_unstable();
            wanted = neighbours(&self.pairs, &candidates, capacity);
        }
        Change {
            layer,
            row,
            neighbours: wanted,
        }
    }

    fn take_scratch(&self) -> Scratch {
        let mut kept = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        kept.pop()
            .unwrap_or_else(|| Scratch::new(self.pairs.rows()))
    }

    fn return_scratch(&self, scratch: Scratch) {
        let mut kept = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(scratch);
    }
}

fn levels(pairs: &Pairs) -> Vec<u8> {
    (0..pairs.rows()).map(level).collect()
}

/// The highest layer of a row: one in [`LINKS`] of a layer's rows is in the next one, too.
fn level(row: u32) -> u8 {
    const { assert!(LINKS == 16, "four bits are zero in one of 16 numbers") };
    let groups = hash(!row).leading_zeros() / 4;
    u8::try_from(groups).unwrap_or(TOP_LAYER).min(TOP_LAYER)
}

/// splitmix64 (Steele, Lea, Flood 2014), with a fixed seed.
fn hash(row: u32) -> u64 {
    let x = u64::from(row).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
