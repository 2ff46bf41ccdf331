use super::search::chosen_device;
use crate::arguments::{Common, Eval};
use crate::location::model_choice;
use crate::output::{Outcome, plain};
use anyhow::Result;
use pixseek_engine::open_model;
use pixseek_lab::{Classification, Described, Evaluation, Retrieval, evaluate};
use serde_json::json;
use std::io::{Write, stdout};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Runs `pixseek eval`.
pub fn eval(common: &Common, eval: &Eval) -> Result<Outcome> {
    let (model, _) = open_model(&model_choice(common)?)?;
    let device = chosen_device(common)?;
    let never = AtomicBool::new(false);
    let mut outcome = Outcome::Done;
    for list in &eval.lists {
        let described = Described::read(list)?;
        let found = evaluate(&model, &device, &described, &eval.template, &never)?;
        for (path, failure) in &found.failed {
            eprintln!(
                "failed: {}: {}",
                plain(&path.to_string_lossy()),
                plain(&failure.reason)
            );
            outcome = Outcome::DoneWithFailures;
        }
        if eval.json {
            writeln!(stdout(), "{}", object(list, model.name(), &found))?;
        } else {
            print(list, model.name(), &found)?;
        }
    }
    Ok(outcome)
}

fn print(list: &Path, model: &str, found: &Evaluation) -> Result<()> {
    let mut output = stdout().lock();
    writeln!(
        output,
        "{} with {}",
        plain(&list.to_string_lossy()),
        plain(model)
    )?;
    for (name, measured) in [("captions", &found.captions), ("labels", &found.labels)] {
        if let Some(measured) = measured {
            writeln!(output, "{name:9} {measured}")?;
        }
    }
    if let Some(classes) = &found.classes {
        writeln!(output, "zero-shot {classes}")?;
    }
    Ok(())
}

fn object(list: &Path, model: &str, found: &Evaluation) -> serde_json::Value {
    let retrieval = |found: &Retrieval| {
        json!({
            "texts": found.texts, "photos": found.photos, "recall@1": found.recall_at_1,
            "recall@5": found.recall_at_5, "recall@10": found.recall_at_10,
            "median_rank": found.median_rank, "precision@10": found.precision_at_10,
        })
    };
    let classes = |found: &Classification| {
        json!({
            "photos": found.photos, "classes": found.classes, "top-1": found.top_1,
            "top-5": found.top_5,
        })
    };
    json!({
        "list": list.to_string_lossy(), "model": model,
        "captions": found.captions.as_ref().map(retrieval),
        "labels": found.labels.as_ref().map(retrieval),
        "zero-shot": found.classes.as_ref().map(classes),
        "failed": found.failed.len(),
    })
}
