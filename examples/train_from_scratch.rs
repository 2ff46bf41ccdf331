//! A complete small CLIP, from nothing, in minutes, on pictures that it draws itself.
//!
//! `cargo run --release --example train_from_scratch` draws shapes of eight colours in four places
//! and learns from pairs of picture and caption alone which word means what. One in five
//! combinations of colour, shape and place is never shown. At the end each picture of such a
//! combination must choose its caption among all 128: CLIP's zero-shot classification.

mod shapes;

use pixseek_clip::training::{
    AdamW, Draw, Locked, Objective, Pair, Schedule, Trainer, TrainerConfig,
};
use pixseek_clip::{Classification, ComputeDevice, Embedding, Model, Pixels, Rgb};
use shapes::{CONFIG, SIDE, Scene, tokenizer};
use std::error::Error;

const STEPS: u64 = 900;
const BATCH: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("open_clip_config.json"), CONFIG)?;
    std::fs::write(folder.path().join("tokenizer.json"), tokenizer())?;
    let model = Model::untrained(folder.path(), 1)?;
    let tokenizer = model.tokenizer()?;
    let preprocess = model.config().preprocess.clone();
    let picture = |scene: &Scene, draw: &mut Draw| -> Pixels {
        let bytes = scene.draw(draw);
        let image = Rgb::new(SIDE, SIDE, &bytes).expect("a square");
        preprocess.pixels(image)
    };

    let mut scenes = Scene::all();
    Draw::new(1, &["split"]).shuffle(&mut scenes);
    let (unseen, seen) = scenes.split_at(scenes.len() / 5);
    println!(
        "{} combinations to learn from, {} never shown",
        seen.len(),
        unseen.len()
    );

    let config = TrainerConfig {
        objective: Objective::Contrastive,
        lesson: [0; 32],
        optimizer: AdamW::default(),
        schedule: Schedule {
            peak: 2e-3,
            warm_up: 50,
            steps: STEPS,
        },
        longest_gradient: 1.0,
        part: BATCH,
        locked: Locked::Neither,
    };
    let mut trainer = Trainer::new(model, config, &ComputeDevice::cpu())?;
    for step in 0..STEPS {
        let mut draw = Draw::new(1, &["step", &step.to_string()]);
        let mut batch = Vec::new();
        for _ in 0..BATCH {
            let subject = draw.below(seen.len());
            let scene = &seen[subject];
            batch.push(Pair {
                pixels: picture(scene, &mut draw),
                tokens: tokenizer.encode(&scene.caption())?,
                subject,
                teacher: None,
            });
        }
        let report = trainer.step(&batch)?;
        if (step + 1).is_multiple_of(100) {
            println!(
                "step {}: loss {:.3}, scale {:.1}",
                step + 1,
                report.loss,
                report.scale
            );
        }
    }

    // Every caption is a class; unseen pictures must choose among seen and unseen ones.
    let captions = scenes
        .iter()
        .map(|scene| tokenizer.encode(&scene.caption()));
    let classes = trainer.encode_texts(&captions.collect::<Result<Vec<_>, _>>()?)?;
    let measure = |name: &str, range: std::ops::Range<usize>| -> Result<f64, Box<dyn Error>> {
        let mut draw = Draw::new(1, &["test"]);
        let places: Vec<usize> = range.flat_map(|place| [place; 4]).collect();
        let pixels: Vec<Pixels> = places
            .iter()
            .map(|p| picture(&scenes[*p], &mut draw))
            .collect();
        let photos: Vec<(Embedding, usize)> = trainer
            .encode_images(&pixels)?
            .into_iter()
            .zip(places)
            .collect();
        let found = Classification::measure(&photos, &classes);
        println!(
            "{name}: top-1 {:.1} %, top-5 {:.1} %",
            100.0 * found.top_1,
            100.0 * found.top_5
        );
        Ok(found.top_1)
    };
    measure("seen combinations", unseen.len()..scenes.len())?;
    let right = measure("unseen combinations", 0..unseen.len())?;
    if right < 0.9 {
        return Err("less than 90 % of the unseen combinations were recognised".into());
    }
    Ok(())
}
