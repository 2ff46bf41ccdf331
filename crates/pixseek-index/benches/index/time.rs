//! Elapsed time, and processor time, which other programs on the machine change less.

use std::time::Instant;

pub struct Stopwatch {
    start: Instant,
    processor: f64,
}

/// Work done in a time.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    pub rows_per_second: f64,
    pub rows_per_processor_second: f64,
}

impl Stopwatch {
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            processor: processor_seconds(),
        }
    }

    pub fn rate(&self, rows: u32) -> Rate {
        Rate {
            rows_per_second: f64::from(rows) / self.start.elapsed().as_secs_f64(),
            rows_per_processor_second: f64::from(rows) / (processor_seconds() - self.processor),
        }
    }
}

/// Seconds that all threads have computed, from `/proc/self/stat` in ticks of 10 ms; NaN on other
/// systems.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default();
    let ticks: Option<Vec<f64>> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse().ok())
        .collect();
    match ticks.as_deref() {
        Some([user, system]) => (user + system) / 100.0,
        _ => f64::NAN,
    }
}
