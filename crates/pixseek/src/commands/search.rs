use crate::advice::{explained, rebuild};
use crate::arguments::{Common, Device, Hits, Search, Similar, Sort};
use crate::location::{index_of_model, index_to_read, model_choice};
use crate::output::{Outcome, plain, print_hits};
use anyhow::{Result, anyhow};
use pixseek_engine::{
    Answer, ComputeDevice, DeviceChoice, FindOptions, Folding, Order, Query, Saved, SearchMode,
    Searcher, Shown, Wording, open_model,
};
use std::path::Path;
use std::time::Instant;
use tracing::info;

/// Runs `pixseek search QUERY...`.
pub fn search(common: &Common, arguments: &Search) -> Result<Outcome> {
    let text = arguments.query.join(" ");
    let index = index_to_read(common)?;
    let saved = Saved::named_in(&text, &index)?;
    let mut query = Query::parse(&text, saved.query_context())
        .map_err(|error| anyhow!(error.pointed(&text)))?;
    query.move_by(&arguments.better, &arguments.worse);
    let index = match query.model() {
        Some(model) if !common.is_named => index_of_model(model)?,
        _ => index,
    };
    let searcher = open(common, &index)?;
    let start = Instant::now();
    let wording = if arguments.raw {
        Wording::Raw
    } else {
        Wording::Ensemble
    };
    let answer = searcher.find(&query, &options(&arguments.hits, wording))?;
    info!("search: {:.1?}", start.elapsed());
    show(common, &searcher, &answer, &arguments.hits)
}

/// Runs `pixseek similar FILE`.
pub fn similar(common: &Common, arguments: &Similar) -> Result<Outcome> {
    let searcher = open(common, &index_to_read(common)?)?;
    let query = searcher.encode_picture(&arguments.file)?;
    let answer = searcher.find_like(&query, &options(&arguments.hits, Wording::Raw))?;
    show(common, &searcher, &answer, &arguments.hits)
}

pub(super) fn open(common: &Common, index: &Path) -> Result<Searcher> {
    let start = Instant::now();
    // Encoding one text takes less time than starting a GPU, so only `--device gpu` uses one.
    let device = match common.device.unwrap_or_default() {
        Device::Gpu => ComputeDevice::choose(DeviceChoice::Gpu),
        Device::Auto | Device::Cpu => ComputeDevice::cpu(),
    };
    if let Some(note) = device.note().filter(|_| !common.quiet) {
        eprintln!("{note}");
    }
    let model = match common.model {
        Some(_) => Some(open_model(&model_choice(common)?)?.0),
        None => None,
    };
    let searcher = Searcher::open(index, model, device)?;
    info!("open index and model: {:.1?}", start.elapsed());
    Ok(searcher)
}

fn options(hits: &Hits, wording: Wording) -> FindOptions {
    FindOptions {
        limit: hits.limit,
        mode: if hits.exact {
            SearchMode::Exact
        } else {
            SearchMode::Auto
        },
        order: match hits.sort {
            Sort::Relevance => Order::Relevance,
            Sort::Date => Order::Date,
        },
        wording,
        folding: if hits.unfold {
            Folding::None
        } else {
            Folding::Near
        },
        shown: if hits.all { Shown::All } else { Shown::Matches },
    }
}

fn show(common: &Common, searcher: &Searcher, answer: &Answer, form: &Hits) -> Result<Outcome> {
    if form.explain {
        explain(searcher, answer);
    }
    print_hits(common, &answer.hits, form)?;
    // Report the damaged parts; all others were searched.
    for error in searcher.damaged_attachments() {
        eprintln!("{}", plain(&explained(error)));
    }
    let damage = searcher.damage();
    for damage in &damage {
        eprintln!("{}", plain(damage));
    }
    if !damage.is_empty() {
        let index = searcher.index().to_string_lossy();
        eprintln!("{}", plain(&rebuild(&index)));
    }
    if !answer.hits.is_empty() {
        return Ok(Outcome::Done);
    }
    if !common.quiet {
        eprintln!("{}", why_no_hits(searcher, answer));
    }
    Ok(Outcome::NothingFound)
}

/// Explains why there is no hit.
fn why_no_hits(searcher: &Searcher, answer: &Answer) -> String {
    let passing = answer.explanations.iter().filter_map(|of| of.passing).max();
    if searcher.photo_count() == 0 {
        return "the index holds no photos; add some with `pixseek index DIR`".into();
    }
    if passing == Some(0) {
        return "no photo passes the filters".into();
    }
    match answer.best_below {
        Some(best) => format!(
            "no good match: the best scores {best:.0} of 100, a match 50 and more; --all shows them"
        ),
        None => "no good match".into(),
    }
}

fn explain(searcher: &Searcher, answer: &Answer) {
    if !searcher.is_calibrated() {
        eprintln!("scores: not measured in this library yet; `pixseek index` does it");
    }
    for explanation in &answer.explanations {
        if let Some(passing) = explanation.passing {
            let all = searcher.photo_count();
            eprintln!("filters: {passing} of {all} photos pass");
        }
        if let Some(vectors) = &explanation.vectors {
            eprintln!("vectors: {vectors}");
        }
        if !explanation.words.is_empty() {
            let words = explanation.words.join(", ");
            eprintln!(
                "words: {} in {} photos",
                plain(&words),
                explanation.word_rows
            );
        }
    }
}
