//! Which scans of a file a reduced picture needs.
//!
//! A scan that brings only coefficients that no block keeps is passed by: at an eighth of the size that
//! is most of the file. A scan that refines coefficients has a bit for each that is not zero yet, so
//! it can be read only after all scans that brought any of its coefficients, kept or not.

use crate::bits::split_scan;
use crate::coefficients::band;
use crate::frame::Frame;
use crate::header::{END, Segments};
use crate::scan::Scan;
use crate::tables::Tables;

/// Scans of a file; cameras and editors write about ten. A small file of many empty scans would cost
/// the time of many pictures: 90 megapixels in 98 scans without a coefficient take 0.3 s at a half.
/// zune-jpeg has the same limit.
const MOST_SCANS: usize = 100;

/// The scans to be read, in their order.
pub(super) struct Plan<'a> {
    pub steps: Vec<Step<'a>>,
    /// Of each component, as it was when the component's first scan began.
    pub quantization: Vec<[u16; 64]>,
}

/// A scan, its data, and the tables as they are in front of it.
pub(super) struct Step<'a> {
    pub scan: Scan,
    pub tables: Tables,
    pub data: &'a [u8],
}

/// Which bits of a component's coefficients the scans so far have.
struct Progress {
    quantization: Option<[u16; 64]>,
    /// How many bits of each coefficient are still to come; `None` before its first scan.
    low: [Option<u32>; 64],
}

impl<'a> Plan<'a> {
    /// Reads the headers of all scans up to the end of the picture, without their data. `kept` has a
    /// bit for each coefficient that the blocks of a component keep. Returns `None` if headers are
    /// damaged, the end is missing, or scans repeat coefficients.
    pub(super) fn of(frame: &Frame<'a>, kept: &[u64]) -> Option<Self> {
        let mut progress: Vec<_> = kept.iter().map(|_| Progress::new()).collect();
        let mut tables = frame.tables.clone();
        let mut scan = frame.scan.clone();
        let mut steps = Vec::new();
        let mut rest = frame.data;
        loop {
            if steps.len() == MOST_SCANS {
                return None;
            }
            for selected in &scan.components {
                let number = frame.components[selected.component].quantization;
                let component = &mut progress[selected.component];
                component.note(&scan, tables.quantization(number))?;
            }
            let (data, behind) = split_scan(rest);
            steps.push(Step {
                scan,
                tables: tables.clone(),
                data,
            });
            let mut segments = Segments::behind(behind);
            match next_scan(frame, &mut segments, &mut tables)? {
                Next::Scan(next) => scan = next,
                Next::End => break,
            }
            rest = segments.rest();
        }
        let quantization = progress.into_iter().map(Progress::quantization);
        Some(Self {
            quantization: quantization.collect::<Option<_>>()?,
            steps: needed(steps, kept),
        })
    }
}

/// Leaves out the scans that have nothing to do with the kept coefficients.
fn needed<'a>(steps: Vec<Step<'a>>, kept: &[u64]) -> Vec<Step<'a>> {
    // The coefficients whose earlier scans are needed.
    let mut wanted = kept.to_vec();
    let mut needed = Vec::new();
    for step in steps.into_iter().rev() {
        let scan = &step.scan;
        let brings = band(scan.first, scan.last + 1);
        let components = || scan.components.iter().map(|one| one.component);
        if components().any(|component| wanted[component] & brings != 0) {
            if scan.refines {
                components().for_each(|component| wanted[component] |= brings);
            }
            needed.push(step);
        }
    }
    needed.reverse();
    needed
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

impl Progress {
    fn new() -> Self {
        Self {
            quantization: None,
            low: [None; 64],
        }
    }

    /// Notes what the scan brings. Returns `None` if the coefficients have other bits already, or
    /// not yet those that the scan refines, or if there is no quantization table.
    fn note(&mut self, scan: &Scan, quantization: Option<[u16; 64]>) -> Option<()> {
        for low in &mut self.low[scan.first..=scan.last] {
            let expected = scan.refines.then_some(scan.low + 1);
            (*low == expected).then_some(())?;
            *low = Some(scan.low);
        }
        self.quantization = Some(self.quantization.or(quantization)?);
        Some(())
    }

    /// The component's quantization table; `None` if no scan had the component's DC coefficients.
    fn quantization(self) -> Option<[u16; 64]> {
        self.low[0]?;
        self.quantization
    }
}
