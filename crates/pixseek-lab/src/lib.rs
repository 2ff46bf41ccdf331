//! Measures the cost of each step from a file to a hit (`pixseek bench`) and how well a model finds
//! described photos (`pixseek eval`), and holds the code that the experiments in `examples/` share.
//! Each of these prints figures of the README, of a model's card or of a comment beside a constant.

mod bench;
mod described;
mod error;
mod evaluate;
mod library;
mod made;

pub use bench::{Bench, BenchInput};
pub use described::Described;
pub use error::{LabError, ListError};
pub use evaluate::{Evaluation, evaluate, read_photo};
pub use library::{Library, name_of};
pub use made::MadeLibrary;

pub use pixseek_clip::{Classification, Retrieval};
