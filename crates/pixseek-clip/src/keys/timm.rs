//! The keys of SigLIP's image tower as timm names them, below `visual.trunk.`.

use super::{Entry, Key, Layout, Table};
use crate::{ImagePooling, VisionTransformerConfig};

impl Table {
    pub(super) fn timm(&mut self, vit: &VisionTransformerConfig, image_size: usize) {
        let (width, hidden) = (vit.blocks.width, vit.blocks.hidden);
        let key = |name: &str| format!("visual.trunk.{name}");
        let shape = [width, 3, vit.patch, vit.patch];
        let patches = key("patch_embed.proj");
        let weight = format!("{patches}.weight");
        self.one("image.patches", &weight, &shape, Layout::Stored);
        let bias = format!("{patches}.bias");
        self.one("image.patches.bias", &bias, &[width], Layout::Stored);
        let positions = vit.tokens(image_size);
        self.entries.push(Entry {
            parameter: "image.positions".into(),
            keys: vec![Key {
                name: key("pos_embed"),
                shape: vec![1, positions, width],
            }],
            shape: vec![positions, width],
            layout: Layout::Stored,
        });
        for layer in 0..vit.blocks.layers {
            for (name, theirs, shape) in [
                ("norm_1", "norm1", &[width][..]),
                ("attention.in", "attn.qkv", &[3 * width, width]),
                ("attention.out", "attn.proj", &[width, width]),
                ("norm_2", "norm2", &[width]),
                ("expand", "mlp.fc1", &[hidden, width]),
                ("contract", "mlp.fc2", &[width, hidden]),
            ] {
                let parameter = format!("image.blocks.{layer}.{name}");
                self.layer(&parameter, &key(&format!("blocks.{layer}.{theirs}")), shape);
            }
        }
        self.layer("image.norm_out", &key("norm"), &[width]);
        if vit.pooling == ImagePooling::AttentionHead {
            self.timm_attention_head(width, hidden);
        }
    }

    /// SigLIP's attention pooling in timm's form.
    fn timm_attention_head(&mut self, width: usize, hidden: usize) {
        let key = |name: &str| format!("visual.trunk.{name}");
        let latent = key("attn_pool.latent");
        self.one("image.pool.query", &latent, &[1, 1, width], Layout::Stored);
        for (part, shape, layout) in [
            ("weight", &[width, width][..], Layout::Transposed),
            ("bias", &[width], Layout::Stored),
        ] {
            // The query's matrix, and those of keys and values in one.
            let (one, two) = (shape.to_vec(), [&[2 * width], &shape[1..]].concat());
            self.entries.push(Entry {
                parameter: format!("image.pool.attention.in.{part}"),
                keys: vec![
                    Key {
                        name: key(&format!("attn_pool.q.{part}")),
                        shape: one,
                    },
                    Key {
                        name: key(&format!("attn_pool.kv.{part}")),
                        shape: two,
                    },
                ],
                shape: [&[3 * width], &shape[1..]].concat(),
                layout,
            });
        }
        for (name, theirs, shape) in [
            ("attention.out", "proj", &[width, width][..]),
            ("norm", "norm", &[width]),
            ("expand", "mlp.fc1", &[hidden, width]),
            ("contract", "mlp.fc2", &[width, hidden]),
        ] {
            let parameter = format!("image.pool.{name}");
            self.layer(&parameter, &key(&format!("attn_pool.{theirs}")), shape);
        }
    }
}
