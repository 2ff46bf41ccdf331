use crate::arguments::{Common, Device, Hits, Search, Similar};
use crate::location::{index_to_read, model_choice};
use crate::output::{Outcome, plain, print_hits};
use anyhow::Result;
use pixseek_engine::{ComputeDevice, DeviceChoice, QueryVector, SearchMode, Searcher, open_model};
use std::time::Instant;
use tracing::info;

/// `pixseek search QUERY...`
pub fn search(common: &Common, arguments: &Search) -> Result<Outcome> {
    let searcher = open(common)?;
    let start = Instant::now();
    let query = searcher.words(&arguments.query.join(" "))?;
    info!("text tower: {:.1?}", start.elapsed());
    answer(common, &searcher, &query, &arguments.hits)
}

/// `pixseek similar FILE`
pub fn similar(common: &Common, arguments: &Similar) -> Result<Outcome> {
    let searcher = open(common)?;
    let query = searcher.picture(&arguments.file)?;
    answer(common, &searcher, &query, &arguments.hits)
}

fn open(common: &Common) -> Result<Searcher> {
    let start = Instant::now();
    let index = index_to_read(common)?;
    // One text costs less than a GPU's start: only an explicit wish takes one.
    let device = match common.device {
        Device::Gpu => ComputeDevice::choose(DeviceChoice::Gpu),
        Device::Auto | Device::Cpu => ComputeDevice::cpu(),
    };
    if let Some(note) = device.note().filter(|_| !common.quiet) {
        eprintln!("{note}");
    }
    let model = match common.model {
        Some(_) => Some(open_model(&model_choice(common))?.0),
        None => None,
    };
    let searcher = Searcher::open(&index, model, device)?;
    info!("open index and model: {:.1?}", start.elapsed());
    Ok(searcher)
}

fn answer(
    common: &Common,
    searcher: &Searcher,
    query: &QueryVector,
    form: &Hits,
) -> Result<Outcome> {
    let start = Instant::now();
    let mode = if form.exact {
        SearchMode::Exact
    } else {
        SearchMode::Planned
    };
    let answer = searcher.search(query, form.limit, mode)?;
    info!("search: {:.1?} ({:?})", start.elapsed(), answer.plan);
    print_hits(&answer.hits, form)?;
    // The rest is whole, and was searched.
    for damage in searcher.reader().damage() {
        eprintln!("{}", plain(&damage));
    }
    if answer.hits.is_empty() {
        if !common.quiet {
            eprintln!("the index holds no photos; add some with `pixseek index DIR`");
        }
        return Ok(Outcome::NothingFound);
    }
    Ok(Outcome::Done)
}
