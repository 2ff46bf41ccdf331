use crate::arguments::{Common, Form};
use crate::location::index_to_read;
use crate::output::{Outcome, json_path, plain};
use anyhow::Result;
use pixseek_engine::{Manifest, read_failures};
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
        let path = failed.path.bytes();
        let (reason, advice) = (&failed.failure.reason, &failed.failure.advice);
        if form.json {
            let path = json_path(path);
            writeln!(
                output,
                "{}",
                json!({ "path": path, "reason": reason, "advice": advice })
            )?;
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
