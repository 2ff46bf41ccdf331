//! Attention of a few hundred tokens: two products a head, by the kernels of the linear layers.

use super::pointwise::{exp, sum};
use super::simd::{BLOCK, Full, Kernels, Line, PANEL, Tile, Work};

pub(super) struct Attention {
    pub kernels: Kernels,
    pub tokens: usize,
    pub width: usize,
    pub heads: usize,
    /// Whether a token sees only itself and those before it.
    pub causal: bool,
}

/// Half a panel.
const LINE: usize = PANEL / 2;

impl Attention {
    /// # Shapes
    ///
    /// `[B, T, 3W]`, queries, keys and values side by side, to `[B, T, W]`.
    pub(super) fn apply(&self, input: &[f32], output: &mut Vec<f32>) {
        let (tokens, width) = (self.tokens, self.width);
        output.resize(input.len() / 3, 0.0);
        let mut head = Head::new(self);
        let sequences = input.chunks_exact(tokens * 3 * width);
        for (input, output) in sequences.zip(output.chunks_exact_mut(tokens * width)) {
            for number in 0..self.heads {
                head.run(self, input, number, output);
            }
        }
    }
}

/// What one head needs room for.
struct Head {
    depth: usize,
    /// For 32 tokens after 32 tokens, all dimensions of their keys.
    keys: Vec<Full>,
    /// For 32 dimensions after 32 dimensions, all tokens' values.
    values: Vec<Full>,
    /// Of a block of queries, the share of each token.
    shares: Vec<f32>,
    tile: Tile,
}

impl Head {
    fn new(attention: &Attention) -> Self {
        let depth = attention.width / attention.heads;
        let empty = Line([0.0; LINE]);
        Self {
            depth,
            keys: vec![empty; 2 * depth * attention.tokens.div_ceil(PANEL)],
            values: vec![empty; 2 * attention.tokens * depth.div_ceil(PANEL)],
            shares: vec![0.0; BLOCK * attention.tokens],
            tile: [[0.0; PANEL]; BLOCK],
        }
    }

    fn run(&mut self, attention: &Attention, input: &[f32], number: usize, output: &mut [f32]) {
        let &Attention {
            kernels,
            tokens,
            width,
            causal,
            ..
        } = attention;
        let (depth, stride) = (self.depth, 3 * width);
        let part = |which: usize| &input[which * width + number * depth..];
        self.pack(part(1), part(2), tokens, stride);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a head has a few dozen dimensions"
        )]
        let scale = 1.0 / (depth as f32).sqrt();
        for first in (0..tokens).step_by(BLOCK) {
            let rows = BLOCK.min(tokens - first);
            let queries = &part(0)[first * stride..];
            for (place, panel) in self.keys.chunks_exact(2 * depth).enumerate() {
                kernels.full(queries, stride, rows, panel, &mut self.tile);
                let start = place * PANEL;
                let length = PANEL.min(tokens - start);
                for (shares, tile) in self
                    .shares
                    .chunks_exact_mut(tokens)
                    .zip(&self.tile)
                    .take(rows)
                {
                    shares[start..start + length].copy_from_slice(&tile[..length]);
                }
            }
            kernels.run(Softmax {
                scores: &mut self.shares[..rows * tokens],
                tokens,
                first: causal.then_some(first),
                scale,
            });
            for (place, panel) in self.values.chunks_exact(2 * tokens).enumerate() {
                kernels.full(&self.shares, tokens, rows, panel, &mut self.tile);
                let start = place * PANEL;
                let length = PANEL.min(depth - start);
                for (row, tile) in self.tile.iter().take(rows).enumerate() {
                    let to = (first + row) * width + number * depth + start;
                    output[to..to + length].copy_from_slice(&tile[..length]);
                }
            }
        }
    }

    /// Puts keys and values, each token's at its `stride`, into panels.
    fn pack(&mut self, keys: &[f32], values: &[f32], tokens: usize, stride: usize) {
        let depth = self.depth;
        for token in 0..tokens {
            let (panel, column) = (token / PANEL, token % PANEL);
            let panel = &mut self.keys[panel * 2 * depth..(panel + 1) * 2 * depth];
            let lines = panel.iter_mut().skip(column / LINE).step_by(2);
            for (line, value) in lines.zip(&keys[token * stride..token * stride + depth]) {
                line.0[column % LINE] = *value;
            }
            let values = &values[token * stride..token * stride + depth];
            for (place, values) in values.chunks(LINE).enumerate() {
                let line = (place / 2 * tokens + token) * 2 + place % 2;
                self.values[line].0[..values.len()].copy_from_slice(values);
            }
        }
    }
}

/// Rows of scores to shares that add up to 1.
struct Softmax<'a> {
    scores: &'a mut [f32],
    tokens: usize,
    /// The first row's token, where a token sees only itself and those before it.
    first: Option<usize>,
    scale: f32,
}

impl Work for Softmax<'_> {
    #[inline(always)]
    fn work(self) {
        for (row, scores) in self.scores.chunks_exact_mut(self.tokens).enumerate() {
            let seen = self.first.map_or(self.tokens, |first| first + row + 1);
            let (scores, unseen) = scores.split_at_mut(seen);
            unseen.fill(0.0);
            let most = scores.iter().copied().fold(f32::MIN, f32::max);
            for score in scores.iter_mut() {
                *score = exp((*score - most) * self.scale);
            }
            let share = 1.0 / sum(scores.iter().copied());
            for score in scores {
                *score *= share;
            }
        }
    }
}
