//! Starts and stops index runs, and shows their results.

use super::{State, prompting};
use crate::effect::Effect;
use crate::error::{BoxError, chain};
use crate::indexing;
use crate::state::{Indexing, Prompt, Run};
use pixseek_engine::SyncReport;

/// Starts an index run, or stops the one of this process.
pub fn toggle(state: &mut State) -> Vec<Effect> {
    if matches!(state.indexing, Indexing::Here(_)) {
        state.notice = Some("finishing the batch".into());
        return vec![Effect::StopIndexing];
    }
    if !state.can_index {
        return Vec::new();
    }
    if state.photo_count.is_none_or(|photos| photos == 0) {
        prompting::open(state, Prompt::IndexFolder);
        return Vec::new();
    }
    // Set this now, so that a second press before the run's first message stops the run.
    state.indexing = Indexing::Here(Run::default());
    vec![Effect::StartIndexing(None)]
}

/// Shows the result of an index run, and repeats the search.
pub fn ended(state: &mut State, result: Result<SyncReport, BoxError>) -> Vec<Effect> {
    state.indexing = Indexing::None;
    let folder = state.indexed_folder.take();
    let is_empty = state.photo_count.is_none_or(|photos| photos == 0);
    let is_nothing = |report: &SyncReport| report.encoded + report.placed == 0;
    state.notice = Some(match (&result, folder) {
        (Ok(report), Some(folder)) if is_nothing(report) && is_empty => {
            let failed = match report.failed {
                0 => String::new(),
                failed => format!(" ({failed} failed)"),
            };
            format!("No photos in {folder} can be indexed{failed}")
        }
        (Ok(report), _) => indexing::summary(report),
        (Err(error), _) => chain(error.as_ref()),
    });
    if result.is_ok_and(|report| is_nothing(&report)) || is_empty {
        // Let the welcome ask for a folder again.
        state.has_greeted = false;
    }
    vec![Effect::Search(state.question())]
}
