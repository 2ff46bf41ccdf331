use super::progress::ProgressLine;
use crate::advice::explained;
use crate::arguments::Common;
use crate::location::index_to_read;
use crate::output::{Outcome, counted, plain};
use anyhow::Result;
use pixseek_engine::{EngineError, GraphProgress, RemakeReport};
use std::path::Path;

/// Runs `pixseek verify`.
pub fn verify(common: &Common) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let report = pixseek_engine::verify(&index)?;
    for part in &report.whole {
        if !common.quiet {
            eprintln!("whole: {part}");
        }
    }
    for error in &report.damaged {
        eprintln!("{}", plain(&explained(error)));
    }
    if let Some(error) = &report.unchecked {
        eprintln!("catalog not checked: {}", plain(&explained(error)));
    }
    Ok(if report.damaged.is_empty() {
        Outcome::Done
    } else {
        Outcome::Error
    })
}

/// Runs `pixseek rebuild`.
pub fn rebuild(common: &Common) -> Result<Outcome> {
    make_again(common, pixseek_engine::rebuild)
}

/// Runs `pixseek compact`.
pub fn compact(common: &Common) -> Result<Outcome> {
    make_again(common, pixseek_engine::compact)
}

type Remake = fn(&Path, &mut dyn FnMut(GraphProgress)) -> Result<RemakeReport, EngineError>;

fn make_again(common: &Common, remake: Remake) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let mut line = ProgressLine::new(common.quiet);
    let report = remake(&index, &mut |progress| line.graph(progress));
    line.finish();
    let report = report?;
    if !common.quiet {
        summarize(&index, &report);
    }
    Ok(if report.lost_photos > 0 {
        Outcome::DoneWithFailures
    } else {
        Outcome::Done
    })
}

fn summarize(index: &Path, report: &RemakeReport) {
    eprintln!(
        "{} in {}, {} dropped",
        counted(report.photos, "photo"),
        plain(&index.to_string_lossy()),
        counted(report.dropped_rows, "vector")
    );
    if report.from_keywords {
        eprintln!("the catalog was damaged; it was made from what was published last");
    }
    if report.lost_photos > 0 {
        eprintln!(
            "{} lost their vectors; `pixseek index` encodes them again",
            counted(report.lost_photos, "photo")
        );
    }
}
