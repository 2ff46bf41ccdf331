use super::guarded;
use pixseek_photos::FailureKind;

#[test]
fn a_panic_over_a_file_is_a_failure_of_that_file() {
    let failure = guarded::<()>(|| panic!("of a test")).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Corrupt);
    assert_eq!(guarded(|| Ok(1)).unwrap(), 1);
}
