//! The vector graph (HNSW, Malkov & Yashunin 2016): built by `hnsw_rs`, written as flat arrays of
//! neighbours, and searched in a memory map.
//!
//! The file format of `hnsw_rs` itself was rejected: reading it loads every vector into memory and
//! ends the process if the file is damaged. Opening our arrays takes the same time at any size.

mod build;
mod file;
mod walk;

pub(crate) use build::build;
pub(crate) use file::{FOLDER, Graph, path, remove_others};
