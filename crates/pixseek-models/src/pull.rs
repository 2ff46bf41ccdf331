//! Pulls a model: from an entry of the registry to an installed model.

use crate::convert::convert;
use crate::download::{Client, Download};
use crate::{KnownModel, ModelsError, Record, RecordedFile, Store, store::Installed};
use pixseek_clip::Model;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The server that is asked unless `HF_ENDPOINT` names another.
const ENDPOINT: &str = "https://huggingface.co";

/// How a model is pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullOptions {
    /// The server, without a slash at its end.
    pub endpoint: String,
    /// Whether the user has confirmed that the use is research.
    pub research_only: bool,
    /// How long the server may send nothing before the connection counts as broken.
    pub silence: Duration,
    /// The wait before the second try, which doubles with each further one.
    pub pause: Duration,
}

impl PullOptions {
    /// Reads the environment: `HF_ENDPOINT` names the server, `HF_HUB_OFFLINE` forbids to use it.
    ///
    /// # Errors
    ///
    /// When the network may not be used, or the server's address is not `https://`.
    pub fn from_environment() -> Result<Self, ModelsError> {
        let is_set = |value: String| !matches!(value.as_str(), "" | "0" | "false" | "no" | "off");
        if std::env::var("HF_HUB_OFFLINE").is_ok_and(|value| is_set(value.to_lowercase())) {
            return Err(ModelsError::Offline);
        }
        let endpoint = std::env::var("HF_ENDPOINT")
            .ok()
            .filter(|value| !value.is_empty());
        let endpoint = endpoint.unwrap_or_else(|| ENDPOINT.into());
        // Plain HTTP is allowed for a server on this machine only.
        let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
        if !endpoint.starts_with("https://") && !local.iter().any(|it| endpoint.starts_with(it)) {
            return Err(ModelsError::Endpoint { endpoint });
        }
        Ok(Self {
            endpoint: endpoint.trim_end_matches('/').into(),
            research_only: false,
            silence: Duration::from_secs(30),
            pause: Duration::from_secs(1),
        })
    }
}

/// How far a pull is, for a thread that shows it.
#[derive(Debug, Default)]
pub struct Pulling {
    /// Bytes that have arrived, those of earlier pulls included.
    pub done: AtomicU64,
    /// Bytes of all files whose size the server has announced.
    pub total: AtomicU64,
}

/// Pulls a model: downloads its files side by side, verifies and converts them, and moves their
/// folder to the installed models. Until then they are in a hidden folder, from which a later
/// pull continues.
///
/// # Errors
///
/// When the name is taken, a file cannot be downloaded or is not the published one, or `stop`
/// became true.
pub fn pull(
    store: &Store,
    known: &KnownModel,
    options: &PullOptions,
    pulling: &Pulling,
    stop: &AtomicBool,
) -> Result<Installed, ModelsError> {
    if known.research_only && !options.research_only {
        return Err(ModelsError::ResearchOnly {
            name: known.name.clone(),
            licence: known.licence.clone(),
        });
    }
    store.check_free(&known.name)?;
    let staging = store.staging_of_pull(&known.name)?;
    let client = Client::new(options);
    // The first failure stops the others.
    let halt = AtomicBool::new(false);
    let results: Vec<Result<RecordedFile, ModelsError>> = std::thread::scope(|scope| {
        let workers: Vec<_> = known
            .files
            .iter()
            .map(|file| {
                let download = Download {
                    url: format!(
                        "{}/{}/resolve/{}/{}",
                        options.endpoint, known.repository, known.revision, file.name
                    ),
                    place: staging.folder().join(&file.name),
                    file,
                };
                let (client, halt) = (&client, &halt);
                scope.spawn(move || {
                    let stopped = || stop.load(Ordering::Relaxed) || halt.load(Ordering::Relaxed);
                    let result = client.get(&download, pulling, &stopped);
                    if result.is_err() {
                        halt.store(true, Ordering::Relaxed);
                    }
                    result
                })
            })
            .collect();
        let joined = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined
            .map(|result| result.unwrap_or(Err(ModelsError::Stopped)))
            .collect()
    });
    let files = first_failure(results)?;
    match convert_in_place(staging.folder(), known, stop) {
        Ok(()) => {}
        Err(ModelsError::Stopped) => return Err(ModelsError::Stopped),
        Err(error) => {
            // The files are complete and still no model, so a later pull could not continue from
            // them. An error of the removal would hide this one.
            let _ = staging.remove();
            return Err(error);
        }
    }
    let record = Record {
        from: known.repository.clone(),
        revision: Some(known.revision.clone()),
        licence: Some(known.licence.clone()),
        files,
    };
    store.put_in_place(staging, &known.name, &record)
}

/// Replaces the weights that were pulled by the converted ones, which open fastest.
fn convert_in_place(
    staging: &Path,
    known: &KnownModel,
    stop: &AtomicBool,
) -> Result<(), ModelsError> {
    // A half-written one of an interrupted pull would be opened instead of what was pulled.
    let _ = std::fs::remove_file(staging.join(Model::CONVERTED));
    convert(staging, staging, stop)?;
    for file in known.files.iter().filter(|file| file.is_weights()) {
        let path = staging.join(&file.name);
        std::fs::remove_file(&path).map_err(ModelsError::file("remove", &path))?;
    }
    Ok(())
}

/// All files, or the first error. The first failure stops the other downloads, so `Stopped` gives
/// way to any other error.
fn first_failure(
    results: Vec<Result<RecordedFile, ModelsError>>,
) -> Result<Vec<RecordedFile>, ModelsError> {
    let mut files = Vec::new();
    let mut failure = None;
    for result in results {
        match (result, &failure) {
            (Ok(file), _) => files.push(file),
            (Err(error), None | Some(ModelsError::Stopped)) => failure = Some(error),
            (Err(_), Some(_)) => {}
        }
    }
    failure.map_or(Ok(files), Err)
}
