//! Light fine-tuning: trains an adapter of text embeddings on the photo embeddings that an index
//! holds. It takes seconds, and no photo is encoded again.

use crate::arguments::Finetune;
use crate::commands::{described, device};
use crate::held_out::{questions, split};
use crate::printed::printed;
use crate::run::Ending;
use anyhow::{Context, Result, bail};
use pixseek_clip::training::{AdapterTraining, train_adapter};
use pixseek_clip::{Adapter, Embedding, Model, Retrieval, TextEncoder};
use pixseek_engine::{Photos, Status, adapt, everyday_texts, model_of};
use pixseek_lab::Described;

/// How many texts are encoded at a time.
const BATCH: usize = 64;

/// Photos of an index, and the texts that describe them.
struct Set {
    photos: Vec<Embedding>,
    /// Each text with the positions of the photos that it describes.
    texts: Vec<(Embedding, Vec<usize>)>,
}

/// Trains the adapter of an index and stores it if it helps, or removes it.
///
/// # Errors
///
/// When the index or the model cannot be used, or there is nothing to learn from.
pub fn run(finetune: &Finetune) -> Result<Ending> {
    let index = finetune
        .index_dir
        .as_deref()
        .context("give --index-dir DIR")?;
    let model = match &finetune.model {
        Some(folder) => Model::open(folder)?,
        None => model_of(index)?,
    };
    let fingerprint = model.fingerprint()?;
    let indexed = Status::read(index)?.model;
    if fingerprint != indexed.fingerprint {
        bail!(
            "{} was made with the model {}; leave --model out",
            index.display(),
            indexed.name
        );
    }
    let on = device(finetune.run.device);
    if finetune.undo {
        adapt(index, &model, &on, None)?;
        eprintln!("taken back; searches are as they were");
        return Ok(Ending::Done);
    }
    let encoder = model.text_encoder(&on)?;
    let (learn, measure) = match &finetune.data.held_out {
        Some(list) => (described(&finetune.data)?, Described::read(list)?),
        None => split(described(&finetune.data)?),
    };
    let (learn, choose) = split(learn);
    let indexed = Photos::open(index)?;
    let learn = set(&indexed, &encoder, learn)?;
    let choose = set(&indexed, &encoder, choose)?;
    let measure = set(&indexed, &encoder, measure)?;
    let others: Vec<&str> = everyday_texts().collect();
    let others = encode(&encoder, &others)?;
    let training = AdapterTraining {
        scale: model.logit_scale()?.into(),
        seed: finetune.run.seed,
        ..AdapterTraining::default()
    };
    let stages = train_adapter(&learn.photos, &learn.texts, &others, &fingerprint, training)?;
    // `learn` trains the adapter, `choose` says at which stage it is best, and `measure`, which
    // was part of neither, says whether it helps.
    let adapter = stages.into_iter().max_by(|a, b| {
        let precision = |adapter| choose.measured(Some(adapter)).precision_at_10;
        precision(a).total_cmp(&precision(b))
    });
    let adapter = adapter.context("nothing was learned")?;
    let before = measure.measured(None);
    let after = measure.measured(Some(&adapter));
    eprintln!(
        "learned from {} photos",
        learn.photos.len() + choose.photos.len()
    );
    eprintln!("held out, before: {before}");
    eprintln!("held out, after:  {after}");
    if after.precision_at_10 <= before.precision_at_10 {
        eprintln!("that is no gain: the index stays as it was");
        return Ok(Ending::Done);
    }
    adapt(index, &model, &on, Some(&adapter))?;
    eprintln!(
        "searches in {} know it now; --undo takes it back",
        printed(index)
    );
    Ok(Ending::Done)
}

impl Set {
    fn measured(&self, adapter: Option<&Adapter>) -> Retrieval {
        let text = |text: &Embedding| match adapter {
            Some(adapter) => adapter.apply(text),
            None => text.clone(),
        };
        let texts = self.texts.iter();
        let texts: Vec<_> = texts.map(|(t, right)| (text(t), right.clone())).collect();
        Retrieval::measure(&self.photos, &texts)
    }
}

/// The embeddings of those photos that are in the index, and of their texts.
fn set(indexed: &Photos, encoder: &TextEncoder, all: Vec<Described>) -> Result<Set> {
    let count = all.len();
    let (mut photos, mut known) = (Vec::new(), Vec::new());
    for one in all {
        let Ok(path) = one.file.canonicalize() else {
            continue;
        };
        if let Some(vector) = indexed.vector(&path)? {
            photos.push(Embedding::normalize(vector)?);
            known.push(one);
        }
    }
    if photos.is_empty() {
        bail!("none of the {count} photos is in the index; run `pixseek index` on them first");
    }
    if photos.len() < count {
        eprintln!(
            "{} of {count} photos are not in the index",
            count - photos.len()
        );
    }
    let (texts, places): (Vec<String>, Vec<Vec<usize>>) = questions(&known).into_iter().unzip();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let texts = encode(encoder, &texts)?.into_iter().zip(places).collect();
    Ok(Set { photos, texts })
}

fn encode(encoder: &TextEncoder, texts: &[&str]) -> Result<Vec<Embedding>> {
    let mut vectors = Vec::with_capacity(texts.len());
    for part in texts.chunks(BATCH) {
        vectors.extend(encoder.encode(part)?);
    }
    Ok(vectors)
}
