//! Which key frames of a film are looked at.

/// The positions of key frames for one place of a film: the first is looked at, the others only if it is
/// empty.
pub(crate) type Slot = Vec<usize>;

/// How many pictures films have that are shorter than so many milliseconds.
const PICTURES: [(u64, usize); 6] = [
    (1_000, 1),
    (10_000, 3),
    (30_000, 4),
    (60_000, 5),
    (180_000, 6),
    (600_000, 7),
];
const MOST_PICTURES: usize = 8;

/// Chooses key frames, given the times of all in milliseconds and ascending, spread evenly over the
/// film: one in the middle of each of its parts of the same length, or as near as there is one. The
/// first key frame, which is often black, is taken only if it is nearest.
pub(crate) fn plan(times: &[u64], duration: u64) -> Vec<Slot> {
    let wanted = PICTURES
        .iter()
        .find(|(below, _)| duration < *below)
        .map_or(MOST_PICTURES, |(_, pictures)| *pictures);
    let parts = wanted as u64;
    let mut chosen: Vec<usize> = (0..parts)
        .filter_map(|part| {
            let middle = (2 * part + 1).saturating_mul(duration) / (2 * parts);
            nearest(times, middle)
        })
        .collect();
    chosen.dedup();
    let spares = |position: usize| {
        let beside = [position.checked_add(1), position.checked_sub(1)];
        let beside = beside.into_iter().flatten();
        beside.filter(|beside| *beside < times.len() && !chosen.contains(beside))
    };
    chosen
        .iter()
        .map(|position| {
            std::iter::once(*position)
                .chain(spares(*position))
                .collect()
        })
        .collect()
}

/// The position of the time that is nearest; the later of two.
fn nearest(times: &[u64], wanted: u64) -> Option<usize> {
    let behind = times.partition_point(|time| *time < wanted);
    let Some(after) = times.get(behind) else {
        return times.len().checked_sub(1);
    };
    let before = behind.checked_sub(1);
    let is_nearer = |before: &usize| wanted - times[*before] < after - wanted;
    Some(before.filter(is_nearer).unwrap_or(behind))
}

#[cfg(test)]
mod tests {
    use super::plan;

    fn check(times: &[u64], duration: u64, expected: &[&[usize]]) {
        assert_eq!(plan(times, duration), expected, "{times:?} of {duration}");
    }

    #[test]
    fn key_frames_are_spread_over_the_film() {
        // A key frame a second.
        let seconds: Vec<u64> = (0..600).map(|second| second * 1000).collect();
        check(&seconds[..1], 900, &[&[0]]);
        check(&seconds[..9], 9_000, &[&[2, 3, 1], &[5, 6, 4], &[8, 7]]);
        let eight = plan(&seconds, 600_000);
        assert_eq!(eight.len(), 8);
        assert_eq!(eight[0], [38, 39, 37]);
        assert_eq!(eight[7], [563, 564, 562]);
        assert_eq!(plan(&seconds[..45], 45_000).len(), 5);
    }

    #[test]
    fn films_with_few_key_frames_have_few_pictures() {
        check(&[], 5_000, &[]);
        check(&[0], 5_000, &[&[0]]);
        check(&[0, 4_000], 5_000, &[&[0], &[1]]);
        // The one at the beginning is far from all three places.
        check(&[0, 5_000], 5_000, &[&[0], &[1]]);
        check(&[0, 1_000, 1_100], 9_000, &[&[2, 1]]);
        check(&[7, 8], 0, &[&[0, 1]]);
    }
}
