//! Opens the catalog in the state of the last commit, even after a kill.
//!
//! A sealed catalog is used as it is. An unsealed one is checked, and gets the commits that it
//! lacks from the journal. If sled cannot read it, it is remade from the publication and the
//! journal.

use crate::catalog::{self, Catalog, Counts, KeywordState, Transaction};
use crate::journal::{self, Records};
use crate::keywords::Keywords;
use crate::{IndexError, Manifest, PhotoRecord, Root, checked, failures};
use std::path::Path;

/// Photos in one transaction.
const AT_A_TIME: usize = 4096;

/// An index whose catalog is to be opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    /// The folder of the index.
    pub index: &'a Path,
    /// The folder with the folder of the catalog: the index, or a copy.
    pub home: &'a Path,
    /// The published state.
    pub manifest: &'a Manifest,
    /// Reads the journal: `journal::read` or `journal::salvage`.
    pub read_journal: fn(&Path, u64) -> Result<Records, IndexError>,
}

/// Opens the catalog of a published state.
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
    /// Opens the catalog in the state of the last commit. Remakes it if a kill has broken it.
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
            // The bytes changed while nobody was writing: that is a failing disk or another
            // program, and the user has to know.
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

    /// Makes the catalog from the publication and the journal.
    pub(crate) fn remake_catalog(self) -> Result<Catalog, IndexError> {
        let (index, manifest) = (self.index, self.manifest);
        let lost = |source: IndexError| IndexError::Lost {
            index: index.into(),
            source: Box::new(source),
        };
        // Everything that replaces the catalog has been read, so it may be removed.
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
        // The last step: a kill before it leaves a catalog that counts as incomplete.
        catalog.set_generation(manifest.generation)?;
        Ok(catalog)
    }

    /// Adds everything that was published.
    fn fill(self, catalog: &Catalog, keywords: &Keywords) -> Result<(), IndexError> {
        let manifest = self.manifest;
        let mut transaction = Transaction {
            commit: manifest.commit,
            rows: manifest.rows,
            owes_erasure: manifest.owes_erasure,
            ..Transaction::default()
        };
        for photo in keywords.photos() {
            let (path, record) = photo?;
            transaction.contents.push((record.content, record.rows));
            transaction.photos.push((path, record));
            if transaction.photos.len() == AT_A_TIME {
                catalog.apply(&transaction, KeywordState::Written)?;
                transaction.contents.clear();
                transaction.photos.clear();
            }
        }
        // If the failures cannot be read, the next run tries those files again and finds them anew.
        transaction.failures = failures::read_failures(self.index)
            .unwrap_or_default()
            .into_iter()
            .map(|failed| (failed.path.bytes().to_vec(), failed.failure))
            .collect();
        let roots = manifest.roots.iter().map(Root::entry);
        transaction.roots = roots.map(|(path, record)| (path, Some(record))).collect();
        let forgotten = manifest.forgotten.iter();
        transaction.forgotten = forgotten
            .map(|path| (path.bytes().to_vec(), true))
            .collect();
        catalog.apply(&transaction, KeywordState::Written)
    }

    /// Applies the commits that the catalog lacks.
    fn replay(self, catalog: &Catalog) -> Result<(), IndexError> {
        let records = (self.read_journal)(self.index, self.manifest.generation)?;
        let known = catalog.commit()?;
        let records = records.transactions.iter();
        for transaction in records.filter(|transaction| transaction.commit > known) {
            catalog.apply(transaction, KeywordState::Pending)?;
        }
        Ok(())
    }
}

/// Checks that every record of a catalog can be read, and that records agree with each other.
pub(crate) fn check(catalog: &Catalog) -> Result<Counts, IndexError> {
    let rows = catalog.rows()?;
    let wrong = |what: &str| Err(catalog.damaged(what));
    let mut counts = Counts::default();
    for entry in catalog.photos_below(b"") {
        let (path, record): (Vec<u8>, PhotoRecord) = entry?;
        counts.photos += 1;
        counts.offline += u64::from(record.offline);
        if catalog.rows_of(&record.content)? != Some(record.rows) || record.rows.end() > rows {
            return wrong("a photo's content has other rows");
        }
        if catalog.failure(&path)?.is_some() {
            return wrong("a path is both a photo and a failure");
        }
    }
    for entry in catalog.contents() {
        if entry?.1.end() > rows {
            return wrong("a content's rows are not committed");
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
