use crate::advice::explained;
use crate::arguments::{Common, Import, ModelName, ModelsCommand, Pull};
use crate::chosen::{Chosen, EMBEDDED, choice, is_path, store};
use crate::location::{absolute, index_to_write};
use crate::output::{Outcome, counted, plain, sized};
use anyhow::{Context, Result, anyhow, bail};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pixseek_engine::{Background, ComputeDevice, Model, ModelChoice, Status, open_model};
use pixseek_models::{Installed, KnownModel, ModelsError, PullOptions, Pulling, Registry, pull};
use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const POCKET_CARD: &str = include_str!("../../../pixseek-clip/pocket/README.md");

/// Runs `pixseek model ...`.
pub fn models(common: &Common, command: &ModelsCommand) -> Result<Outcome> {
    match command {
        ModelsCommand::List => list(),
        ModelsCommand::Pull(wanted) => pull_model(common, wanted),
        ModelsCommand::Import(import) => import_model(common, import),
        ModelsCommand::Use(model) => use_model(common, model),
        ModelsCommand::Info(model) => info(model),
        ModelsCommand::Remove(model) => remove(common, model),
    }
}

fn list() -> Result<Outcome> {
    let installed = store()?.installed()?;
    let chosen = Chosen::read()?.model;
    let mut output = stdout().lock();
    let mut line = |name: &str, state: &str, title: &str| {
        let mark = if name == chosen { '*' } else { ' ' };
        writeln!(output, "{mark} {name:18} {state:10} {}", plain(title))
    };
    line(EMBEDDED, "built in", "everyday scenes and animals only")?;
    let registry = Registry::built_in();
    for known in &registry.models {
        let is_here = installed.iter().any(|model| model.name == known.name);
        let advice = if known.recommended {
            "; recommended"
        } else {
            ""
        };
        let title = format!(
            "{}, {}, {}, {}{advice}",
            sized(known.megabytes * 1_000_000),
            known.title,
            known.licence,
            known.score
        );
        line(&known.name, if is_here { "installed" } else { "" }, &title)?;
    }
    for model in installed
        .iter()
        .filter(|model| registry.find(&model.name).is_err())
    {
        let from = model.record.as_ref().map_or("", |record| &record.from);
        line(&model.name, "installed", from)?;
    }
    Ok(Outcome::Done)
}

fn pull_model(common: &Common, wanted: &Pull) -> Result<Outcome> {
    let registry = Registry::built_in();
    let known = registry.find(&wanted.name)?;
    let store = store()?;
    let options = PullOptions {
        research_only: wanted.research_only,
        ..PullOptions::from_environment()?
    };
    if !common.quiet {
        let size = sized(known.megabytes * 1_000_000);
        eprintln!("{}: {}, about {size}", known.name, known.title);
        eprintln!(
            "licence {}, from {}/{}",
            known.licence, options.endpoint, known.repository
        );
    }
    let stop = set_by_ctrl_c()?;
    let pulling = Pulling::default();
    let is_done = AtomicBool::new(false);
    let installed = std::thread::scope(|scope| {
        if !common.quiet && stderr().is_terminal() {
            scope.spawn(|| show(&pulling, &is_done));
        }
        let installed = pull(&store, known, &options, &pulling, &stop);
        is_done.store(true, Ordering::Relaxed);
        installed
    });
    let installed = installed.map_err(|error| with_advice(error, known))?;
    finish(common, &installed, &stop)
}

/// Adds advice to a network error: how to get the model in another way.
fn with_advice(error: ModelsError, known: &KnownModel) -> anyhow::Error {
    match error {
        ModelsError::Network { .. } => anyhow!(
            "{}; name a mirror with HF_ENDPOINT=https://..., or get the files of \
             https://huggingface.co/{}/tree/{} in another way and `pixseek model import` their folder",
            explained(&error),
            known.repository,
            known.revision
        ),
        error => error.into(),
    }
}

/// Returns a flag that Ctrl-C sets.
fn set_by_ctrl_c() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

/// Shows a progress bar of bytes until the pull is done.
fn show(pulling: &Pulling, is_done: &AtomicBool) {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    let style = ProgressStyle::with_template(
        "{bar:30} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left",
    );
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    while !is_done.load(Ordering::Relaxed) {
        bar.set_length(pulling.total.load(Ordering::Relaxed));
        bar.set_position(pulling.done.load(Ordering::Relaxed));
        std::thread::sleep(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}

fn import_model(common: &Common, import: &Import) -> Result<Outcome> {
    let folder = import.folder.canonicalize();
    let folder = folder.unwrap_or_else(|_| import.folder.clone());
    let usual = || folder.file_name().unwrap_or_default().to_string_lossy();
    let name = import.name.clone().unwrap_or_else(|| usual().into_owned());
    if name == EMBEDDED {
        bail!("{EMBEDDED} is the built-in model's name; choose another with --name");
    }
    let stop = set_by_ctrl_c()?;
    let installed = store()?.import(&import.folder, &name, &stop)?;
    finish(common, &installed, &stop)
}

/// Prepares what scores need, so that the first index run need not, and says how to go on.
fn finish(common: &Common, installed: &Installed, stop: &AtomicBool) -> Result<Outcome> {
    let bar = if !common.quiet && stderr().is_terminal() {
        ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8))
    } else {
        ProgressBar::hidden()
    };
    let style = ProgressStyle::with_template("{bar:30} preparing scores, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let model = Model::open(&installed.folder)?;
    let prepared = Background::prepare(&model, &ComputeDevice::cpu(), stop, &mut |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    if let Err(error) = prepared {
        // The model is complete without it.
        tracing::warn!("the first index run prepares scores: {}", explained(&error));
    }
    if !common.quiet {
        eprintln!(
            "{} is installed; `pixseek model use {0}` indexes and searches with it",
            installed.name
        );
    }
    Ok(Outcome::Done)
}

fn use_model(common: &Common, model: &ModelName) -> Result<Outcome> {
    let choice = choice(Path::new(&model.name))?;
    let (_, identity) = open_model(&choice)?;
    // Store an absolute path, so that the model is found from any working directory.
    let name = match (&choice, is_path(Path::new(&model.name))) {
        (ModelChoice::Folder(folder), true) => absolute(folder)?
            .into_os_string()
            .into_string()
            .map_err(|path| anyhow!("{} is not UTF-8; rename it", path.display()))?,
        _ => model.name.clone(),
    };
    let before = Chosen::read()?;
    let old = if before.model == name {
        before.before
    } else {
        before.model
    };
    let index = index_to_write(&Common::default(), &identity)?;
    let status = Status::read(&index).ok().filter(|status| status.photos > 0);
    Chosen {
        model: name.clone(),
        before: old.clone(),
    }
    .write()?;
    if common.quiet {
        return Ok(Outcome::Done);
    }
    match status {
        Some(status) => eprintln!(
            "{name} is used from now on: {} searchable",
            counted(status.photos, "photo")
        ),
        None => eprintln!(
            "{name} is used from now on, and has no photos yet: `pixseek index DIR...` encodes \
             them; until then searches use {old}"
        ),
    }
    Ok(Outcome::Done)
}

fn info(model: &ModelName) -> Result<Outcome> {
    let mut output = stdout().lock();
    if model.name == EMBEDDED {
        write!(output, "{POCKET_CARD}")?;
        return Ok(Outcome::Done);
    }
    let registry = Registry::built_in();
    let known = registry.find(&model.name);
    let installed = store()?.find(&model.name);
    let (known, installed) = match (known, installed) {
        (Err(error), Err(_)) => return Err(error.into()),
        (known, installed) => (known.ok(), installed.ok()),
    };
    if let Some(known) = known {
        about(&mut output, known)?;
    }
    if let Some(installed) = installed {
        let model = Model::open(&installed.folder)?;
        writeln!(
            output,
            "installed   {}",
            plain(&installed.folder.to_string_lossy())
        )?;
        writeln!(output, "vectors     {} dimensions", model.dimension())?;
        writeln!(output, "fingerprint {}", model.fingerprint()?)?;
        if let Some(record) = installed.record {
            writeln!(output, "from        {}", plain(&record.from))?;
            for file in record.files {
                writeln!(
                    output,
                    "file        {} {} bytes, sha256 {}",
                    file.name, file.bytes, file.sha256
                )?;
            }
        }
    }
    Ok(Outcome::Done)
}

fn about(output: &mut impl Write, known: &KnownModel) -> Result<()> {
    writeln!(output, "{}", known.title)?;
    writeln!(
        output,
        "repository  https://huggingface.co/{} at {}",
        known.repository, known.revision
    )?;
    let research = if known.research_only {
        ", for research only"
    } else {
        ""
    };
    writeln!(output, "licence     {}{research}", known.licence)?;
    let size = sized(known.megabytes * 1_000_000);
    writeln!(output, "download    about {size}")?;
    writeln!(output, "pictures    {0} x {0} pixels", known.pixels)?;
    writeln!(output, "score       {} ({})", known.score, known.source)?;
    Ok(())
}

fn remove(common: &Common, model: &ModelName) -> Result<Outcome> {
    if model.name == EMBEDDED {
        bail!("{EMBEDDED} is built in and cannot be removed");
    }
    store()?.remove(&model.name)?;
    let chosen = Chosen::read()?;
    if chosen.model == model.name || chosen.before == model.name {
        let other = |name: String| {
            if name == model.name {
                EMBEDDED.into()
            } else {
                name
            }
        };
        Chosen {
            model: other(chosen.model),
            before: other(chosen.before),
        }
        .write()?;
    }
    if !common.quiet {
        eprintln!("{} is removed; its index stays", model.name);
    }
    Ok(Outcome::Done)
}
