//! Splits a batch into parts that fit into the device's memory.

use pixseek_clip::ClipError;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Encodes `items` in parts of at most `largest`. If a part fails, it tries half as many, down to
/// one, and lowers `largest` for later batches: other programs share a GPU's memory.
///
/// # Errors
///
/// Fails when a single item fails.
pub(super) fn in_parts<T, V>(
    items: &[T],
    largest: &mut usize,
    encode: impl Fn(&[T]) -> Result<Vec<V>, ClipError>,
) -> Result<Vec<V>, ClipError> {
    let mut encoded = Vec::with_capacity(items.len());
    while encoded.len() < items.len() {
        let rest = &items[encoded.len()..];
        let tried = &rest[..rest.len().min(*largest)];
        // Some drivers report a lack of memory as an error, others panic.
        match catch_unwind(AssertUnwindSafe(|| encode(tried))) {
            Ok(Ok(found)) => encoded.extend(found),
            Ok(Err(error)) if tried.len() == 1 => return Err(error),
            Err(panic) if tried.len() == 1 => resume_unwind(panic),
            _ => *largest = tried.len() / 2,
        }
    }
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use super::in_parts;
    use pixseek_clip::ClipError;
    use std::cell::RefCell;

    /// Simulates a device with memory for `room` items.
    fn with_room_for(room: usize) -> (Result<Vec<u32>, ClipError>, Vec<usize>, usize) {
        let items: Vec<u32> = (0..50).collect();
        let tried = RefCell::new(Vec::new());
        let mut largest = 64;
        let found = in_parts(&items, &mut largest, |part| {
            tried.borrow_mut().push(part.len());
            if part.len() > room {
                return Err(ClipError::Device("out of memory".into()));
            }
            Ok(part.iter().map(|item| item * 2).collect())
        });
        (found, tried.into_inner(), largest)
    }

    #[test]
    fn a_part_that_does_not_fit_is_halved() {
        let expected: Vec<u32> = (0..50).map(|item| item * 2).collect();
        let (found, tried, largest) = with_room_for(20);
        assert_eq!(found.unwrap(), expected);
        assert_eq!((tried, largest), (vec![50, 25, 12, 12, 12, 12, 2], 12));
        let (found, tried, largest) = with_room_for(100);
        assert_eq!(found.unwrap(), expected);
        assert_eq!((tried, largest), (vec![50], 64));
        let (found, tried, _) = with_room_for(0);
        assert!(found.is_err());
        assert_eq!(tried, [50, 25, 12, 6, 3, 1]);
    }
}
