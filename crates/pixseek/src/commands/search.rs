use super::no_hits::why_no_hits;
use super::readings::query_text;
use crate::advice::{explained, rebuild};
use crate::arguments::{Common, Device, Hits, Search, Similar, Sort};
use crate::decode_worker::workers;
use crate::location::{index_of_model, index_to_read, model_choice};
use crate::output::{Outcome, Template, explain_hits, plain, print_hits};
use anyhow::{Result, anyhow, bail};
use pixseek_engine::{
    Answer, ComputeDevice, DeviceChoice, FindOptions, Folding, Hit, Order, Query, Saved,
    SearchMode, Searcher, Shown, Wording, open_model,
};
use std::io::{Write, stdout};
use std::path::Path;
use std::time::Instant;
use tracing::info;

/// Runs `pixseek search QUERY...`.
pub fn search(common: &Common, arguments: &Search) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let text = query_text(common, &index, &arguments.query)?;
    let saved = Saved::named_in(&text, &index)?;
    let mut query = Query::parse(&text, saved.query_context())
        .map_err(|error| anyhow!(error.pointed(&text)))?;
    if !common.quiet {
        for hint in Query::hints(&text) {
            eprintln!("{}", plain(&hint));
        }
    }
    query.move_by(&arguments.more_like, &arguments.less_like);
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
    show(common, &searcher, &answer, &text, &arguments.hits)
}

/// Runs `pixseek similar FILE`.
pub fn similar(common: &Common, arguments: &Similar) -> Result<Outcome> {
    let searcher = open(common, &index_to_read(common)?)?;
    let query = searcher.encode_picture(&arguments.file)?;
    let answer = searcher.find_like(&query, &options(&arguments.hits, Wording::Raw))?;
    show(common, &searcher, &answer, "", &arguments.hits)
}

pub(super) fn open(common: &Common, index: &Path) -> Result<Searcher> {
    let start = Instant::now();
    // Encoding one text takes less time than starting a GPU, so only `--device gpu` uses one.
    let device = match common.device.unwrap_or_default() {
        Device::Gpu => gpu()?,
        Device::Auto | Device::Cpu => ComputeDevice::cpu(),
    };
    let model = match common.model {
        Some(_) => Some(open_model(&model_choice(common)?)?.0),
        None => None,
    };
    let searcher = Searcher::open(index, model, device)?.with_workers(workers());
    info!("open index and model: {:.1?}", start.elapsed());
    Ok(searcher)
}

/// The device that a person asked for, to encode many photos on.
pub(super) fn chosen_device(common: &Common) -> Result<ComputeDevice> {
    match common.device.unwrap_or_default() {
        Device::Gpu => gpu(),
        other => Ok(ComputeDevice::choose(other.into())),
    }
}

/// The GPU, if a person asked for it.
pub(super) fn wanted_gpu(common: &Common) -> Result<Option<ComputeDevice>> {
    match common.device.unwrap_or_default() {
        Device::Gpu => gpu().map(Some),
        Device::Auto | Device::Cpu => Ok(None),
    }
}

/// The GPU that a person asked for.
fn gpu() -> Result<ComputeDevice> {
    let device = ComputeDevice::choose(DeviceChoice::Gpu);
    match device.note() {
        None => Ok(device),
        Some(note) => {
            let why = note.trim_end_matches("; using the CPU");
            bail!("{why}; choose --device cpu or --device auto")
        }
    }
}

fn options(hits: &Hits, wording: Wording) -> FindOptions {
    FindOptions {
        // More than any library has.
        limit: if hits.count {
            u32::MAX as usize
        } else {
            hits.limit
        },
        mode: if hits.exact {
            SearchMode::Exact
        } else {
            SearchMode::Auto
        },
        order: match hits.sort {
            Sort::Relevance => Order::Relevance,
            Sort::Date => Order::Date,
            Sort::Name => Order::Name,
            Sort::Size => Order::Size,
        },
        wording,
        // Files that belong to a hit and do not match themselves do not count.
        folding: if hits.unfold || hits.count {
            Folding::None
        } else {
            Folding::Near
        },
        shown: if hits.all { Shown::All } else { Shown::Matches },
    }
}

fn show(
    common: &Common,
    searcher: &Searcher,
    answer: &Answer,
    text: &str,
    form: &Hits,
) -> Result<Outcome> {
    if form.explain {
        explain(searcher, answer);
        explain_hits(common, &answer.hits, form);
    }
    if form.count {
        writeln!(stdout(), "{}", answer.hits.len())?;
    } else {
        let format = form.format.as_ref();
        let has_tags = form.json || format.is_some_and(Template::has_tags);
        let labels = if has_tags {
            Some((searcher.labels()?, searcher.given_labels()?))
        } else {
            None
        };
        print_hits(common, &answer.hits, labels.as_ref(), form)?;
    }
    let lacks_score = |hit: &Hit| hit.cosine.is_some() && hit.score.is_none();
    if !common.quiet && answer.hits.iter().any(lacks_score) {
        eprintln!(
            "no scores yet, so every photo is listed, the nearest first: let `pixseek index` end"
        );
    }
    // Report the damaged parts; all others were searched.
    for error in searcher.damaged_attachments() {
        eprintln!("warning: {}", plain(&explained(error)));
    }
    let damage = searcher.damage();
    for damage in &damage {
        eprintln!("warning: {}", plain(damage));
    }
    if !damage.is_empty() {
        let index = searcher.index().to_string_lossy();
        eprintln!("warning: {}", plain(&rebuild(&index)));
    }
    if !answer.hits.is_empty() {
        return Ok(Outcome::Done);
    }
    if !common.quiet {
        eprintln!("{}", why_no_hits(searcher, answer, text));
    }
    Ok(Outcome::NothingFound)
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
