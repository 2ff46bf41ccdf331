//! The hits in rows, as the grid and the list show them: with a heading above the first row of
//! each month, or year, where hits are grouped.

use jiff::civil::Date;
use pixseek_engine::Hit;

/// The letters of a year, and of a month.
const YEAR: usize = 4;
const MONTH: usize = 7;

/// Photos side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The first hit.
    pub first: usize,
    /// How many hits; at least one.
    pub count: usize,
    /// The heading above the row.
    pub heading: Option<String>,
}

/// Puts hits into rows of so many columns.
pub fn rows(hits: &[Hit], columns: usize, has_months: bool) -> Vec<Row> {
    let columns = columns.max(1);
    let has_date = |hit: &Hit| hit.record.facts.taken.is_some();
    // One heading that says "No date" above all photos would tell nothing.
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
    // Months of a photo or two would leave most of a grid empty.
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

/// The row of a hit.
pub fn row_of(rows: &[Row], hit: usize) -> usize {
    rows.partition_point(|row| row.first <= hit)
        .saturating_sub(1)
}

/// The beginning of a photo's date, as in `2019` or `2019-06`.
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
