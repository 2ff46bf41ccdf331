//! The precision of an image tower.

use std::fmt::{Display, Formatter};

/// The numbers that an image tower multiplies.
///
/// Vectors of one photo in two precisions differ: slightly, but by more than copies of a photo
/// do. So an index keeps one precision for all of its photos and for pictures that are compared
/// with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// f32: on every device.
    F32,
    /// bf16: eight bits of precision and f32's range, about twice as fast on processors that
    /// multiply it. Weights and activations are rounded to it before each product.
    Bf16,
    /// int8: up to three times as fast as f32 with VNNI, up to twice with AVX2 alone. Weights have a scale
    /// for each output of a layer, activations one for each token; attention and norms stay f32.
    Int8,
}

impl Precision {
    /// Every precision.
    pub const ALL: [Self; 3] = [Self::F32, Self::Bf16, Self::Int8];

    /// The name that an index keeps.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }

    /// The precision of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|precision| precision.name() == name)
    }
}

impl Display for Precision {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
