//! Advice on errors. Libraries report facts; only this program knows the commands and options that
//! help.

mod failed;

pub use failed::on_failure;

use crate::output::sized;
use pixseek_engine::{Attachment, EngineError, IndexError};
use pixseek_models::{ModelsError, Registry};
use std::error::Error;
use std::iter;
use std::path::Path;

/// An error with its causes and, if there is any, with advice, in one line.
pub fn explained(error: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |error| Error::source(*error));
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    let advice = advice(error).map(|advice| format!("; {advice}"));
    causes.join(": ") + &advice.unwrap_or_default()
}

/// The advice on an error or, if there is none, on one of its causes.
pub fn advice(error: &(dyn Error + 'static)) -> Option<String> {
    let own = if let Some(error) = error.downcast_ref::<EngineError>() {
        engine(error)
    } else if let Some(error) = error.downcast_ref::<IndexError>() {
        index(error)
    } else if let Some(error) = error.downcast_ref::<ModelsError>() {
        models(error)
    } else {
        None
    };
    own.or_else(|| advice(error.source()?))
}

/// The advice on a damaged index.
pub fn rebuild(index: &str) -> String {
    format!("`pixseek rebuild --index-dir {index}` restores it from its undamaged parts")
}

fn engine(error: &EngineError) -> Option<String> {
    Some(match error {
        EngineError::Index(error) => return index(error),
        EngineError::ModelGone { .. } => {
            "give its folder with --model, or index again into another --index-dir".into()
        }
        EngineError::NoPrecision { .. } => "choose --precision f32".into(),
        EngineError::NotJson { .. } => {
            "restore it from a backup, or remove it and make it again".into()
        }
        EngineError::Worker => "run `pixseek index` again".into(),
        _ => return None,
    })
}

fn index(error: &IndexError) -> Option<String> {
    Some(match error {
        IndexError::Absent(index) => absent(index),
        IndexError::Damaged { index, .. } => rebuild(&index.to_string_lossy()),
        IndexError::DamagedAttachment { attachment, .. } => match attachment {
            Attachment::Calibration => "`pixseek index` makes it again".into(),
            Attachment::Adapter => {
                "`pixseek-train finetune --undo` removes it, `--light` makes it again".into()
            }
            Attachment::Names | Attachment::Saved | Attachment::Given => {
                "restore it from a backup, or remove it".into()
            }
        },
        IndexError::DamagedTags { .. } => "`pixseek tag add LABEL...` makes it again".into(),
        IndexError::OtherFormat { .. } => {
            "use the pixseek that wrote it, or index the photos again with another --index-dir"
                .into()
        }
        IndexError::Untagged(_) => {
            "`pixseek tag add dog cat beach` computes them, `pixseek tag set` gives them".into()
        }
        IndexError::OtherModel { .. } => {
            "choose another --index-dir, or the model it was made with".into()
        }
        IndexError::OtherPrecision { .. } => "choose another --index-dir".into(),
        IndexError::Lost { .. } => "move it away and run `pixseek index` again".into(),
        IndexError::Compacted(_) | IndexError::Uncertain(_) => "run the command again".into(),
        _ => return None,
    })
}

/// The advice on a folder without an index. A folder with other files is perhaps one of photos.
fn absent(index: &Path) -> String {
    let mut entries = std::fs::read_dir(index).into_iter().flatten();
    if entries.next().is_some() {
        let folder = index.display();
        format!(
            "--index-dir is where the index is kept; for photos in {folder}: `pixseek index {folder}`"
        )
    } else {
        "make one with `pixseek index DIR`".into()
    }
}

fn not_installed(name: &str) -> String {
    match Registry::built_in().find(name) {
        Ok(known) => {
            let size = sized(known.megabytes * 1_000_000);
            format!("`pixseek model pull {name}` gets it (about {size})")
        }
        Err(_) => "`pixseek model list` shows what is".into(),
    }
}

fn models(error: &ModelsError) -> Option<String> {
    Some(match error {
        ModelsError::ResearchOnly { .. } => "if that is what you do, add --research-only".into(),
        ModelsError::Installed { name, .. } => format!("`pixseek model remove {name}` removes it"),
        ModelsError::NotInstalled { name } => not_installed(name),
        ModelsError::Offline => {
            "unset it, or copy the model's folder and `pixseek model import` it".into()
        }
        ModelsError::Record { .. } => {
            "`pixseek model remove` the model, then pull or import it again".into()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn advice_is_found_in_the_whole_chain_of_causes() {
        let error = EngineError::from(IndexError::Absent("photos".into()));
        let chained = Err::<(), _>(error).context("cannot search").unwrap_err();
        let expected = "cannot search: no index at photos; make one with `pixseek index DIR`";
        assert_eq!(explained(chained.as_ref()), expected);
        let other = anyhow::anyhow!("the moon is full");
        assert_eq!(explained(other.as_ref()), "the moon is full");
    }
}
