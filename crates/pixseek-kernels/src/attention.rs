//! Attention among a few hundred tokens, and of one query to them.

use crate::pointwise::{dot, softmax};
use crate::simd::{BLOCK, CacheLine, F32Line, Kernel, Kernels, PANEL, Tile};

/// Attention of all tokens to each other: two products a head, by the kernels of the linear layers.
pub(crate) struct SelfAttention {
    pub kernels: Kernels,
    pub tokens: usize,
    pub width: usize,
    pub heads: usize,
    /// Whether a token attends only to itself and to those before it.
    pub is_causal: bool,
}

/// Columns of a line: half a panel.
const LINE_VALUES: usize = PANEL / 2;

impl SelfAttention {
    /// # Shapes
    ///
    /// `[B, T, 3W]`, queries, keys and values side by side, to `[B, T, W]`.
    pub(crate) fn apply(&self, input: &[f32], output: &mut Vec<f32>) {
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

/// The buffers of one head.
struct Head {
    depth: usize,
    /// The keys as panels: 32 tokens after 32 tokens, each with all dimensions.
    keys: Vec<F32Line>,
    /// The values as panels: 32 dimensions after 32 dimensions, each with all tokens.
    values: Vec<F32Line>,
    /// The attention of a block of queries: a row of weights, one a token, for each.
    attention: Vec<f32>,
    tile: Tile,
}

impl Head {
    fn new(attention: &SelfAttention) -> Self {
        let depth = attention.width / attention.heads;
        let empty = CacheLine([0.0; LINE_VALUES]);
        Self {
            depth,
            keys: vec![empty; 2 * depth * attention.tokens.div_ceil(PANEL)],
            values: vec![empty; 2 * attention.tokens * depth.div_ceil(PANEL)],
            attention: vec![0.0; BLOCK * attention.tokens],
            tile: [[0.0; PANEL]; BLOCK],
        }
    }

    fn run(&mut self, of: &SelfAttention, input: &[f32], number: usize, output: &mut [f32]) {
        let &SelfAttention {
            kernels,
            tokens,
            width,
            is_causal,
            ..
        } = of;
        let (depth, stride) = (self.depth, 3 * width);
        let part = |which: usize| &input[which * width + number * depth..];
        self.pack(part(1), part(2), tokens, stride);
        let scale = inverse_root(depth);
        for first in (0..tokens).step_by(BLOCK) {
            let rows = BLOCK.min(tokens - first);
            let queries = &part(0)[first * stride..];
            for (place, panel) in self.keys.chunks_exact(2 * depth).enumerate() {
                kernels.multiply_f32(queries, stride, rows, panel, &mut self.tile);
                let start = place * PANEL;
                let length = PANEL.min(tokens - start);
                for (scores, tile) in self
                    .attention
                    .chunks_exact_mut(tokens)
                    .zip(&self.tile)
                    .take(rows)
                {
                    scores[start..start + length].copy_from_slice(&tile[..length]);
                }
            }
            kernels.run(Softmax {
                scores: &mut self.attention[..rows * tokens],
                tokens,
                first: is_causal.then_some(first),
                scale,
            });
            for (place, panel) in self.values.chunks_exact(2 * tokens).enumerate() {
                kernels.multiply_f32(&self.attention, tokens, rows, panel, &mut self.tile);
                let start = place * PANEL;
                let length = PANEL.min(depth - start);
                for (row, tile) in self.tile.iter().take(rows).enumerate() {
                    let to = (first + row) * width + number * depth + start;
                    output[to..to + length].copy_from_slice(&tile[..length]);
                }
            }
        }
    }

    /// Packs keys and values into panels; each token's begin `stride` after the last one's.
    fn pack(&mut self, keys: &[f32], values: &[f32], tokens: usize, stride: usize) {
        let depth = self.depth;
        for token in 0..tokens {
            let (panel, column) = (token / PANEL, token % PANEL);
            let panel = &mut self.keys[panel * 2 * depth..(panel + 1) * 2 * depth];
            let lines = panel.iter_mut().skip(column / LINE_VALUES).step_by(2);
            for (line, value) in lines.zip(&keys[token * stride..token * stride + depth]) {
                line.0[column % LINE_VALUES] = *value;
            }
            let values = &values[token * stride..token * stride + depth];
            for (place, values) in values.chunks(LINE_VALUES).enumerate() {
                let line = (place / 2 * tokens + token) * 2 + place % 2;
                self.values[line].0[..values.len()].copy_from_slice(values);
            }
        }
    }
}

/// The softmax of each row of scores.
struct Softmax<'a> {
    scores: &'a mut [f32],
    tokens: usize,
    /// The token of the first row, in causal attention.
    first: Option<usize>,
    scale: f32,
}

impl Kernel for Softmax<'_> {
    #[inline(always)]
    fn run(self) {
        for (row, scores) in self.scores.chunks_exact_mut(self.tokens).enumerate() {
            let seen = self.first.map_or(self.tokens, |first| first + row + 1);
            let (scores, unseen) = scores.split_at_mut(seen);
            unseen.fill(0.0);
            softmax(scores, self.scale);
        }
    }
}

/// Attention of one query to all tokens of a sequence.
pub(crate) struct QueryAttention<'a> {
    /// `[E]`, all heads side by side.
    pub query: &'a [f32],
    /// `[T, 2E]`: the keys and the values of a token side by side.
    pub keys_and_values: &'a [f32],
    pub heads: usize,
    /// `[E]`.
    pub output: &'a mut [f32],
}

impl Kernel for QueryAttention<'_> {
    #[inline(always)]
    fn run(self) {
        let width = self.query.len();
        let depth = width / self.heads;
        let scale = inverse_root(depth);
        let mut attention = vec![0.0; self.keys_and_values.len() / (2 * width)];
        let heads = self.query.chunks_exact(depth);
        for (number, (query, output)) in heads.zip(self.output.chunks_exact_mut(depth)).enumerate()
        {
            let tokens = || self.keys_and_values.chunks_exact(2 * width);
            for (score, token) in attention.iter_mut().zip(tokens()) {
                let key = &token[number * depth..(number + 1) * depth];
                *score = dot(query, key);
            }
            softmax(&mut attention, scale);
            output.fill(0.0);
            for (weight, token) in attention.iter().zip(tokens()) {
                let value = &token[width + number * depth..width + (number + 1) * depth];
                for (output, value) in output.iter_mut().zip(value) {
                    *output += weight * value;
                }
            }
        }
    }
}

/// What scores are multiplied with: `1 / sqrt(depth)`.
#[inline(always)]
fn inverse_root(depth: usize) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a head has a few dozen dimensions"
    )]
    let depth = depth as f32;
    1.0 / depth.sqrt()
}
