use crate::arguments::{Common, Forget};
use crate::location::{absolute, index_to_read};
use crate::output::{Outcome, counted, plain};
use anyhow::Result;
use pixseek_engine::{Calibration, Manifest, Writer, bytes_of, writer_options};

/// `pixseek forget DIR`
pub fn forget(common: &Common, arguments: &Forget) -> Result<Outcome> {
    let index = index_to_read(common)?;
    let manifest = Manifest::read(&index)?;
    let folder = absolute(&arguments.folder)?;
    let mut writer = Writer::open(&index, &manifest.model, writer_options())?;
    let forgotten = writer.forget(&bytes_of(&folder))?;
    writer.publish()?;
    // What scores are measured against must not be photos that are gone.
    Calibration::refresh_known(&index)?;
    if !common.quiet {
        let name = folder.to_string_lossy();
        eprintln!("forgot {} of {}", counted(forgotten, "photo"), plain(&name));
    }
    Ok(if forgotten == 0 {
        Outcome::NothingFound
    } else {
        Outcome::Done
    })
}
