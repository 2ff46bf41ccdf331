//! The keys of an XLM-RoBERTa.

use super::{Entry, Layout, Table};
use crate::{RobertaConfig, TextConfig};

impl Table {
    /// XLM-RoBERTa as OpenCLIP publishes it.
    pub(super) fn roberta(&mut self, text: &TextConfig, roberta: RobertaConfig) {
        let (width, hidden, embedding) = (text.blocks.width, text.blocks.hidden, self.embedding);
        let norm = |key: &str| [format!("{key}.weight"), format!("{key}.bias")];
        // `shape` is that of each key.
        let mut add = |parameter: String, keys: Vec<String>, shape: &[usize]| {
            let is_table = matches!(
                parameter.as_str(),
                "text.tokens" | "text.positions" | "text.sentence"
            );
            let keys = keys.into_iter().map(|key| format!("text.{key}")).collect();
            let layout = if shape.len() == 2 && !is_table {
                Layout::Transposed
            } else {
                Layout::Stored
            };
            self.entries
                .push(Entry::new(parameter, keys, shape, layout));
        };
        let embeddings = "transformer.embeddings";
        for (name, key, rows) in [
            ("tokens", "word_embeddings", text.vocabulary),
            ("positions", "position_embeddings", roberta.positions),
            ("sentence", "token_type_embeddings", 1),
        ] {
            let key = format!("{embeddings}.{key}.weight");
            add(format!("text.{name}"), vec![key], &[rows, width]);
        }
        let [weight, bias] = norm(&format!("{embeddings}.LayerNorm"));
        add("text.norm_in.weight".into(), vec![weight], &[width]);
        add("text.norm_in.bias".into(), vec![bias], &[width]);
        for layer in 0..text.blocks.layers {
            let key = |name: &str| format!("transformer.encoder.layer.{layer}.{name}");
            let three = |kind: &str| {
                ["query", "key", "value"].map(|part| key(&format!("attention.self.{part}.{kind}")))
            };
            let mut block = |name: &str, keys: Vec<String>, shape: &[usize]| {
                add(format!("text.blocks.{layer}.{name}"), keys, shape);
            };
            block(
                "attention.in.weight",
                three("weight").into(),
                &[width, width],
            );
            block("attention.in.bias", three("bias").into(), &[width]);
            for (name, linear, shape) in [
                ("attention.out", "attention.output.dense", [width, width]),
                ("expand", "intermediate.dense", [hidden, width]),
                ("contract", "output.dense", [width, hidden]),
            ] {
                let [weight, bias] = norm(&key(linear));
                block(&format!("{name}.weight"), vec![weight], &shape);
                block(&format!("{name}.bias"), vec![bias], &shape[..1]);
            }
            for (name, key_of) in [
                ("norm_1", "attention.output.LayerNorm"),
                ("norm_2", "output.LayerNorm"),
            ] {
                let [weight, bias] = norm(&key(key_of));
                block(&format!("{name}.weight"), vec![weight], &[width]);
                block(&format!("{name}.bias"), vec![bias], &[width]);
            }
        }
        add(
            "text.expand.weight".into(),
            vec!["proj.0.weight".into()],
            &[roberta.projection, width],
        );
        add(
            "text.out.weight".into(),
            vec!["proj.2.weight".into()],
            &[embedding, roberta.projection],
        );
    }
}
