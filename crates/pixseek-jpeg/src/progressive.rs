//! A picture of several scans, progressive or not: collects the coefficients of all scans, then makes
//! samples of the blocks.
//!
//! All scans are read to their ends, also those of coefficients that the reduced picture does not
//! use, because damage in them is a failure, too.

mod pass;

use crate::bits::Intervals;
use crate::coefficients::Coefficients;
use crate::frame::{Frame, Scale};
use crate::header::{END, Segments};
use crate::picture::Plane;
use crate::scan::{Scan, read_blocks};
use crate::tables::Tables;
use crate::transform::used;
use pass::Pass;

/// Scans of a file; cameras and editors write about ten. A small file of many empty scans would cost
/// the time of many pictures.
const MOST_SCANS: usize = 100;

/// What the scans so far have brought of a component.
pub(crate) struct Collected {
    pub coefficients: Coefficients,
    /// As it was when the component's first scan began.
    quantization: Option<[u16; 64]>,
    /// How many bits of each coefficient are still to come; `None` before its first scan.
    low: [Option<u32>; 64],
}

/// Reads all scans and returns the components' planes.
pub(crate) fn read(frame: &Frame, scale: Scale) -> Option<Vec<Plane>> {
    let components = 0..frame.components.len();
    let mut components: Vec<_> = components
        .map(|component| {
            let [columns, rows] = frame.samples_of_a_block(component, scale);
            Collected {
                coefficients: Coefficients::new(used(rows, columns), frame.blocks(component)),
                quantization: None,
                low: [None; 64],
            }
        })
        .collect();
    collect(frame, &mut components)?;
    let planes = components.into_iter().enumerate();
    planes
        .map(|(component, collected)| transform(frame, component, scale, collected))
        .collect()
}

/// Reads scan after scan, and the tables between them, up to the end of the picture.
fn collect(frame: &Frame, components: &mut [Collected]) -> Option<()> {
    let mut tables = frame.tables.clone();
    let mut scan = frame.scan.clone();
    let mut intervals = Intervals::new(frame.data);
    for _ in 0..MOST_SCANS {
        for selected in &scan.components {
            let component = &mut components[selected.component];
            component.progress(&scan)?;
            if component.quantization.is_none() {
                let number = frame.components[selected.component].quantization;
                component.quantization = Some(tables.quantization(number)?);
            }
        }
        let mut pass = Pass::new(frame, &scan, &tables, components)?;
        let interval = tables.restart_interval;
        read_blocks(frame, &scan, interval, &mut intervals, &mut pass)?;
        let mut segments = Segments::behind(intervals.end());
        match next_scan(frame, &mut segments, &mut tables)? {
            Next::Scan(next) => scan = next,
            Next::End => return Some(()),
        }
        intervals.begin(segments.rest());
    }
    None
}

/// What follows a scan.
enum Next {
    Scan(Scan),
    End,
}

/// Reads the segments behind a scan.
fn next_scan(frame: &Frame, segments: &mut Segments, tables: &mut Tables) -> Option<Next> {
    loop {
        match segments.next()? {
            (0xDA, segment) => return Scan::read(segment, frame).map(Next::Scan),
            (END, _) => return Some(Next::End),
            (marker, segment) => tables.define(marker, segment)?,
        }
    }
}

impl Collected {
    /// Notes what the scan brings. Returns `None` if the coefficients have other bits already, or
    /// not yet those that the scan refines.
    fn progress(&mut self, scan: &Scan) -> Option<()> {
        for low in &mut self.low[scan.first..=scan.last] {
            let expected = scan.refines.then_some(scan.low + 1);
            (*low == expected).then_some(())?;
            *low = Some(scan.low);
        }
        Some(())
    }
}

/// Makes samples of a component's blocks; `None` if no scan had the component's DC coefficients.
fn transform(
    frame: &Frame,
    component: usize,
    scale: Scale,
    mut collected: Collected,
) -> Option<Plane> {
    collected.low[0]?;
    let mut plane = Plane::new(frame, component, scale, &collected.quantization?);
    let [across, down] = collected.coefficients.size();
    for row in 0..down {
        for column in 0..across {
            let mut block = collected.coefficients.block(row, column);
            plane.transform.begin(i32::from(*block.dc()));
            for (at, value) in block.values() {
                plane.transform.set(at, i32::from(value))?;
            }
            plane.write(row, column);
        }
    }
    Some(plane)
}
