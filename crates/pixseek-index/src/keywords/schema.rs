//! The fields of a document: the path, the record that a hit shows, and columns for filters and
//! words.

use crate::record::PhotoRecord;
use pixseek_record::{PhotoFacts, date_words};
use pixseek_words::words;
use tantivy::TantivyDocument;
use tantivy::schema::{
    BytesOptions, FAST, Field, INDEXED, IndexRecordOption, NumericOptions, STORED, Schema,
    TextFieldIndexing, TextOptions,
};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Fields for finding documents and for reading them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    pub path: Field,
    /// The rows of the content, ascending.
    pub row: Field,
    /// The start of the content's hash: see [`content_key`].
    pub content: Field,
    /// Postcard of the record, for showing a hit.
    pub record: Field,
    pub words: Field,
}

/// Columns, which filters open by name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    camera: Field,
    lens: Field,
    folder: Field,
    extension: Field,
    iso: Field,
    taken: Field,
    month: Field,
    minute: Field,
    size: Field,
    width: Field,
    height: Field,
    aspect: Field,
    latitude: Field,
    longitude: Field,
    rating: Field,
    duration: Field,
    motion: Field,
}

pub(super) const CAMERA: &str = "camera";
pub(super) const LENS: &str = "lens";
pub(super) const FOLDER: &str = "folder";
pub(super) const EXTENSION: &str = "extension";
pub(super) const ISO: &str = "iso";
pub(super) const TAKEN: &str = "taken";
pub(super) const MONTH: &str = "month";
pub(super) const MINUTE: &str = "minute";
pub(super) const SIZE: &str = "size";
pub(super) const WIDTH: &str = "width";
pub(super) const HEIGHT: &str = "height";
pub(super) const ASPECT: &str = "aspect";
pub(super) const LATITUDE: &str = "latitude";
pub(super) const LONGITUDE: &str = "longitude";
pub(super) const RATING: &str = "rating";
pub(super) const DURATION: &str = "duration";
pub(super) const MOTION: &str = "motion";

/// The duration of a film that does not say it, which is above all that are known.
pub(super) const UNKNOWN_DURATION: u64 = u64::MAX;

/// The first half of a content's hash finds its documents. Two contents of the same half would take
/// 2^64 tries to make.
pub(super) fn content_key(content: &[u8; 32]) -> &[u8] {
    &content[..16]
}

pub(super) fn schema() -> (Schema, Fields, Columns) {
    let mut builder = Schema::builder();
    // `words` has split and folded the text already.
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let fields = Fields {
        path: builder.add_bytes_field("path", BytesOptions::default().set_indexed().set_stored()),
        row: builder.add_u64_field("row", NumericOptions::default() | INDEXED | FAST),
        content: builder.add_bytes_field("content", INDEXED),
        record: builder.add_bytes_field("record", STORED),
        words: builder.add_text_field(
            "words",
            TextOptions::default().set_indexing_options(indexing),
        ),
    };
    let mut text = |name| builder.add_text_field(name, TextOptions::default().set_fast("raw"));
    let (camera, lens, folder, extension) =
        (text(CAMERA), text(LENS), text(FOLDER), text(EXTENSION));
    let columns = Columns {
        camera,
        lens,
        folder,
        extension,
        iso: builder.add_u64_field(ISO, FAST),
        taken: builder.add_i64_field(TAKEN, FAST),
        month: builder.add_u64_field(MONTH, FAST),
        minute: builder.add_u64_field(MINUTE, FAST),
        size: builder.add_u64_field(SIZE, FAST),
        width: builder.add_u64_field(WIDTH, FAST),
        height: builder.add_u64_field(HEIGHT, FAST),
        aspect: builder.add_u64_field(ASPECT, FAST),
        latitude: builder.add_f64_field(LATITUDE, FAST),
        longitude: builder.add_f64_field(LONGITUDE, FAST),
        rating: builder.add_i64_field(RATING, FAST),
        duration: builder.add_u64_field(DURATION, FAST),
        motion: builder.add_u64_field(MOTION, FAST),
    };
    (builder.build(), fields, columns)
}

/// The document of a path. `has_motion` says whether a short film belongs to the photo.
pub(super) fn document(
    fields: Fields,
    columns: Columns,
    (path, record): (&[u8], &PhotoRecord),
    has_motion: bool,
) -> TantivyDocument {
    let facts = &record.facts;
    let mut document = TantivyDocument::default();
    document.add_bytes(fields.path, path);
    for row in record.rows.iter() {
        document.add_u64(fields.row, u64::from(row.0));
    }
    document.add_bytes(fields.content, content_key(&record.content));
    let bytes =
        postcard::to_stdvec(record).expect("records are plain data, which postcard always encodes");
    document.add_bytes(fields.record, &bytes);
    let text = String::from_utf8_lossy(path);
    document.add_text(fields.words, all_words(&text, facts));
    let (folder, name) = text.rsplit_once('/').unwrap_or(("", &text));
    document.add_text(columns.folder, format!("{}/", folder.to_lowercase()));
    if let Some((_, extension)) = name.rsplit_once('.') {
        document.add_text(columns.extension, extension.to_lowercase());
    }
    if let Some(camera) = &facts.camera {
        document.add_text(columns.camera, camera.to_lowercase());
    }
    if let Some(lens) = &facts.lens {
        document.add_text(columns.lens, lens.to_lowercase());
    }
    if let Some(iso) = facts.iso {
        document.add_u64(columns.iso, u64::from(iso));
    }
    document.add_u64(columns.size, record.stamp.size);
    // The size of a film may be unknown.
    if facts.width > 0 && facts.height > 0 {
        let [width, height] = [facts.width, facts.height].map(u64::from);
        document.add_u64(columns.width, width);
        document.add_u64(columns.height, height);
        document.add_u64(columns.aspect, width * 1000 / height);
    }
    if let Some(seconds) = facts.taken_seconds {
        document.add_i64(columns.taken, seconds);
        let minute = seconds.rem_euclid(DAY) / 60;
        document.add_u64(columns.minute, minute.unsigned_abs());
    }
    if let Some(month) = facts.taken.as_deref().and_then(month) {
        document.add_u64(columns.month, month);
    }
    if let Some((latitude, longitude)) = facts.place {
        document.add_f64(columns.latitude, latitude);
        document.add_f64(columns.longitude, longitude);
    }
    if let Some(rating) = facts.notes.rating {
        document.add_i64(columns.rating, i64::from(rating));
    }
    if let Some(film) = &facts.film {
        let duration = film.duration().unwrap_or(UNKNOWN_DURATION);
        document.add_u64(columns.duration, duration);
    }
    if has_motion {
        document.add_u64(columns.motion, 1);
    }
    document
}

fn all_words(path: &str, facts: &PhotoFacts) -> String {
    let mut all = words(path);
    let camera = facts
        .camera
        .iter()
        .chain(&facts.lens)
        .map(|name| words(name));
    let place = [words(&facts.place_words)];
    let latitude = facts.place.map(|(latitude, _)| latitude);
    let date = facts.taken.as_deref();
    let date = date.map(|iso| words(&date_words(iso, latitude)));
    let notes = &facts.notes;
    let written = notes.title.iter().chain(&notes.caption);
    let written = written.chain(&notes.keywords).map(|text| words(text));
    for more in camera.chain(place).chain(date).chain(written) {
        all.push(' ');
        all.push_str(&more);
    }
    all
}

/// The month of `2019-06-30T...`.
fn month(iso: &str) -> Option<u64> {
    iso.get(5..7)?
        .parse()
        .ok()
        .filter(|month| (1..=12).contains(month))
}
