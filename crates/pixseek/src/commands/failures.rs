use crate::advice::on_failure;
use crate::arguments::{Common, Failures};
use crate::location::index_to_read;
use crate::output::{Outcome, plain, put_path};
use anyhow::Result;
use pixseek_engine::{Manifest, read_failures};
use serde_json::json;
use std::io::{BufWriter, Write, stdout};

/// Runs `pixseek failures`.
pub fn failures(common: &Common, arguments: &Failures) -> Result<Outcome> {
    let index = index_to_read(common)?;
    // Without an index, fail with advice instead of printing an empty list.
    Manifest::read(&index)?;
    let failures = read_failures(&index)?;
    let mut output = BufWriter::new(stdout().lock());
    for failed in &failures {
        let path = failed.path.bytes();
        let reason = &failed.failure.reason;
        let advice = on_failure(failed.failure.kind);
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
