//! SigLIP's image towers as timm names them (`visual.trunk.*`), which OpenCLIP's checkpoints of
//! SigLIP have. The configuration holds timm's name of the tower, which says heads, activation and pooling;
//! the sizes are read off the weights' shapes.

use super::{Activation, BlockConfig, CLIP_BLOCKS, ImagePooling, VisionTransformerConfig};

/// The default of timm's `VisionTransformer`.
const LAYER_NORM_EPS: f64 = 1e-6;

impl VisionTransformerConfig {
    /// Reads heads, activation and pooling off timm's name, for instance
    /// `vit_base_patch16_siglip_224`, or `vit_base_patch16_siglip_gap_224` for the mean of all
    /// patches; `None` for a name that is not SigLIP's.
    pub(super) fn from_timm(name: &str) -> Option<Self> {
        let (size, rest) = name.strip_prefix("vit_")?.split_once("_patch")?;
        let (patch, image_size) = rest.split_once("_siglip_")?;
        let (pooling, image_size) = match image_size.strip_prefix("gap_") {
            Some(image_size) => (ImagePooling::GlobalMean, image_size),
            None => (ImagePooling::AttentionHead, image_size),
        };
        let patch: usize = patch.parse().ok()?;
        let image_size: usize = image_size.parse().ok()?;
        // Copied from timm 1.0's `vision_transformer.py`: SigLIP 2's towers that came with new
        // names use the approximate GELU there.
        let activation = match (size, patch, image_size) {
            ("base", 32, 256) | ("large", 16, 512) | ("so400m" | "giantopt", 16, _) => {
                Activation::GeluTanh
            }
            _ => Activation::Gelu,
        };
        let heads = match size {
            "base" => 12,
            "large" | "so400m" | "giantopt" => 16,
            _ => return None,
        };
        Some(Self {
            blocks: BlockConfig {
                heads,
                activation,
                layer_norm_eps: LAYER_NORM_EPS,
                ..CLIP_BLOCKS
            },
            norm_in: false,
            pooling,
            ..Self::clip()
        })
    }
}
