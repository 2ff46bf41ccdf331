//! Facts as they are stored. The first format ended them with an optional place, which
//! postcard writes as 0 or as 1 and two numbers; a photo with notes has 2 there, and more.

use super::{PhotoFacts, PhotoNotes};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Facts {
    width: u32,
    height: u32,
    taken: Option<String>,
    taken_seconds: Option<i64>,
    camera: Option<String>,
    lens: Option<String>,
    end: End,
}

#[derive(Serialize, Deserialize)]
enum End {
    Nothing,
    Place(f64, f64),
    Notes(Option<(f64, f64)>, PhotoNotes),
}

impl From<Facts> for PhotoFacts {
    fn from(facts: Facts) -> Self {
        let (place, notes) = match facts.end {
            End::Nothing => (None, PhotoNotes::default()),
            End::Place(latitude, longitude) => (Some((latitude, longitude)), PhotoNotes::default()),
            End::Notes(place, notes) => (place, notes),
        };
        Self {
            width: facts.width,
            height: facts.height,
            taken: facts.taken,
            taken_seconds: facts.taken_seconds,
            camera: facts.camera,
            lens: facts.lens,
            place,
            notes,
        }
    }
}

impl From<PhotoFacts> for Facts {
    fn from(facts: PhotoFacts) -> Self {
        let end = match (facts.place, facts.notes) {
            (None, notes) if notes == PhotoNotes::default() => End::Nothing,
            (Some((latitude, longitude)), notes) if notes == PhotoNotes::default() => {
                End::Place(latitude, longitude)
            }
            (place, notes) => End::Notes(place, notes),
        };
        Self {
            width: facts.width,
            height: facts.height,
            taken: facts.taken,
            taken_seconds: facts.taken_seconds,
            camera: facts.camera,
            lens: facts.lens,
            end,
        }
    }
}
