use crate::advice::on_failure;
use crate::arguments::{Common, Failures};
use crate::location::index_to_read;
use crate::output::{Outcome, plain, put_path};
use anyhow::Result;
use pixseek_engine::failures as failures_of;
use serde_json::json;
use std::io::{BufWriter, Write, stdout};

/// Runs `pixseek failures`.
pub fn failures(common: &Common, arguments: &Failures) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let failures = failures_of(&index)?;
    let mut output = BufWriter::new(stdout().lock());
    for (path, failure) in &failures {
        let reason = &failure.reason;
        let advice = on_failure(failure.kind);
        if arguments.json {
            let mut object = json!({ "reason": reason, "advice": advice });
            put_path(&mut object, path);
            writeln!(output, "{object}")?;
        } else {
            writeln!(output, "{}", plain(&String::from_utf8_lossy(path)))?;
            writeln!(output, "    {}: {advice}", plain(reason))?;
        }
    }
    output.flush()?;
    if failures.is_empty() && !common.quiet {
        eprintln!("no failures");
    }
    Ok(Outcome::Done)
}
