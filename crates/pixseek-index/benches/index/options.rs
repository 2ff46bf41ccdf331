//! What is measured.

use crate::vectors::DIMENSION;
use pixseek_index::{GraphBuilder, WriterOptions};

/// The arguments of the program.
#[derive(Debug, Clone)]
pub struct Options {
    /// Numbers of rows.
    pub sizes: Vec<u32>,
    /// `--dimension=384`: at most [`DIMENSION`].
    pub dimension: usize,
    /// `--builder=hnsw_rs`
    pub builder: GraphBuilder,
    /// `--graph`: only building and searching the graph, and hnswlib.
    pub is_graph_only: bool,
}

impl Options {
    pub fn of_process() -> Self {
        let arguments: Vec<String> = std::env::args().collect();
        let value = |name: &str| arguments.iter().find_map(|text| text.strip_prefix(name));
        let sizes: Vec<u32> = arguments.iter().filter_map(|it| it.parse().ok()).collect();
        let dimension = value("--dimension=").map_or(DIMENSION, |text| {
            let found = text.parse().ok().filter(|it| (1..=DIMENSION).contains(it));
            found.expect("at most 512 dimensions")
        });
        Self {
            sizes: if sizes.is_empty() {
                vec![10_000]
            } else {
                sizes
            },
            dimension,
            builder: match value("--builder=") {
                None | Some("flat") => GraphBuilder::Flat,
                Some("hnsw_rs") => GraphBuilder::HnswRs,
                Some(other) => panic!("no builder is called {other}"),
            },
            is_graph_only: arguments.iter().any(|it| it == "--graph"),
        }
    }

    /// A graph is built as soon as there is a row.
    pub fn writer(&self) -> WriterOptions {
        WriterOptions {
            graph_from: 1,
            graph_builder: self.builder,
        }
    }
}
