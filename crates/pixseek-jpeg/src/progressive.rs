//! A picture of several scans, progressive or not: collects the coefficients of all scans, then makes
//! samples of the blocks.

mod band;
mod pass;
mod plan;

use crate::bits::Intervals;
use crate::coefficients::Coefficients;
use crate::frame::{Frame, Scale};
use crate::picture::Plane;
use crate::scan::read_blocks;
use crate::transform::used;
use band::Bands;
use pass::Pass;
use plan::Plan;

/// Reads the scans and returns the components' planes.
pub(crate) fn read(frame: &Frame, scale: Scale) -> Option<Vec<Plane>> {
    let kept: Vec<_> = (0..frame.components.len())
        .map(|component| {
            let [columns, rows] = frame.samples_of_a_block(component, scale);
            used(rows, columns)
        })
        .collect();
    let plan = Plan::of(frame, &kept)?;
    let components = kept.iter().enumerate();
    let mut components: Vec<_> = components
        .map(|(component, kept)| Coefficients::new(*kept, frame.blocks(component)))
        .collect();
    let longest = plan.steps.iter().map(|step| step.data);
    let mut intervals = Intervals::new(longest.max_by_key(|data| data.len())?);
    for step in &plan.steps {
        intervals.begin(step.data);
        let (scan, tables) = (&step.scan, &step.tables);
        let interval = tables.restart_interval;
        match &scan.components[..] {
            [one] if scan.first > 0 => {
                let coefficients = &mut components[one.component];
                let table = tables.progressive_ac(one.ac)?;
                let mut bands = Bands::new(scan, table, coefficients);
                read_blocks(frame, scan, interval, &mut intervals, &mut bands)?;
            }
            _ => {
                let mut pass = Pass::new(frame, scan, tables, &mut components)?;
                read_blocks(frame, scan, interval, &mut intervals, &mut pass)?;
            }
        }
    }
    let planes = components.into_iter().zip(&plan.quantization).enumerate();
    planes
        .map(|(component, (coefficients, quantization))| {
            let plane = Plane::new(frame, component, scale, quantization);
            transform(plane, coefficients)
        })
        .collect()
}

/// Makes samples of a component's blocks.
fn transform(mut plane: Plane, mut coefficients: Coefficients) -> Option<Plane> {
    let [across, down] = coefficients.size();
    for row in 0..down {
        for column in 0..across {
            let mut block = coefficients.block(row, column);
            plane.transform.begin(i32::from(*block.dc()));
            for (at, value) in block.values() {
                plane.transform.set(at, i32::from(value))?;
            }
            plane.write(row, column);
        }
    }
    Some(plane)
}
