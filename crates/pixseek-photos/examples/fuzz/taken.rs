//! The processor time and the memory that this process has taken.

use std::time::Duration;

/// The processor time of this process. Unlike the time on the clock, it is the same while other programs
/// keep the machine busy.
#[cfg(unix)]
pub fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// The time on the clock, where the other is not known.
#[cfg(not(unix))]
pub fn processor_time() -> Duration {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap_or_default()
}

/// Sets the peak of used memory to what is used now, and returns that; 0 where the system cannot. The
/// kernel walks over all pages for this, so it is not for every input.
pub fn reset_peak() -> u64 {
    // Where the kernel refuses this, only a new peak is seen.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    peak()
}

/// The peak of used memory in bytes; 0 where the system does not say.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|it| it.parse::<u64>().ok()).unwrap_or(0) * 1024
}
