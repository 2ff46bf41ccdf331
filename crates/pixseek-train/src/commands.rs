//! One function a command.

use crate::arguments::{Data, Device, Distil, Eval, Finetune, Run, Tower, Train};
use crate::held_out::{HeldOut, split};
use crate::photos::{Photos, Unreadable};
use crate::printed::printed;
use crate::run::{Ending, RunSettings, run};
use crate::training_set::{TeacherEmbeddings, TrainingSet, texts_of};
use anyhow::{Context, Result, bail};
use pixseek_clip::training::{
    AdamW, Augmentation, Distillation, Locked, Objective, Schedule, Trainer, TrainerConfig,
};
use pixseek_clip::{ComputeDevice, DeviceChoice, Embedding, Model, WeightPrecision};
use pixseek_engine::plain;
use pixseek_lab::{Described, evaluate};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Settings of a run that the command line need not give.
#[derive(Clone, Copy)]
struct Defaults {
    epochs: u64,
    learning_rate: f64,
}

/// For weights that begin at random.
const FROM_SCRATCH: Defaults = Defaults {
    epochs: 30,
    learning_rate: 5e-4,
};
/// For weights that are good already: Wortsman et al. 2022 fine-tune CLIP at 1e-5 to 3e-5, and the
/// small models here bear more.
const FROM_PRETRAINED: Defaults = Defaults {
    epochs: 5,
    learning_rate: 5e-5,
};

/// Trains a model from random weights.
pub fn train(train: &Train, stop: &AtomicBool) -> Result<Ending> {
    let model = Model::untrained(&train.config, train.run.seed)?;
    let objective = objective_of(&model);
    learn(
        model,
        objective,
        &train.data,
        &train.run,
        FROM_SCRATCH,
        None,
        stop,
    )
}

/// Trains a model further on the user's photos.
pub fn finetune(finetune: &Finetune, stop: &AtomicBool) -> Result<Ending> {
    let model = open(finetune.model.as_deref())?;
    let objective = objective_of(&model);
    learn(
        model,
        objective,
        &finetune.data,
        &finetune.run,
        FROM_PRETRAINED,
        None,
        stop,
    )
}

/// The loss that a model was designed for: SigLIP's have a bias, CLIP's have none.
fn objective_of(model: &Model) -> Objective {
    if model.config().logit_bias {
        Objective::Sigmoid
    } else {
        Objective::Contrastive
    }
}

/// Trains a small model to embed as a large one does.
pub fn distil(distil: &Distil, stop: &AtomicBool) -> Result<Ending> {
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
        FROM_PRETRAINED,
        Some(&teacher),
        stop,
    )
}

/// Measures a model on described photos.
pub fn eval(eval: &Eval, stop: &AtomicBool) -> Result<Ending> {
    let model = open(eval.model.as_deref())?;
    let device = device(eval.device);
    for list in &eval.lists {
        let described = Described::read(list)?;
        let found = evaluate(&model, &device, &described, &[], stop)?;
        println!("{}", printed(list));
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
            eprintln!("failed: {}: {}", printed(path), plain(&reason.to_string()));
        }
    }
    Ok(Ending::Done)
}

/// Opens the model in a folder, or the embedded one.
pub fn open(folder: Option<&Path>) -> Result<Model> {
    Ok(match folder {
        Some(folder) => Model::open(folder)?,
        None => Model::embedded()?,
    })
}

/// Reads the descriptions of all photos that the command line names.
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
    defaults: Defaults,
    teacher: Option<&Model>,
    stop: &AtomicBool,
) -> Result<Ending> {
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
    let (photos, learn, unreadable) = Photos::read(learn, preprocess.size);
    for Unreadable { path, error } in &unreadable {
        eprintln!("left out: {}: {}", printed(path), plain(&error.to_string()));
    }
    if learn.is_empty() {
        bail!("no photo could be read");
    }
    let augmentation = Augmentation {
        least_area: settings.least_area,
        mirror: settings.mirror,
    };
    let teacher = teacher
        .map(|teacher| teacher_embeddings(teacher, &on, &photos, &learn))
        .transpose()?;
    let mut training_set = TrainingSet::new(
        photos,
        &learn,
        &tokenizer,
        &preprocess,
        augmentation,
        settings.seed,
    )?;
    if let Some(teacher) = teacher {
        training_set = training_set.with_teacher(teacher);
    }
    let batch = settings.batch.max(1);
    let steps = settings.epochs.unwrap_or(defaults.epochs) * training_set.batches(batch);
    let config = TrainerConfig {
        objective,
        lesson: training_set.fingerprint(batch),
        optimizer: AdamW {
            weight_decay: settings.weight_decay,
            ..AdamW::default()
        },
        schedule: Schedule {
            peak: settings.learning_rate.unwrap_or(defaults.learning_rate),
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
    let run_settings = RunSettings {
        training_set: &training_set,
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
    run(&mut trainer, &run_settings, stop)
}

/// Embeds all photos and texts with a teacher, once for all epochs.
fn teacher_embeddings(
    teacher: &Model,
    on: &ComputeDevice,
    photos: &Photos,
    learn: &[Described],
) -> Result<TeacherEmbeddings> {
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
            pixels.push(made?);
        }
        let made: Result<Vec<Embedding>, _> = images.encode(&pixels)?.into_iter().collect();
        vectors.extend(made?);
    }
    let of_texts = |one: &Described| {
        let all = texts_of(one);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        Ok(texts.encode(&all)?)
    };
    Ok(TeacherEmbeddings {
        photos: vectors,
        texts: learn.iter().map(of_texts).collect::<Result<_>>()?,
    })
}

/// Chooses the device, and prints a note if it is not the one that was asked for.
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
