//! The main job in one page: index a folder, then find a photo by describing it.
//!
//! `cargo run --release --example find_a_photo [DIR QUERY]`; without arguments it draws
//! three pictures and looks for one of them.

use pixseek_engine::{
    ComputeDevice, FindOptions, Index, ModelChoice, Query, Searcher, Shown, SyncOptions,
    open_model, path_of, query_context, sync,
};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

fn main() -> Result<(), Box<dyn Error>> {
    let scratch = tempfile::tempdir()?;
    let mut arguments = std::env::args().skip(1);
    let (photos, query) = match (arguments.next(), arguments.next()) {
        (Some(folder), Some(query)) => (PathBuf::from(folder).canonicalize()?, query),
        _ => (draw(scratch.path())?, "blue sky over the sea".into()),
    };

    let folder = scratch.path().join("index");
    let (model, identity) = open_model(&ModelChoice::Embedded)?;
    let mut index = Index::open(&folder, &identity)?;
    let options = SyncOptions {
        roots: vec![photos],
        ..SyncOptions::default()
    };
    let never = AtomicBool::new(false);
    let report = sync(
        &mut index,
        &model,
        &ComputeDevice::cpu,
        &options,
        &never,
        &mut |_| (),
    )?;
    println!(
        "{} photos encoded, {} files failed",
        report.encoded, report.failed
    );

    let searcher = Searcher::open(&folder, None, ComputeDevice::cpu())?;
    let options = FindOptions {
        limit: 3,
        // Three pictures are too few to tell what matches.
        shown: Shown::All,
        ..FindOptions::default()
    };
    let answer = searcher.find(&Query::parse(&query, query_context())?, &options)?;
    println!("{query}:");
    for hit in answer.hits {
        let score = hit.score.unwrap_or_default();
        println!("{score:3.0}  {}", path_of(&hit.path).display());
    }
    Ok(())
}

type Painter = fn(u32, u32) -> [u8; 3];

/// A sea below a sky, a meadow, and a brick wall, as far as a few lines can draw them.
fn draw(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let photos = folder.join("photos");
    std::fs::create_dir(&photos)?;
    let pictures: [(&str, Painter); 3] = [
        ("sea", |_, y| {
            if y < 60 {
                [120, 180, 240]
            } else {
                [20, 60, 120]
            }
        }),
        ("meadow", |x, y| {
            if (x * 7 + y * 13) % 5 < 3 {
                [60, 130, 40]
            } else {
                [70, 160, 50]
            }
        }),
        ("wall", |x, y| {
            if y % 12 < 2 || (x + y / 12 * 10) % 24 < 2 {
                [190, 185, 180]
            } else {
                [150, 60, 45]
            }
        }),
    ];
    for (name, painter) in pictures {
        let picture = image::RgbImage::from_fn(128, 96, |x, y| image::Rgb(painter(x, y)));
        picture.save(photos.join(format!("{name}.png")))?;
    }
    Ok(photos)
}
