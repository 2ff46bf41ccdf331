//! One function for each command.

use crate::arguments::{Data, Device, Distil, Eval, Finetune, Run, Tower, Train};
use crate::data::{Lesson, Taught, texts_of};
use crate::held_out::{HeldOut, split};
use crate::photos::Photos;
use crate::run::{Ended, Plan, run};
use crate::shown::shown;
use anyhow::{Context, Result, bail};
use pixseek_clip::training::{
    AdamW, Augmentation, Distillation, Locked, Objective, Schedule, Trainer, TrainerConfig,
};
use pixseek_clip::{ComputeDevice, DeviceChoice, Embedding, Model, WeightPrecision};
use pixseek_engine::{Described, evaluate, plain};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Epochs and learning rate of the three ways to learn, when none are given. The lower rate is
/// for weights that are good already (Wortsman et al. 2022 fine-tune CLIP at 1e-5 to 3e-5; the
/// small models here bear more).
const FROM_NOTHING: (u64, f64) = (30, 5e-4);
const FURTHER: (u64, f64) = (5, 5e-5);

pub fn train(train: &Train, stop: &AtomicBool) -> Result<Ended> {
    let model = Model::untrained(&train.config, train.run.seed)?;
    let objective = own_objective(&model);
    learn(
        model,
        objective,
        &train.data,
        &train.run,
        FROM_NOTHING,
        None,
        stop,
    )
}

pub fn finetune(finetune: &Finetune, stop: &AtomicBool) -> Result<Ended> {
    let model = open(finetune.model.as_deref())?;
    let objective = own_objective(&model);
    learn(
        model,
        objective,
        &finetune.data,
        &finetune.run,
        FURTHER,
        None,
        stop,
    )
}

/// The loss that a model was made for.
fn own_objective(model: &Model) -> Objective {
    if model.config().logit_bias {
        Objective::Sigmoid
    } else {
        Objective::Contrastive
    }
}

pub fn distil(distil: &Distil, stop: &AtomicBool) -> Result<Ended> {
    let teacher = Model::open(&distil.teacher)?;
    let objective = Objective::Distillation(Distillation {
        embeddings: distil.embeddings,
        similarities: 1.0,
        pairs: distil.pairs,
        teacher_scale: teacher.logit_scale()?.into(),
    });
    let model = open(distil.model.as_deref())?;
    learn(
        model,
        objective,
        &distil.data,
        &distil.run,
        FURTHER,
        Some(&teacher),
        stop,
    )
}

pub fn eval(eval: &Eval, stop: &AtomicBool) -> Result<Ended> {
    let model = open(eval.model.as_deref())?;
    let device = device(eval.device);
    for list in &eval.lists {
        let described = Described::read(list)?;
        let found = evaluate(&model, &device, &described, &[], stop)?;
        println!("{}", shown(list));
        if let Some(captions) = &found.captions {
            println!("  captions: {captions}");
        }
        if let Some(labels) = &found.labels {
            println!("  labels: {labels}");
        }
        if let Some(classes) = &found.classes {
            println!("  zero-shot: {classes}");
        }
        for (path, reason) in &found.failed {
            eprintln!("failed: {}: {}", shown(path), plain(reason));
        }
    }
    Ok(Ended::Done)
}

/// The model that was named, or the embedded one.
pub fn open(folder: Option<&Path>) -> Result<Model> {
    Ok(match folder {
        Some(folder) => Model::open(folder)?,
        None => Model::embedded()?,
    })
}

/// All photos that were named.
pub fn described(data: &Data) -> Result<Vec<Described>> {
    let mut all = Vec::new();
    for list in &data.captions {
        all.extend(Described::read(list)?);
    }
    if let Some(root) = &data.sorted {
        all.extend(Described::sorted_into(root)?);
    }
    if all.is_empty() {
        bail!("nothing to learn from: give --captions FILE or --sorted DIR");
    }
    Ok(all)
}

fn learn(
    model: Model,
    objective: Objective,
    data: &Data,
    settings: &Run,
    (epochs, learning_rate): (u64, f64),
    teacher: Option<&Model>,
    stop: &AtomicBool,
) -> Result<Ended> {
    let out = settings.out.as_deref();
    let out = out.context("where shall the new model be? give --out DIR")?;
    if out.exists() {
        bail!(
            "{} is there already; take another name or remove it",
            out.display()
        );
    }
    let all = described(data)?;
    let (learn, measure) = match &data.held_out {
        Some(list) => (all, Described::read(list)?),
        None => split(all),
    };
    let on = device(settings.device);
    eprintln!("{} photos to learn from, on {}", learn.len(), on.name());
    let preprocess = model.config().preprocess.clone();
    let tokenizer = model.tokenizer()?;
    let (photos, learn, failed) = Photos::read(learn, preprocess.size);
    for (path, reason) in &failed {
        eprintln!("left out: {}: {}", shown(path), plain(reason));
    }
    if learn.is_empty() {
        bail!("no photo could be read");
    }
    let augmentation = Augmentation {
        least_area: settings.least_area,
        mirror: settings.mirror,
    };
    let taught = teacher
        .map(|teacher| ask(teacher, &on, &photos, &learn))
        .transpose()?;
    let mut lesson = Lesson::new(
        photos,
        &learn,
        &tokenizer,
        &preprocess,
        augmentation,
        settings.seed,
    )?;
    if let Some(taught) = taught {
        lesson = lesson.with_teacher(taught);
    }
    let batch = settings.batch.max(1);
    let steps = settings.epochs.unwrap_or(epochs) * lesson.batches(batch);
    let config = TrainerConfig {
        objective,
        lesson: lesson.fingerprint(batch),
        optimizer: AdamW {
            weight_decay: settings.weight_decay,
            ..AdamW::default()
        },
        schedule: Schedule {
            peak: settings.learning_rate.unwrap_or(learning_rate),
            warm_up: settings.warm_up.unwrap_or(steps / 20),
            steps,
        },
        longest_gradient: 1.0,
        part: settings.part.max(1),
        locked: match settings.lock {
            None => Locked::Neither,
            Some(Tower::Text) => Locked::Text,
            Some(Tower::Image) => Locked::Image,
        },
    };
    let mut trainer = Trainer::new(model, config, &on)?;
    let held_out = HeldOut::new(measure, &trainer, &tokenizer)?;
    let plan = Plan {
        lesson: &lesson,
        held_out: &held_out,
        out,
        batch,
        steps,
        save_every: settings.save_every.max(1),
        precision: if settings.half {
            WeightPrecision::Half
        } else {
            WeightPrecision::Full
        },
        share: settings.share,
    };
    run(&mut trainer, &plan, stop)
}

/// A teacher's vectors of everything, once.
fn ask(
    teacher: &Model,
    on: &ComputeDevice,
    photos: &Photos,
    learn: &[Described],
) -> Result<Taught> {
    const BATCH: usize = 32;
    eprintln!("asking the teacher");
    let images = teacher.image_encoder(on)?;
    let texts = teacher.text_encoder(on)?;
    let mut vectors = Vec::new();
    let places: Vec<usize> = (0..learn.len()).collect();
    for part in places.chunks(BATCH) {
        let mut pixels = Vec::new();
        for place in part {
            let made = photos.with(*place, |image| images.preprocess().pixels(image));
            pixels.push(made.map_err(anyhow::Error::msg)?);
        }
        let made: Result<Vec<Embedding>, _> = images.encode(&pixels)?.into_iter().collect();
        vectors.extend(made?);
    }
    let of_texts = |one: &Described| {
        let all = texts_of(one);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        Ok(texts.encode(&all)?)
    };
    Ok(Taught {
        photos: vectors,
        texts: learn.iter().map(of_texts).collect::<Result<_>>()?,
    })
}

/// The device that was asked for, with a word when it is another.
pub fn device(wanted: Device) -> ComputeDevice {
    let device = ComputeDevice::choose(match wanted {
        Device::Auto => DeviceChoice::Auto,
        Device::Gpu => DeviceChoice::Gpu,
        Device::Cpu => DeviceChoice::Cpu,
    });
    if let Some(note) = device.note() {
        eprintln!("{note}");
    }
    device
}
