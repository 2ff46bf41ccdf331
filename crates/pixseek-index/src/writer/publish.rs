//! Publishing: writes keywords and failures, and then `MANIFEST`. Graphs are built between
//! publications.

use super::{JournalState, Writer};
use crate::catalog::Counts;
use crate::failures::publish_failures;
use crate::graph::{Graph, Plan};
use crate::journal::Journal;
use crate::keywords::{self, KeywordWriter, Keywords};
use crate::manifest::{FORMAT, GraphEntry, KeywordsEntry};
use crate::matrix::Matrix;
use crate::vectors::{VECTORS, vectors_path};
use crate::{IndexError, Manifest, RowSet, catalog, graph, journal, tags};
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::time::{SystemTime, UNIX_EPOCH};

/// A new graph also covers the rows of its predecessor, unless that is more than this many times
/// larger. As in a log-structured merge tree, each row is built into few graphs, and a search walks
/// few graphs.
const LARGER: u32 = 2;

/// A graph is published whenever this many rows were added to it, so that a run that is stopped loses
/// at most a minute's work.
const STAGE: u32 = 250_000;

/// The progress of building a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphProgress {
    /// Rows that it has.
    pub rows: u32,
    /// Rows that it will have.
    pub total: u32,
}

impl Writer {
    /// Makes all commits visible to readers. Readers scan rows that no graph covers.
    ///
    /// # Errors
    ///
    /// When a write fails. Readers then see the state before.
    pub fn publish(&mut self) -> Result<(), IndexError> {
        let graphs = self.manifest.graphs.clone();
        self.publish_with(graphs)
    }

    /// Whether readers see all commits.
    ///
    /// # Errors
    ///
    /// When the catalog fails.
    pub fn is_published(&self) -> Result<bool, IndexError> {
        let catalog = self.catalog();
        let manifest = &self.manifest;
        let counts = Counts {
            photos: manifest.photos,
            offline: manifest.offline,
            failures: manifest.failures,
        };
        Ok(catalog.pending().next().is_none()
            && catalog.rows()? == manifest.rows
            && catalog.counts()? == counts
            && catalog.roots()? == manifest.roots
            && self.forgotten()? == manifest.forgotten
            && catalog.owes_erasure()? == manifest.owes_erasure)
    }

    /// Builds a graph over the rows that no graph covers, if there are enough, and publishes it. If
    /// `stop` is set, what was built of the graph since its last 250,000 rows, or since the rows of the
    /// graphs that it replaces, is lost.
    /// Searches find all rows, before and after.
    ///
    /// # Errors
    ///
    /// When a write fails or the vectors are damaged. Readers then see the state before.
    pub fn extend_graph(
        &mut self,
        stop: &AtomicBool,
        on_progress: &mut dyn FnMut(GraphProgress),
    ) -> Result<(), IndexError> {
        let mut kept = self.manifest.graphs.clone();
        let rows = self.manifest.rows;
        let Some(range) = next_graph(&mut kept, rows, self.options.graph_from) else {
            return Ok(());
        };
        let total = range.end - range.start;
        let manifest = &self.manifest;
        let dimension = manifest.model.dimension;
        let replaced = manifest.graphs.get(kept.len());
        let plan = Plan {
            builder: self.options.graph_builder,
            matrix: Matrix::open(&self.index, manifest.epoch, dimension, rows)?,
            range,
            // Without it, the graph is built from the first row on.
            base: replaced.and_then(|entry| Graph::open(&self.index, entry).ok()),
            stage: STAGE,
        };
        let mut tell = |rows| on_progress(GraphProgress { rows, total });
        let covered = |graph: &GraphEntry| graph.first + graph.rows;
        let covered = self.manifest.graphs.iter().map(covered).max().unwrap_or(0);
        graph::build(plan, stop, &mut tell, &mut |built| {
            // A stage that covers less than the graphs it replaces is no progress.
            if built.first + built.rows < covered {
                return Ok(());
            }
            let entry = built.write(&self.index, self.manifest.generation + 1)?;
            let graphs = kept.iter().cloned().chain([entry]).collect();
            self.publish_with(graphs)
        })
    }

    fn publish_with(&mut self, graphs: Vec<GraphEntry>) -> Result<(), IndexError> {
        self.write_publication(graphs)?;
        self.remove_leftovers();
        Ok(())
    }

    fn write_publication(&mut self, graphs: Vec<GraphEntry>) -> Result<(), IndexError> {
        self.journal.check(&self.index)?;
        let (keywords, live) = self.write_keywords()?;
        publish_failures(&self.index, self.catalog())?;
        let counts = self.catalog().counts()?;
        let before = &self.manifest;
        let manifest = Manifest {
            format: FORMAT,
            generation: before.generation + 1,
            commit: self.catalog().commit()?,
            rows: self.catalog().rows()?,
            row_changes: before.row_changes + before.live.difference(&live),
            live,
            photos: counts.photos,
            offline: counts.offline,
            failures: counts.failures,
            roots: self.catalog().roots()?,
            forgotten: self.forgotten()?,
            owes_erasure: self.catalog().owes_erasure()?,
            published: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |time| time.as_secs()),
            graphs,
            keywords: Some(keywords),
            ..before.clone()
        };
        // Both before `MANIFEST`: a catalog with a lower generation than `MANIFEST` has then lost
        // data, and the journal that `MANIFEST` names exists.
        self.catalog().set_generation(manifest.generation)?;
        let journal = Journal::open(&self.index, manifest.generation, 0)?;
        if let Err(error) = manifest.write(&self.index) {
            // The new `MANIFEST` may be in place, so it is unknown which journal counts.
            self.journal = JournalState::Uncertain;
            return Err(error);
        }
        self.manifest = manifest;
        self.journal = JournalState::Open(journal);
        self.catalog().clear_pending()
    }

    /// Publishes a new epoch without removing the old one.
    pub(crate) fn publish_beside(&mut self) -> Result<(), IndexError> {
        let graphs = self.manifest.graphs.clone();
        self.write_publication(graphs)
    }

    /// Updates the keywords of all pending paths. Returns their entry for `MANIFEST`, and the rows
    /// that have a photo.
    fn write_keywords(&self) -> Result<(KeywordsEntry, RowSet), IndexError> {
        let mut pending = self.catalog().pending().peekable();
        if pending.peek().is_none()
            && let Some(published) = &self.manifest.keywords
        {
            return Ok((published.clone(), self.manifest.live.clone()));
        }
        let keywords = self.keywords(self.manifest.keywords.as_ref())?;
        for path in pending {
            self.replace_family(&path?, &keywords)?;
        }
        let entry = keywords.commit()?;
        let live = self.live_rows(&entry)?;
        Ok((entry, live))
    }

    /// Updates the keywords of a path, and of the photos that a film at this path belongs to or belonged
    /// to. Whether a photo has a short film beside it is derived here from what the catalog has now,
    /// because films come, move and are forgotten later than their photos, and a run may be killed
    /// between the two. Deriving it when searching would compare a million names at each search.
    fn replace_family(&self, path: &[u8], keywords: &KeywordWriter) -> Result<(), IndexError> {
        let catalog = self.catalog();
        let Some(record) = catalog.photo(path)? else {
            keywords.delete(path);
            return self.replace_photos(path, keywords);
        };
        keywords.replace(path, &record, catalog.has_motion(path, &record)?)?;
        // Also for a photo: a film may have been at this path before.
        self.replace_photos(path, keywords)
    }

    /// Updates the keywords of the photos of a path's name. Those that are pending are updated anyway.
    fn replace_photos(&self, path: &[u8], keywords: &KeywordWriter) -> Result<(), IndexError> {
        let catalog = self.catalog();
        for (path, record) in catalog.family(path)? {
            if record.facts.film.is_none() && !catalog.is_pending(&path)? {
                keywords.replace(&path, &record, catalog.has_motion(&path, &record)?)?;
            }
        }
        Ok(())
    }

    /// The rows of the photos in the keywords. The catalog has them, too, but reading its records
    /// takes seconds, and a column of the keywords takes milliseconds.
    fn live_rows(&self, entry: &KeywordsEntry) -> Result<RowSet, IndexError> {
        Keywords::open_entry(&self.index, self.manifest.epoch, Some(entry))?.live_rows()
    }

    /// Keywords for an epoch that has none.
    pub(crate) fn new_keywords(&self) -> Result<KeywordWriter, IndexError> {
        self.keywords(None)
    }

    fn keywords(&self, published: Option<&KeywordsEntry>) -> Result<KeywordWriter, IndexError> {
        KeywordWriter::open(&self.index, self.manifest.epoch, published)
    }

    /// Sets the keywords of the next publication, which have all photos.
    pub(crate) fn set_keywords(&mut self, keywords: KeywordWriter) -> Result<(), IndexError> {
        let entry = keywords.commit()?;
        self.manifest.live = self.live_rows(&entry)?;
        self.manifest.keywords = Some(entry);
        Ok(())
    }

    /// Removes the files that the published state does not need: old graphs and keywords, and all
    /// other epochs. Readers that have opened them can go on using them.
    pub(crate) fn remove_leftovers(&self) {
        graph::remove_others(&self.index, &self.manifest.graphs);
        keywords::remove_others(&self.index, &self.manifest);
        catalog::remove_others(&self.index, self.manifest.epoch);
        journal::remove_others(&self.index, self.manifest.generation);
        tags::remove_others(&self.index, self.manifest.epoch);
        let vectors = vectors_path(&self.index, self.manifest.epoch);
        let files = std::fs::read_dir(self.index.join(VECTORS));
        for file in files.into_iter().flatten().flatten() {
            if file.path() != vectors {
                // The next writer tries again.
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}

/// The rows that the next graph covers; `None` if there are too few without a graph. Removes the
/// graphs that it replaces from `graphs`.
fn next_graph(graphs: &mut Vec<GraphEntry>, rows: u32, graph_from: u32) -> Option<Range<u32>> {
    let mut start = graphs.last().map_or(0, |graph| graph.first + graph.rows);
    if rows.saturating_sub(start) < graph_from.max(1) {
        return None;
    }
    while let Some(last) = graphs.last()
        && last.rows / LARGER <= rows - start
    {
        start = last.first;
        graphs.pop();
    }
    Some(start..rows)
}

#[cfg(test)]
mod tests {
    use super::next_graph;
    use crate::manifest::GraphEntry;

    #[test]
    fn a_graph_replaces_predecessors_that_are_at_most_twice_as_large() {
        let mut graphs: Vec<GraphEntry> = Vec::new();
        for (rows, expected) in [
            (99, None),
            (100, Some(0..100)),
            (150, None),
            (200, Some(0..200)),
            (1000, Some(0..1000)),
            (1100, Some(1000..1100)),
            (1200, Some(1000..1200)),
            (1300, Some(1000..1300)),
            (1800, Some(0..1800)),
        ] {
            let found = next_graph(&mut graphs, rows, 100);
            assert_eq!(found, expected, "{rows} rows");
            if let Some(range) = found {
                graphs.push(GraphEntry {
                    generation: 1,
                    first: range.start,
                    rows: range.end - range.start,
                    bytes: 0,
                    crc: 0,
                    inside: 0.0,
                });
            }
        }
    }
}
