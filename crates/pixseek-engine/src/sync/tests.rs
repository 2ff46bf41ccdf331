use super::commit::Committer;
use super::encode::Encoder;
use super::finding::Finding;
use super::{Event, Missing, SyncOptions, sync};
use crate::identity::precision_of;
use crate::{EngineError, Index, ModelChoice, Searcher, open_model};
use pixseek_clip::{ComputeDevice, Model, Precision};
use pixseek_index::{IndexError, Manifest, ModelIdentity, Reader, Stamp};
use pixseek_photos::{Failure, FailureKind, bytes_of};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

/// A temporary folder of photos with an index.
struct Library {
    folder: TempDir,
    model: Model,
    identity: ModelIdentity,
}

impl Library {
    fn new(model: &ModelChoice) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("photos")).unwrap();
        let (model, identity) = open_model(model).unwrap();
        Self {
            folder,
            model,
            identity,
        }
    }

    fn index(&self) -> PathBuf {
        self.folder.path().join("index")
    }

    fn photo(&self, name: &str) -> PathBuf {
        self.folder
            .path()
            .canonicalize()
            .unwrap()
            .join("photos")
            .join(name)
    }

    fn draw(&self, name: &str, seed: u8) {
        let picture = image::RgbImage::from_fn(300, 260, |x, y| {
            let wave = (x * u32::from(seed) + y * 3) / 20;
            image::Rgb([wave, wave * 5, x + y].map(|value| u8::try_from(value % 256).unwrap()))
        });
        picture.save(self.photo(name)).unwrap();
    }

    /// Appends one byte to a photo's file: the picture stays the same, but the index does not know
    /// the content.
    fn copy(&self, original: &str, name: &str) -> PathBuf {
        let mut bytes = std::fs::read(self.photo(original)).unwrap();
        bytes.push(0);
        let copy = self.photo(name);
        std::fs::write(&copy, bytes).unwrap();
        copy
    }

    fn open(&self) -> Index {
        Index::open(&self.index(), &self.identity).unwrap()
    }

    /// Runs a sync and returns the precision of the index.
    fn sync(&self, precision: Option<Precision>) -> Result<Precision, EngineError> {
        self.sync_with(precision, &mut |_| ())
    }

    fn sync_with(
        &self,
        precision: Option<Precision>,
        on_event: &mut dyn FnMut(Event<'_>),
    ) -> Result<Precision, EngineError> {
        let mut index = self.open();
        if let Some(precision) = precision {
            index.set_precision(&self.model, precision)?;
        }
        let options = SyncOptions {
            roots: vec![self.photo("").components().collect()],
            ..SyncOptions::default()
        };
        sync(
            &mut index,
            &self.model,
            &ComputeDevice::cpu,
            &options,
            &AtomicBool::new(false),
            on_event,
        )?;
        Ok(precision_of(index.writer.manifest())?.expect("photos were encoded"))
    }

    fn stored(&self, path: &Path) -> Vec<f32> {
        let reader = Reader::open(&self.index()).unwrap();
        reader.photo_at(&bytes_of(path)).unwrap().unwrap().0
    }
}

/// Tries each precision of this machine, because one of them is the default of a run.
#[test]
fn an_index_keeps_its_precision() {
    let (model, _) = open_model(&ModelChoice::Embedded).unwrap();
    for precision in Precision::ALL {
        let library = Library::new(&ModelChoice::Embedded);
        for number in 1..6 {
            library.draw(&format!("{number}.png"), number);
        }
        if !model.computes_in(precision, &ComputeDevice::cpu()) {
            let refused = library.sync(Some(precision)).unwrap_err();
            assert!(matches!(refused, EngineError::NoPrecision { .. }));
            continue;
        }
        assert_eq!(library.sync(Some(precision)).unwrap(), precision);

        // The same picture must get the same vector as a query and as a photo of a later run.
        let copy = library.copy("2.png", "2 again.png");
        let searcher = Searcher::open(&library.index(), None, ComputeDevice::cpu()).unwrap();
        let asked = searcher.encode_picture(&copy).unwrap();
        drop(searcher);
        assert_eq!(library.sync(None).unwrap(), precision);
        let first = library.stored(&library.photo("2.png"));
        assert_eq!(library.stored(&copy), first, "{precision}");
        // A row stores 12 bits per component: half a step is below 1/4064 of the largest component.
        let largest = first
            .iter()
            .fold(0.0f32, |most, value| most.max(value.abs()));
        for (asked, stored) in asked.as_slice().iter().zip(&first) {
            assert!((asked - stored).abs() < largest / 4000.0, "{precision}");
        }

        for other in Precision::ALL {
            if other != precision {
                let refused = library.sync(Some(other)).unwrap_err();
                let EngineError::Index(IndexError::OtherPrecision { indexed, .. }) = refused else {
                    panic!("{refused}");
                };
                assert_eq!(indexed, precision.name());
            }
        }
    }
}

/// A new index has no precision; an unknown precision of a later version is named in the error.
#[test]
fn a_precision_is_chosen_with_the_first_photo() {
    let library = Library::new(&ModelChoice::Embedded);
    drop(library.open());
    let manifest = Manifest::read(&library.index()).unwrap();
    assert_eq!(precision_of(&manifest).unwrap(), None);
    let later = Manifest {
        precision: Some("int4".into()),
        ..manifest
    };
    let error = precision_of(&later).unwrap_err();
    assert!(error.to_string().contains("int4"), "{error}");
    library.draw("1.png", 1);
    let chosen = library.sync(None).unwrap();
    library.draw("2.png", 2);
    assert_eq!(library.sync(None).unwrap(), chosen);
}

/// The index comes from a machine with more precisions: for a ResNet this one has only f32.
#[test]
fn an_index_of_another_machine_is_encoded_in_f32() {
    let resnet = Path::new("../../tests/parity/resnet");
    let library = Library::new(&ModelChoice::Folder(resnet.into()));
    let refused = library.sync(Some(Precision::Bf16)).unwrap_err();
    assert!(matches!(refused, EngineError::NoPrecision { .. }));
    library.open().writer.set_precision("bf16").unwrap();
    library.draw("1.png", 1);
    let mut said = Vec::new();
    let precision = library.sync_with(None, &mut |event| {
        if let Event::OtherPrecision { of_index, used } = event {
            said.push((of_index, used));
        }
    });
    assert_eq!(precision.unwrap(), Precision::Bf16);
    assert_eq!(said, [(Precision::Bf16, Precision::F32)]);
    let searcher = Searcher::open(&library.index(), None, ComputeDevice::cpu()).unwrap();
    searcher
        .encode_picture(&library.copy("1.png", "2.png"))
        .unwrap();
}

/// It keeps its place in the index, so it is not listed as a failure.
#[test]
fn a_known_photo_that_cannot_be_read_is_offline() {
    let library = Library::new(&ModelChoice::Embedded);
    library.draw("1.png", 1);
    library.sync(None).unwrap();
    let path = library.photo("1.png");
    let stamp = Stamp::of(&std::fs::metadata(&path).unwrap());
    let mut index = library.open();
    let encoder = Encoder::new(&library.model, &ComputeDevice::cpu);
    let mut committer = Committer::new(&mut index.writer, encoder, Missing::Keep, 0);
    let mut said = Vec::new();
    let mut on_event = |event: Event<'_>| {
        if let Event::Walk(error) = event {
            said.push((error.path.clone(), error.reason.clone()));
        }
    };
    let finding = Finding::Failed {
        path: path.clone(),
        stamp,
        failure: Failure::new(FailureKind::Unreadable, "permission denied"),
    };
    committer.add(finding, &mut on_event).unwrap();
    committer.publish(&mut on_event).unwrap();
    let report = committer.report;
    let counts = (report.failed, report.offline, report.walk_errors);
    assert_eq!(counts, (0, 1, 1));
    assert_eq!(said, [(path, "permission denied".into())]);
    let manifest = Manifest::read(&library.index()).unwrap();
    assert_eq!((manifest.photos, manifest.offline), (1, 1));
}
