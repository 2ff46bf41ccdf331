//! The vector graph (HNSW, Malkov & Yashunin 2016): built in flat arrays, written as flat arrays of
//! neighbours, and searched in a memory map.
//!
//! The file format of `hnsw_rs` was rejected: reading it loads every vector into memory and ends the
//! process if the file is damaged. Opening our arrays takes the same time at any size.

mod beam;
mod build;
mod built;
mod file;
mod flat;
mod links;
mod pairs;
mod peer;
mod restore;
mod select;
mod walk;

#[cfg(test)]
mod tests;

pub use build::GraphBuilder;
pub(crate) use build::{Plan, build};
pub(crate) use file::{FOLDER, Graph, path, remove_others};
