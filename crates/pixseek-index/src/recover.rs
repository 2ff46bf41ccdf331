//! Opening the catalog as the last commit left it, whatever ended the run before.
//!
//! One that was closed in order is taken as it is. After a kill it is looked through; what it
//! lacks comes from the journal, and if sled cannot read it any more, all of it comes from
//! what was published and the journal.

use crate::catalog::{self, Catalog, Changes, Counts, KeywordState};
use crate::journal::{self, Records};
use crate::keywords::Keywords;
use crate::{IndexError, Manifest, PhotoRecord, Root, checked, failures};
use std::path::Path;

/// Records that are put in at a time.
const AT_A_TIME: usize = 4096;

/// An index whose catalog is to be opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    /// The folder of the index.
    pub index: &'a Path,
    /// The folder that has the catalog's own folder: that of the index, or of a copy.
    pub home: &'a Path,
    /// What is published.
    pub manifest: &'a Manifest,
    /// How the journal is read: `journal::read` or `journal::salvage`.
    pub read_journal: fn(&Path, u64) -> Result<Records, IndexError>,
}

/// Opens the catalog of what `manifest` has published.
pub(crate) fn open_catalog(index: &Path, manifest: &Manifest) -> Result<Catalog, IndexError> {
    let source = Source {
        index,
        home: index,
        manifest,
        read_journal: journal::read,
    };
    source.open_catalog()
}

impl Source<'_> {
    /// Opens the catalog as the last commit left it; makes it again when a kill has broken it.
    pub(crate) fn open_catalog(self) -> Result<Catalog, IndexError> {
        let (home, manifest) = (self.home, self.manifest);
        let was_sealed = catalog::is_sealed(home, manifest.epoch);
        let opened = Catalog::open(home, manifest.epoch).and_then(|catalog| {
            if !was_sealed {
                check(&catalog)?;
            }
            Ok(catalog)
        });
        let catalog = match opened {
            Ok(catalog) => catalog,
            // Bytes that changed while nobody wrote are for a person to know.
            Err(error) if was_sealed => return Err(error),
            Err(IndexError::Damaged { .. } | IndexError::Catalog { .. }) => {
                return self.remake_catalog();
            }
            Err(error) => return Err(error),
        };
        let has_lost = manifest.rows > catalog.rows()?
            || manifest.commit > catalog.commit()?
            || manifest.generation > catalog.generation()?;
        if !has_lost {
            self.replay(&catalog)?;
            return Ok(catalog);
        }
        if was_sealed {
            let path = catalog::folder(home, manifest.epoch);
            return Err(checked::damaged(
                home,
                &path,
                "it has lost what was published",
            ));
        }
        catalog.discard();
        self.remake_catalog()
    }

    /// Makes the catalog from what was published and the journal.
    pub(crate) fn remake_catalog(self) -> Result<Catalog, IndexError> {
        let (index, manifest) = (self.index, self.manifest);
        let lost = |source: IndexError| IndexError::Lost {
            index: index.into(),
            source: Box::new(source),
        };
        // Nothing is removed before what replaces it has been read.
        let keywords = Keywords::check(index, manifest)
            .and_then(|()| Keywords::open(index, manifest))
            .map_err(lost)?;
        catalog::remove(self.home, manifest.epoch)?;
        let catalog = Catalog::open(self.home, manifest.epoch)?;
        catalog.set_model(&manifest.model)?;
        if let Some(precision) = &manifest.precision {
            catalog.set_precision(precision)?;
        }
        self.fill(&catalog, &keywords)?;
        self.replay(&catalog)?;
        // Last: until then it is one that has lost something.
        catalog.set_generation(manifest.generation)?;
        Ok(catalog)
    }

    /// Puts in what was published.
    fn fill(self, catalog: &Catalog, keywords: &Keywords) -> Result<(), IndexError> {
        let manifest = self.manifest;
        let mut changes = Changes {
            commit: manifest.commit,
            rows: manifest.rows,
            owes_erasure: manifest.owes_erasure,
            ..Changes::default()
        };
        for photo in keywords.photos() {
            let (path, record) = photo?;
            changes.contents.push((record.content, record.row));
            changes.photos.push((path, record));
            if changes.photos.len() == AT_A_TIME {
                catalog.apply(&changes, KeywordState::Written)?;
                changes.contents.clear();
                changes.photos.clear();
            }
        }
        // Failures that cannot be read are tried again by the next run, and fail again.
        changes.failures = failures::read_failures(self.index)
            .unwrap_or_default()
            .into_iter()
            .map(|failed| (failed.path.bytes().to_vec(), failed.failure))
            .collect();
        let roots = manifest.roots.iter().map(Root::entry);
        changes.roots = roots.map(|(path, record)| (path, Some(record))).collect();
        let forgotten = manifest.forgotten.iter();
        changes.forgotten = forgotten
            .map(|path| (path.bytes().to_vec(), true))
            .collect();
        catalog.apply(&changes, KeywordState::Written)
    }

    /// Brings in the commits that the catalog lacks.
    fn replay(self, catalog: &Catalog) -> Result<(), IndexError> {
        let records = (self.read_journal)(self.index, self.manifest.generation)?;
        let known = catalog.commit()?;
        let records = records.changes.iter();
        for changes in records.filter(|changes| changes.commit > known) {
            catalog.apply(changes, KeywordState::Pending)?;
        }
        Ok(())
    }
}

/// Looks through a catalog: every record can be read, and they agree with each other.
pub(crate) fn check(catalog: &Catalog) -> Result<Counts, IndexError> {
    let rows = catalog.rows()?;
    let wrong = |what: &str| Err(catalog.damaged(what));
    let mut counts = Counts::default();
    for entry in catalog.photos_below(b"") {
        let (path, record): (Vec<u8>, PhotoRecord) = entry?;
        counts.photos += 1;
        counts.offline += u64::from(record.offline);
        if catalog.row_of(&record.content)? != Some(record.row) || record.row.0 >= rows {
            return wrong("a photo's content has another row");
        }
        if catalog.failure(&path)?.is_some() {
            return wrong("a path is both a photo and a failure");
        }
    }
    for entry in catalog.contents() {
        if entry?.1.0 >= rows {
            return wrong("a content's row is not committed");
        }
    }
    for entry in catalog.failures_below(b"") {
        entry?;
        counts.failures += 1;
    }
    if catalog.counts()? != counts {
        return wrong("its counts are wrong");
    }
    catalog.roots()?;
    catalog.forgotten()?;
    Ok(counts)
}
