//! Prints what a film's container says and how long its key frames take, and writes these as PNG.
//!
//! `stills FILM [SIDE [FOLDER]]`

use pixseek_video::{Film, FilmLimits};
use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Instant;

/// A file that counts the bytes that are read of it.
struct Counted(File, u64);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1 += read as u64;
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments.next().ok_or("which film?")?;
    let side = match arguments.next() {
        Some(side) => side.to_str().ok_or("which side?")?.parse()?,
        None => 256,
    };
    let folder = arguments.next();
    let start = Instant::now();
    let mut counted = Counted(File::open(&path)?, 0);
    let mut film = Film::open(&mut counted, FilmLimits::default()).map_err(|it| it.reason)?;
    println!("{:#?}", film.facts());
    println!("opened in {:?}", start.elapsed());
    let start = Instant::now();
    film.identity().map_err(|it| it.reason)?;
    println!("identity in {:?}", start.elapsed());
    for frame in film.key_frames().to_vec() {
        let start = Instant::now();
        match film.decode(&frame, side) {
            Ok(picture) => {
                let pixels = picture.image.dimensions();
                println!(
                    "{} ms: {pixels:?} in {:?}",
                    picture.time_ms.unwrap_or_default(),
                    start.elapsed()
                );
                if let Some(folder) = &folder {
                    let name = format!("{}.png", picture.time_ms.unwrap_or_default());
                    picture.image.save(Path::new(folder).join(name))?;
                }
            }
            Err(failure) => println!("{:?} ms: {failure:?}", frame.time_ms),
        }
    }
    drop(film);
    println!(
        "{} of {} bytes read",
        counted.1,
        std::fs::metadata(&path)?.len()
    );
    Ok(())
}
