use super::progress::ProgressLine;
use crate::advice::explained;
use crate::arguments::Common;
use crate::location::index_to_read;
use crate::output::{Outcome, counted, plain, say_error};
use anyhow::Result;
use pixseek_engine::{EngineError, GraphProgress, RemakeReport};
use std::path::{Path, PathBuf};

/// Runs `pixseek verify`.
pub fn verify(common: &Common) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let report = pixseek_engine::verify(&index)?;
    for part in &report.whole {
        if !common.quiet {
            eprintln!("ok: {part}");
        }
    }
    for error in &report.damaged {
        say_error(error);
    }
    if let Some(error) = &report.unchecked {
        eprintln!("warning: catalog not checked: {}", plain(&explained(error)));
    }
    Ok(if report.damaged.is_empty() {
        Outcome::Done
    } else {
        Outcome::Error
    })
}

/// Runs `pixseek rebuild`.
pub fn rebuild(common: &Common) -> Result<Outcome> {
    let (report, index) = make_again(common, pixseek_engine::rebuild)?;
    if !common.quiet {
        let photos = counted(report.photos, "photo");
        eprintln!("rebuilt {}: {photos}", plain(&index.to_string_lossy()));
        if report.from_keywords {
            eprintln!("the catalog was damaged; it was made from what was published last");
        }
    }
    Ok(ended(common, &report))
}

/// Runs `pixseek compact`.
pub fn compact(common: &Common) -> Result<Outcome> {
    let (report, _) = make_again(common, pixseek_engine::compact)?;
    if !common.quiet {
        match report.dropped_rows {
            0 => eprintln!("nothing to reclaim"),
            rows => eprintln!("reclaimed the space of {}", counted(rows, "removed photo")),
        }
    }
    Ok(ended(common, &report))
}

type Remake = fn(&Path, &mut dyn FnMut(GraphProgress)) -> Result<RemakeReport, EngineError>;

fn make_again(common: &Common, remake: Remake) -> Result<(RemakeReport, PathBuf)> {
    let index = index_to_read(common)?;
    let mut line = ProgressLine::new(common.quiet);
    let report = remake(&index, &mut |progress| line.graph(progress));
    line.finish();
    Ok((report?, index))
}

fn ended(common: &Common, report: &RemakeReport) -> Outcome {
    if report.lost_photos == 0 {
        return Outcome::Done;
    }
    if !common.quiet {
        let lost = counted(report.lost_photos, "photo");
        eprintln!("{lost} lost their vectors; `pixseek index` encodes them again");
    }
    Outcome::DoneWithFailures
}
