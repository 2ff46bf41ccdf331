//! Lays the hits out in rows for the grid and the list. Where hits are grouped, the first row of
//! each month or year has a heading.

use jiff::civil::Date;
use pixseek_engine::Hit;

/// The length of a year, and of a year with its month, in `2019-06`.
const YEAR: usize = 4;
const MONTH: usize = 7;

/// A row of photos side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The first hit.
    pub first: usize,
    /// The number of hits; at least one.
    pub count: usize,
    /// The heading above the row.
    pub heading: Option<String>,
}

/// Lays hits out in rows of at most `columns`.
pub fn rows(hits: &[Hit], columns: usize, has_months: bool) -> Vec<Row> {
    let columns = columns.max(1);
    let has_date = |hit: &Hit| hit.record.facts.taken.is_some();
    // If no photo has a date, the only heading would be a useless "No date".
    if !has_months || !hits.iter().any(has_date) {
        let firsts = (0..hits.len()).step_by(columns);
        return firsts
            .map(|first| Row {
                first,
                count: columns.min(hits.len() - first),
                heading: None,
            })
            .collect();
    }
    let months = hits.chunk_by(|a, b| date_of(a, MONTH) == date_of(b, MONTH));
    // Months of one or two photos would leave most of a grid empty, so group by year.
    let length = if hits.len() * 2 < months.count() * columns {
        YEAR
    } else {
        MONTH
    };
    let mut rows = Vec::new();
    let mut first = 0;
    for group in hits.chunk_by(|a, b| date_of(a, length) == date_of(b, length)) {
        let mut heading = Some(heading(date_of(&group[0], length)));
        for photos in group.chunks(columns) {
            rows.push(Row {
                first,
                count: photos.len(),
                heading: heading.take(),
            });
            first += photos.len();
        }
    }
    rows
}

/// Returns the row of a hit.
pub fn row_of(rows: &[Row], hit: usize) -> usize {
    rows.partition_point(|row| row.first <= hit)
        .saturating_sub(1)
}

/// Returns the first `length` letters of a photo's date, as in `2019` or `2019-06`.
fn date_of(hit: &Hit, length: usize) -> Option<&str> {
    hit.record.facts.taken.as_deref()?.get(..length)
}

fn heading(date: Option<&str>) -> String {
    let month = date.and_then(|month| format!("{month}-01").parse::<Date>().ok());
    match (month, date) {
        (Some(month), _) => month.strftime("%B %Y").to_string(),
        (None, Some(date)) => date.to_owned(),
        (None, None) => "No date".into(),
    }
}
