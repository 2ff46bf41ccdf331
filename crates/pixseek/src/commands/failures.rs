use crate::advice::on_failure;
use crate::arguments::{Common, Form};
use crate::location::index_to_read;
use crate::output::{Outcome, json_path, plain};
use anyhow::Result;
use pixseek_engine::{Failure, FailureKind, failures as failures_of, path_of};
use serde_json::json;
use std::io::{BufWriter, Write, stdout};

/// Runs `pixseek failures`.
pub fn failures(common: &Common, form: &Form) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let failures = failures_of(&index)?;
    let mut output = BufWriter::new(stdout().lock());
    for (path, failure) in &failures {
        let (reason, advice) = (reason(failure), on_failure(&path_of(path), failure));
        if form.json {
            let object = json!({ "path": json_path(path), "reason": reason, "advice": advice });
            writeln!(output, "{object}")?;
        } else {
            writeln!(output, "{}", plain(&String::from_utf8_lossy(path)))?;
            writeln!(output, "    {}: {advice}", plain(&reason))?;
        }
    }
    output.flush()?;
    if failures.is_empty() && !common.quiet {
        eprintln!("no failures");
    }
    Ok(Outcome::Done)
}

/// Decoders name a damage in their own terms, which say little to a person.
fn reason(failure: &Failure) -> String {
    match failure.kind {
        FailureKind::Corrupt => format!("the file is damaged or cut off ({})", failure.reason),
        _ => failure.reason.clone(),
    }
}
