//! Evaluates filters. Each condition reads a column of a segment and results in a set of documents.

use super::folded::FoldedTexts;
use super::schema;
use crate::{Filter, RowId, RowSet, fold_text};
use pixseek_record::{Condition, Fact, Folder};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use tantivy::columnar::{Cardinality, Column, StrColumn};
use tantivy::{SegmentReader, TantivyError};

/// Documents whose rows are read in one call.
const ROWS_AT_ONCE: usize = 256;
/// Kilometres of a degree of latitude, rounded down, so that the band around a place is wide
/// enough.
const DEGREE: f64 = 111.0;

/// The data that filters of one segment need.
pub(super) struct SegmentFilter<'a> {
    pub segment: &'a SegmentReader,
    /// The number of the segment.
    pub ordinal: usize,
    pub folded: &'a FoldedTexts,
    /// The rows of each label in the filter.
    pub labelled: &'a HashMap<&'a str, RowSet>,
}

type Documents = Result<RowSet, TantivyError>;

impl SegmentFilter<'_> {
    /// The documents that pass. Deleted ones may be among them.
    pub(super) fn documents(&self, filter: &Filter) -> Documents {
        match filter {
            Filter::Is(condition) => self.condition(condition),
            Filter::In(folder) => self.below(folder),
            Filter::All(filters) => {
                // Negated filters go last and are subtracted, which needs no set of all documents.
                let (without, with): (Vec<_>, Vec<_>) = filters
                    .iter()
                    .partition(|filter| matches!(filter, Filter::Not(_)));
                let mut all: Option<RowSet> = None;
                for filter in with {
                    let found = self.documents(filter)?;
                    match &mut all {
                        Some(all) => all.intersect(&found),
                        None => all = Some(found),
                    }
                }
                let mut all = all.unwrap_or_else(|| self.everything());
                for filter in without {
                    if let Filter::Not(filter) = filter {
                        all.subtract(&self.documents(filter)?);
                    }
                }
                Ok(all)
            }
            Filter::Any(filters) => {
                let mut any = RowSet::default();
                for filter in filters {
                    any.unite(&self.documents(filter)?);
                }
                Ok(any)
            }
            Filter::Not(filter) => {
                let mut rest = self.everything();
                rest.subtract(&self.documents(filter)?);
                Ok(rest)
            }
        }
    }

    fn everything(&self) -> RowSet {
        RowSet::below(self.segment.max_doc())
    }

    fn condition(&self, condition: &Condition) -> Documents {
        match condition {
            Condition::Taken(range) => {
                let column = self.segment.fast_fields().i64(schema::TAKEN)?;
                Ok(self.in_range(&column, range.clone()))
            }
            Condition::Month(range) => self.number(schema::MONTH, range),
            Condition::Minute(range) => self.number(schema::MINUTE, range),
            Condition::Size(range) => self.number(schema::SIZE, range),
            Condition::Width(range) => self.number(schema::WIDTH, range),
            Condition::Height(range) => self.number(schema::HEIGHT, range),
            Condition::Aspect(range) => self.number(schema::ASPECT, range),
            Condition::Camera(piece) => self.containing(schema::CAMERA, piece),
            Condition::Lens(piece) => self.containing(schema::LENS, piece),
            Condition::Iso(range) => self.number(schema::ISO, range),
            Condition::Extension(end) => self.text(schema::EXTENSION, &|name| name == end),
            Condition::Near {
                latitude,
                longitude,
                kilometres,
            } => self.near(*latitude, *longitude, *kilometres),
            Condition::Rating(range) => {
                let column = self.segment.fast_fields().i64(schema::RATING)?;
                Ok(self.in_range(&column, range.clone()))
            }
            Condition::Known(fact) => self.known(*fact),
            Condition::Tag(label) => match self.labelled.get(label.as_str()) {
                Some(rows) => self.rows(rows),
                None => Ok(RowSet::default()),
            },
            Condition::Film => self.number(schema::DURATION, &(0..=u64::MAX)),
            Condition::Duration(range) => {
                let last = (*range.end()).min(schema::UNKNOWN_DURATION - 1);
                self.number(schema::DURATION, &(*range.start()..=last))
            }
            Condition::Motion => self.number(schema::MOTION, &(1..=1)),
        }
    }

    fn number(&self, name: &str, range: &RangeInclusive<u64>) -> Documents {
        let column = self.segment.fast_fields().u64(name)?;
        Ok(self.in_range(&column, range.clone()))
    }

    fn in_range<T>(&self, column: &Column<T>, range: RangeInclusive<T>) -> RowSet
    where
        T: PartialOrd + Copy + std::fmt::Debug + Send + Sync + 'static,
    {
        let mut documents = Vec::new();
        // A bug of tantivy 0.27: a range that ends below all values finds the lowest of them.
        if *range.end() < column.min_value() || *range.start() > column.max_value() {
            return RowSet::default();
        }
        column.get_docids_for_value_range(range, 0..self.segment.max_doc(), &mut documents);
        documents.into_iter().map(RowId).collect()
    }

    /// Documents whose text contains a piece, both folded. The column itself is not folded, so that
    /// completion shows names with their accents.
    fn containing(&self, name: &'static str, piece: &str) -> Documents {
        let piece = fold_text(piece);
        self.folded(name, &|text| text.contains(&*piece))
    }

    /// Documents below a folder. The column has whole paths, in which a slash ends each name.
    fn below(&self, folder: &Folder) -> Documents {
        match folder {
            Folder::Piece(piece) => self.containing(schema::FOLDER, piece),
            Folder::Path(path) => {
                let path = path.to_string_lossy();
                let start = format!("{}/", fold_text(path.trim_end_matches('/')));
                self.folded(schema::FOLDER, &|text| text.starts_with(&start))
            }
        }
    }

    /// Documents whose folded text counts.
    fn folded(&self, name: &'static str, counts: &dyn Fn(&str) -> bool) -> Documents {
        let Some(column) = self.segment.fast_fields().str(name)? else {
            return Ok(RowSet::default());
        };
        let texts = self.folded.texts(self.ordinal, name, &column)?;
        let counts = texts.iter().map(|text| counts(text));
        Ok(self.with_texts(&column, counts))
    }

    /// Documents whose text counts. Calls `counts` once for each distinct text.
    fn text(&self, name: &str, counts: &dyn Fn(&str) -> bool) -> Documents {
        let Some(column) = self.segment.fast_fields().str(name)? else {
            return Ok(RowSet::default());
        };
        let mut texts = column.dictionary().stream()?;
        let counts = std::iter::from_fn(|| {
            let is_text = texts.advance();
            is_text.then(|| std::str::from_utf8(texts.key()).is_ok_and(counts))
        });
        Ok(self.with_texts(&column, counts))
    }

    /// Documents of the texts that count. `counts` has one value for each text of the dictionary,
    /// in its order.
    fn with_texts(&self, column: &StrColumn, counts: impl Iterator<Item = bool>) -> RowSet {
        let mut found = RowSet::default();
        let mut range: Option<RangeInclusive<u64>> = None;
        for (at, is_counted) in (0..).zip(counts) {
            range = match (range.take(), is_counted) {
                (Some(before), true) => Some(*before.start()..=at),
                (None, true) => Some(at..=at),
                (Some(before), false) => {
                    found.unite(&self.in_range(column.ords(), before));
                    None
                }
                (None, false) => None,
            };
        }
        if let Some(range) = range {
            found.unite(&self.in_range(column.ords(), range));
        }
        found
    }

    fn near(&self, latitude: f64, longitude: f64, kilometres: f64) -> Documents {
        let columns = self.segment.fast_fields();
        let latitudes = columns.f64(schema::LATITUDE)?;
        let longitudes = columns.f64(schema::LONGITUDE)?;
        let height = kilometres / DEGREE;
        let band = self.in_range(&latitudes, latitude - height..=latitude + height);
        let is_near = |document: &RowId| {
            let place = latitudes
                .first(document.0)
                .zip(longitudes.first(document.0));
            place.is_some_and(|place| {
                pixseek_record::kilometres(place, (latitude, longitude)) <= kilometres
            })
        };
        let documents = band.rows().into_iter().map(RowId);
        Ok(documents.filter(is_near).collect())
    }

    fn known(&self, fact: Fact) -> Documents {
        let columns = self.segment.fast_fields();
        match fact {
            Fact::Date => Ok(self.in_range(&columns.i64(schema::TAKEN)?, i64::MIN..=i64::MAX)),
            Fact::Place => Ok(self.in_range(&columns.f64(schema::LATITUDE)?, -90.0..=90.0)),
            Fact::Camera => self.text(schema::CAMERA, &|_| true),
            Fact::Lens => self.text(schema::LENS, &|_| true),
            Fact::Rating => Ok(self.in_range(&columns.i64(schema::RATING)?, i64::MIN..=i64::MAX)),
        }
    }

    fn rows(&self, rows: &RowSet) -> Documents {
        let column = self.segment.fast_fields().u64("row")?;
        let has = |document: &u32| {
            let mut of_document = column.values_for_doc(*document);
            of_document.any(|row| u32::try_from(row).is_ok_and(|row| rows.has(RowId(row))))
        };
        Ok((0..self.segment.max_doc()).filter(has).map(RowId).collect())
    }
}

/// The rows of documents. Removes deleted documents from the set.
pub(super) fn rows_of(
    segment: &SegmentReader,
    documents: &mut RowSet,
) -> Result<RowSet, TantivyError> {
    if let Some(alive) = segment.alive_bitset() {
        let removed = documents
            .rows()
            .into_iter()
            .filter(|at| !alive.is_alive(*at));
        let removed: RowSet = removed.map(RowId).collect();
        documents.subtract(&removed);
    }
    let column = segment.fast_fields().u64("row")?;
    let documents = documents.rows();
    let mut rows = RowSet::default();
    if column.get_cardinality() != Cardinality::Full {
        for document in documents {
            let of_document = column.values_for_doc(document);
            rows.extend(of_document.filter_map(|row| u32::try_from(row).ok().map(RowId)));
        }
        return Ok(rows);
    }
    // Without films every document has one row. Reading many at once is faster than one by one.
    let mut values = [0; ROWS_AT_ONCE];
    for documents in documents.chunks(ROWS_AT_ONCE) {
        let values = &mut values[..documents.len()];
        column.values.get_vals(documents, values);
        for row in values.iter().filter_map(|row| u32::try_from(*row).ok()) {
            rows.insert(RowId(row));
        }
    }
    Ok(rows)
}
