//! No file and no network, by Landlock (Linux 5.13, in full since 6.12).

use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope,
};

/// The kernel whose whole list is asked for; older ones give what they have.
const KERNEL: ABI = ABI::V7;

/// Denies all that Landlock can deny, to this thread and those that it starts.
pub(super) fn enter() -> Result<(), String> {
    match restrict() {
        Ok(RulesetStatus::FullyEnforced) => Ok(()),
        Ok(RulesetStatus::PartiallyEnforced) => Err("this kernel has a part of it".into()),
        Ok(RulesetStatus::NotEnforced) => Err("this kernel does not have it".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn restrict() -> Result<RulesetStatus, RulesetError> {
    let rules = Ruleset::default()
        .handle_access(AccessFs::from_all(KERNEL))?
        .handle_access(AccessNet::from_all(KERNEL))?
        .scope(Scope::from_all(KERNEL))?;
    // Without a rule that allows something, nothing is allowed.
    Ok(rules.create()?.restrict_self()?.ruleset)
}

#[cfg(test)]
mod tests {
    use super::enter;
    use std::io::ErrorKind;

    /// Landlock holds for the thread that enters it. A kernel may have none or a part of it, and then
    /// says so.
    #[test]
    fn what_says_that_it_is_enforced_denies_files() {
        let opened = std::thread::spawn(|| {
            let entered = enter();
            let opened = std::fs::File::open("/proc/self/status").map(drop);
            (entered, opened.map_err(|error| error.kind()))
        });
        let (entered, opened) = opened.join().unwrap();
        match entered {
            Ok(()) => assert_eq!(opened, Err(ErrorKind::PermissionDenied)),
            Err(reason) => assert!(reason.contains("kernel"), "{reason}"),
        }
    }
}
