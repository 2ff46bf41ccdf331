use super::search::open;
use crate::arguments::{Common, Tag};
use crate::location::index_to_read;
use crate::output::{Outcome, counted, plain, put_path};
use anyhow::{Context, Result, bail};
use pixseek_engine::TagOptions;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write, stdout};

/// Labels are stored as 16-bit numbers, of which the highest means "no label".
const MOST_LABELS: usize = (1 << 16) - 1;

/// Runs `pixseek tag`.
pub fn tag(common: &Common, arguments: &Tag) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let searcher = open(common, &index)?;
    let labels = labels(arguments)?;
    let tags = if labels.is_empty() {
        let Some(tags) = searcher.labels()? else {
            bail!("no labels yet; give some with --labels dog,cat,beach or --labels-file FILE");
        };
        tags
    } else {
        let top = arguments.top;
        let tags = searcher.tag(&TagOptions { labels, top })?;
        tags.store()?;
        tags
    };
    let mut output = BufWriter::new(stdout().lock());
    let mut counts: BTreeMap<&str, u64> =
        tags.names().iter().map(|label| (&label[..], 0)).collect();
    for photo in tags.photos() {
        let photo = photo?;
        if let Some((first, _)) = photo.best.first()
            && let Some(count) = counts.get_mut(first.as_str())
        {
            *count += 1;
        }
        if arguments.json {
            let of_photo: Vec<_> = photo
                .best
                .iter()
                .map(|(label, probability)| {
                    json!({ "label": label, "probability": (f64::from(*probability) * 1000.0).round() / 1000.0 })
                })
                .collect();
            let mut object = json!({ "tags": of_photo });
            put_path(&mut object, &photo.path);
            writeln!(output, "{object}")?;
        }
    }
    if !arguments.json {
        for (label, count) in counts {
            writeln!(output, "{}\t{count}", plain(label))?;
        }
    }
    output.flush()?;
    if !common.quiet {
        let photos = counted(searcher.photo_count(), "photo");
        eprintln!("{photos}; `pixseek search tag:NAME` finds those of a label");
    }
    Ok(Outcome::Done)
}

/// Collects the labels of both options: trimmed, without duplicates, in their order.
fn labels(arguments: &Tag) -> Result<Vec<String>> {
    let mut labels: Vec<String> = arguments.labels.clone();
    if let Some(file) = &arguments.labels_file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        labels.extend(text.lines().map(str::to_owned));
    }
    let mut unique: Vec<String> = Vec::new();
    for label in labels {
        let label = label.trim();
        if !label.is_empty() && !unique.iter().any(|known| known == label) {
            unique.push(label.to_owned());
        }
    }
    if unique.len() > MOST_LABELS {
        bail!(
            "{} labels are too many; {MOST_LABELS} are possible",
            unique.len()
        );
    }
    Ok(unique)
}
