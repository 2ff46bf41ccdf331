//! A server and a store in which tests install its model.

use super::WEIGHTS;
use super::server::{self, Behaviour, Server};
use crate::{Installed, KnownFile, KnownModel, ModelsError, PullOptions, Pulling, Store, pull};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tempfile::TempDir;

/// A server, the registry's entry of its model, and an empty store.
pub struct Place {
    pub server: Server,
    pub known: KnownModel,
    pub store: Store,
    folder: TempDir,
}

impl Place {
    pub fn new(behaviours: &[(&'static str, Behaviour)]) -> Self {
        let server = Server::start(&model(), behaviours);
        let files = ["open_clip_config.json", "tokenizer.json", WEIGHTS];
        let folder = tempfile::tempdir().unwrap();
        Self {
            known: KnownModel {
                name: "small".into(),
                title: "A small one".into(),
                recommended: false,
                research_only: false,
                repository: "some/model".into(),
                revision: "abc".into(),
                licence: "MIT".into(),
                pixels: 32,
                megabytes: 1,
                embedding: 24,
                score: "none".into(),
                source: "nobody".into(),
                files: files
                    .map(|name| {
                        let bytes = std::fs::read(model().join(name)).unwrap();
                        KnownFile {
                            name: name.into(),
                            bytes: Some(bytes.len() as u64),
                            sha256: Some(server::sha256(&bytes)),
                        }
                    })
                    .into(),
            },
            store: Store::new(&folder.path().join("models")),
            folder,
            server,
        }
    }

    pub fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    pub fn options(&self) -> PullOptions {
        PullOptions {
            endpoint: self.server.address(),
            research_only: false,
            silence: Duration::from_millis(300),
            pause: Duration::from_millis(5),
        }
    }

    pub fn pull(&self) -> Result<Installed, ModelsError> {
        let never = AtomicBool::new(false);
        pull(
            &self.store,
            &self.known,
            &self.options(),
            &Pulling::default(),
            &never,
        )
    }

    pub fn import(&self, from: &Path, name: &str) -> Result<Installed, ModelsError> {
        let never = AtomicBool::new(false);
        self.store.import(from, name, &never)
    }

    /// The hidden names in the store, which only interrupted pulls and imports leave.
    pub fn left_over(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.models())
            .into_iter()
            .flatten()
            .flatten();
        entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with('.'))
            .collect()
    }
}

/// The folder of the model that is served.
pub fn model() -> PathBuf {
    Path::new("../../tests/parity/vit-gelu").into()
}
