use crate::advice::on_failure;
use crate::arguments::{Common, Form};
use crate::location::index_to_read;
use crate::output::{Outcome, json_path, plain};
use anyhow::Result;
use pixseek_engine::{FailureKind, Manifest, read_failures};
use serde_json::json;
use std::io::{BufWriter, Write, stdout};

/// Runs `pixseek failures`.
pub fn failures(common: &Common, form: &Form) -> Result<Outcome> {
    let index = index_to_read(common)?;
    // Without an index, fail with advice instead of printing an empty list.
    Manifest::read(&index)?;
    let failures = read_failures(&index)?;
    let mut output = BufWriter::new(stdout().lock());
    for failed in &failures {
        let (path, kind) = (failed.path.bytes(), failed.failure.kind);
        let (reason, advice) = (reason(kind, &failed.failure.reason), on_failure(kind));
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
fn reason(kind: FailureKind, reason: &str) -> String {
    match kind {
        FailureKind::Corrupt => format!("the file is damaged or cut off ({reason})"),
        _ => reason.to_owned(),
    }
}
