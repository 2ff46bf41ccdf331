use super::search::chosen_device;
use crate::arguments::{Bench as Arguments, Common};
use crate::decode_worker::workers;
use crate::location::{index_to_read, model_choice};
use crate::output::{Outcome, counted};
use anyhow::{Context, Result, bail};
use pixseek_engine::Status;
use pixseek_lab::{Bench, BenchInput};
use serde_json::json;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Number of cold searches; the fastest is reported.
const STARTS: usize = 5;

/// Runs `pixseek bench`.
pub fn bench(common: &Common, arguments: &Arguments) -> Result<Outcome> {
    let folders = if arguments.photos.is_empty() {
        let index = index_to_read(common)?;
        let status = Status::read(&index).context("say what to measure with: --photos DIR")?;
        let folders = status.folders.into_iter();
        folders.map(|folder| folder.path).collect()
    } else {
        let absolute = arguments.photos.iter().map(std::path::absolute);
        absolute.collect::<Result<Vec<_>, _>>()?
    };
    let photos = Bench::photos(&folders)?;
    if photos.is_empty() {
        bail!("no photos there; say what to measure with: --photos DIR");
    }
    if !common.quiet {
        eprintln!("measuring with {}", counted(photos.len() as u64, "file"));
    }
    let device = chosen_device(common)?;
    let folder = tempfile::Builder::new()
        .prefix("pixseek-bench-")
        .tempdir()
        .context("cannot make a temporary folder")?;
    let input = BenchInput {
        photos: &photos,
        folder: folder.path(),
        workers: workers(),
    };
    let measured = Bench::run(&model_choice(common)?, &device, &input)
        .map_err(anyhow::Error::from)
        .and_then(|bench| Ok((cold_start(common, &folder.path().join("index"))?, bench)));
    let path = folder.path().to_path_buf();
    let removed = folder
        .close()
        .with_context(|| format!("cannot remove {}", path.display()));
    let (cold, bench) = after_removal(measured, removed)?;
    if arguments.json {
        writeln!(stdout(), "{}", object(&bench, cold))?;
    } else {
        print(&bench, cold)?;
    }
    Ok(Outcome::Done)
}

/// Combines the measurement with the removal of its folder. If both failed, the measurement's error
/// is the more useful one.
fn after_removal<T>(measured: Result<T>, removed: Result<()>) -> Result<T> {
    let measured = measured?;
    removed?;
    Ok(measured)
}

/// Times one search in a process of its own, including its start.
fn cold_start(common: &Common, index: &Path) -> Result<Duration> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let mut shortest = Duration::MAX;
    for _ in 0..STARTS {
        let mut command = Command::new(&program);
        command.arg("--index-dir").arg(index);
        if let Some(model) = &common.model {
            command.arg("--model").arg(model);
        }
        command.args(["search", "a", "dog", "on", "a", "beach"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status().context("cannot start a search")?;
        shortest = shortest.min(start.elapsed());
        // Exit code 1 means that no photo matches well; such a search takes as long.
        if !matches!(status.code(), Some(0 | 1)) {
            bail!("the benchmark's own search failed: {status}");
        }
    }
    Ok(shortest)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn print(bench: &Bench, cold: Duration) -> Result<()> {
    let mut output = stdout().lock();
    writeln!(
        output,
        "{} on {}, products of {}, {}; {} of {:.1} megapixels",
        bench.model,
        bench.device,
        bench.precision,
        counted(bench.threads as u64, "thread"),
        counted(bench.photos as u64, "photo"),
        bench.megapixels
    )?;
    if !bench.measured.is_empty() {
        writeln!(output, "{}", why(bench))?;
    }
    writeln!(output, "\na photo's processor time     ms   share")?;
    let total: Duration = bench.steps.iter().map(|(_, time)| *time).sum();
    for (name, time) in &bench.steps {
        let share = 100.0 * time.as_secs_f64() / total.as_secs_f64();
        writeln!(
            output,
            "  {name:<20}{:>9.2}{share:>6.0} %",
            milliseconds(*time)
        )?;
    }
    write!(output, "\nfrom file to index: {:.0} photos/s", bench.whole)?;
    if let Some(busy) = bench.busy {
        write!(output, ", processors {:.0} % busy", 100.0 * busy)?;
    }
    if let Some((step, part)) = bench.bound() {
        write!(output, "; bound by: {step} ({:.0} %)", 100.0 * part)?;
    }
    write!(output, "\nimage tower, photos/s by batch:")?;
    for (size, rate) in &bench.batches {
        write!(output, "  {size}: {rate:.0}")?;
    }
    writeln!(output, "\ngraph: {:.2} ms a row", milliseconds(bench.graph))?;
    writeln!(
        output,
        "a search: {:.0} ms from its start to its end; loading the text tower {:.1} ms, a query's vector {:.1} ms, the nearest {:.2} ms",
        milliseconds(cold),
        milliseconds(bench.text_load),
        milliseconds(bench.text),
        milliseconds(bench.search)
    )?;
    Ok(())
}

/// Why the precision was chosen: what each one achieved on the first photos.
fn why(bench: &Bench) -> String {
    let measured = bench.measured.iter().map(|one| {
        let wrong = if one.is_right() { "" } else { ", too far" };
        format!(
            "{} {:.0} photos/s, cosine to f32 {:.4}{wrong}",
            one.precision, one.pictures_per_second, one.least_cosine
        )
    });
    let measured: Vec<String> = measured.collect();
    format!("chosen {}: {}", bench.precision, measured.join("; "))
}

fn object(bench: &Bench, cold: Duration) -> serde_json::Value {
    let steps: serde_json::Map<String, serde_json::Value> = bench
        .steps
        .iter()
        .map(|(name, time)| ((*name).to_owned(), milliseconds(*time).into()))
        .collect();
    let batches: serde_json::Map<String, serde_json::Value> = bench
        .batches
        .iter()
        .map(|(size, rate)| (size.to_string(), (*rate).into()))
        .collect();
    let measured: serde_json::Map<String, serde_json::Value> = bench
        .measured
        .iter()
        .map(|one| {
            let facts = json!({
                "photos_per_second": one.pictures_per_second, "least_cosine": one.least_cosine,
            });
            (one.precision.name().to_owned(), facts)
        })
        .collect();
    json!({
        "model": bench.model, "device": bench.device, "precision": bench.precision.name(),
        "precisions": measured,
        "threads": bench.threads, "photos": bench.photos, "megapixels": bench.megapixels,
        "step_ms": steps, "photos_per_second": bench.whole, "busy": bench.busy,
        "bound_by": bench.bound().map(|(step, _)| step),
        "image_tower_photos_per_second": batches, "graph_row_ms": milliseconds(bench.graph),
        "cold_search_ms": milliseconds(cold), "text_load_ms": milliseconds(bench.text_load),
        "text_ms": milliseconds(bench.text), "search_ms": milliseconds(bench.search),
    })
}

#[cfg(test)]
mod tests {
    use super::after_removal;
    use anyhow::{Result, anyhow};

    #[test]
    fn the_error_of_the_measurement_comes_first() {
        let check = |measured: Result<u8>, removed: Result<()>, expected: Result<u8, &str>| {
            let found = after_removal(measured, removed).map_err(|error| error.to_string());
            assert_eq!(found, expected.map_err(ToOwned::to_owned));
        };
        check(Ok(7), Ok(()), Ok(7));
        check(Ok(7), Err(anyhow!("removal")), Err("removal"));
        check(Err(anyhow!("run")), Ok(()), Err("run"));
        check(Err(anyhow!("run")), Err(anyhow!("removal")), Err("run"));
    }
}
