//! CLIP's towers on a processor's vector instructions, over slices.
//!
//! Burn's `flex` computes a ViT-B/32 at half of onnxruntime's speed: it packs the weights again
//! for every product, passes over memory once for each small operation, and has no bf16. These
//! towers pack their weights once, when they are loaded. Each thread takes whole pictures through
//! the whole tower, so threads never wait for each other, and activations are applied to a product
//! while it is in the cache.
//!
//! Large products are in f32, bf16 or int8 ([`Products`]). In int8 a ViT-B/32 is 2.5 to 3.2 times as
//! fast as in f32 with VNNI and 1.8 to 2 times with AVX2 alone, and 1.6 to 1.9 times as fast as in
//! bf16 (`--example towers`). Attention, norms, the residual stream and the last projection are f32
//! in all of them.
//!
//! The crate holds [`Vit`], [`ResNet`] and [`Text`], and knows neither Burn nor files: [`Weights`]
//! hands it the parameters. It runs on x86-64 with AVX2, AVX-VNNI or AVX-512. On other processors
//! [`Kernels::detect`] finds nothing and Burn's towers compute; a portable path was rejected,
//! because Burn's matrix products are faster than plain loops. `pixseek-clip` holds the same
//! towers in Burn, and `tests/parity` compares the two with each other and with PyTorch.

#![allow(
    clippy::inline_always,
    reason = "a loop is compiled for the processor's instructions only where it is inlined"
)]

// The towers.
mod resnet;
mod text;
mod vit;

// What they are made of.
mod attention;
mod convolution;
mod pooling;
mod transformer;

// Products, and functions of single values.
mod linear;
mod panels;
mod pointwise;
mod quantized;

// The processor's instructions, and where weights come from.
mod simd;
mod weights;

#[cfg(test)]
mod tests;

pub use convolution::{BatchNorm, fold_batch_norm};
pub use pointwise::Activation;
pub use pooling::ImagePooling;
pub use resnet::{ResNet, ResNetConfig};
pub use simd::{Kernels, Level, Products};
pub use text::{Text, TextConfig, TextHead};
pub use transformer::{BlockConfig, NormPlace};
pub use vit::{Vit, VitConfig};
pub use weights::{Order, Weights};
