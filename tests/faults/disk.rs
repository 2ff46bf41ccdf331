//! The library that ends a run at a system call, and what a disk without power had stored.

use crate::pixseek::World;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles the shim into the world's folder.
pub fn shim(world: &World) -> PathBuf {
    let shim = world.index().with_file_name("shim.so");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&shim)
        .arg("../../tests/faults/shim.c")
        .arg("-ldl")
        .status();
    assert!(built.unwrap().success(), "the shim compiles");
    shim
}

/// Replaces the index by the state that the disk had stored.
pub fn lose_power(index: &Path, disk: &Path) {
    let Ok(metadata) = std::fs::metadata(index) else {
        return;
    };
    // A run that completed has lost nothing.
    let names = disk.join(format!("{}.names", inode(&metadata)));
    if !names.exists() {
        return;
    }
    let left = index.with_file_name("left");
    let _ = std::fs::remove_dir_all(&left);
    restore(disk, &names, &left);
    std::fs::remove_dir_all(index).unwrap();
    std::fs::rename(&left, index).unwrap();
}

/// Restores a folder from its stored names; each file gets its stored bytes, or none.
fn restore(disk: &Path, names: &Path, folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    let names = std::fs::read_to_string(names).unwrap_or_default();
    for line in names.lines() {
        let mut parts = line.splitn(3, ' ');
        let mut next = || parts.next().unwrap();
        let (inode, kind, name) = (next(), next(), next());
        let target = folder.join(name);
        if kind == "d" {
            restore(disk, &disk.join(format!("{inode}.names")), &target);
        } else {
            std::fs::write(target, std::fs::read(disk.join(inode)).unwrap_or_default()).unwrap();
        }
    }
}

fn inode(metadata: &std::fs::Metadata) -> u64 {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::ino(metadata);
    #[cfg(not(unix))]
    return metadata.len();
}
