//! The vector graph (HNSW, Malkov & Yashunin 2016): built by `hnsw_rs`, published as flat
//! adjacency, walked where it lies on disk.
//!
//! `hnsw_rs` builds well, but its own dump loads every vector into memory and ends the
//! process when it is damaged. So what it built is written as plain arrays, checked by one
//! checksum, and mapped: opening costs the same at any size.

mod build;
mod file;
mod walk;

pub(crate) use build::build;
pub(crate) use file::{FOLDER, Graph, path, remove_others};
