use super::RowSet;
use crate::RowId;

fn set(rows: &[u32]) -> RowSet {
    rows.iter().map(|row| RowId(*row)).collect()
}

#[test]
fn sets_are_written_as_run_lengths() {
    for (rows, text) in [
        (vec![], ""),
        (vec![0], "0 1"),
        (vec![5], "5 1"),
        ((0..180).collect(), "0 180"),
        ((820..1000).collect(), "820 180"),
        (vec![0, 63, 64, 127, 128, 200], "0 1 62 2 62 2 71 1"),
        ((0..64).chain(128..192).collect(), "0 64 64 64"),
    ] {
        let whole = set(&rows);
        assert_eq!(String::from(whole.clone()), text, "{rows:?}");
        let read = RowSet::try_from(text.to_owned()).unwrap();
        assert_eq!(read, whole, "{text}");
        assert_eq!(read.len(), rows.len(), "{text}");
        assert_eq!(read.iter().map(|row| row.0).collect::<Vec<_>>(), rows);
        assert_eq!(
            read.end(),
            rows.last().map_or(0, |last| u64::from(last + 1))
        );
    }
    for text in ["x", "1 -1", " 1", "1  2", "4294967295 1"] {
        assert!(RowSet::try_from(text.to_owned()).is_err(), "{text}");
    }
}

#[test]
fn a_set_from_text_has_no_more_rows_than_an_index() {
    let check = |text: &str, end: Option<u64>| {
        let read = RowSet::try_from(text.to_owned()).ok();
        assert_eq!(read.map(|set| set.end()), end, "{text}");
    };
    check("134217727 1", Some(134_217_728));
    check("134217727 2", None);
    check("0 4294967295", None);
}

#[test]
fn the_last_row_number_fits() {
    let last = set(&[u32::MAX - 1, u32::MAX]);
    assert_eq!(last.end(), 1 << 32);
    assert_eq!(String::from(last.clone()), "4294967294 2");
    assert_eq!(last.iter().map(|row| row.0).last(), Some(u32::MAX));
}

#[test]
fn rows_of_a_range_are_those_between_its_ends() {
    let rows = [0, 1, 62, 63, 64, 65, 127, 128, 300];
    let whole = set(&rows);
    for start in [0, 1, 2, 63, 64, 66, 128, 129, 300, 301, 400] {
        for end in [0, 1, 63, 64, 65, 128, 129, 300, 301, 1000] {
            let expected: Vec<u32> = rows
                .iter()
                .copied()
                .filter(|row| (start..end).contains(row))
                .collect();
            assert_eq!(whole.rows_in(start..end), expected, "{start}..{end}");
            assert_eq!(whole.count_in(start..end), expected.len());
        }
    }
}

#[test]
fn a_difference_counts_added_and_removed_rows() {
    for (before, after, expected) in [
        (vec![], vec![], 0),
        (vec![1, 2, 3], vec![1, 2, 3], 0),
        (vec![1, 2, 3], vec![3, 4, 500], 4),
        (vec![500], vec![], 1),
    ] {
        let (before, after) = (set(&before), set(&after));
        assert_eq!(before.difference(&after), expected);
        assert_eq!(after.difference(&before), expected);
    }
}
