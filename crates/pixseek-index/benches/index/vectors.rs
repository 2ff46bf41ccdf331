//! Synthetic vectors that are distributed like CLIP's, from a fixed seed.
//!
//! Fitted to 1,000 real ViT-B/32 image vectors and 2,148 real texts. Images have a common
//! direction (their mean has length 0.72 and one component of 0.61), and around it clusters
//! within clusters, over a spectrum that falls slowly. Texts lie in a second cone and lean
//! towards the photos that they describe. `describe` prints the statistics of the synthetic vectors
//! beside those of the real ones.

use rayon::prelude::*;

/// Dimensions in which vectors are made. An index has at most as many.
pub const DIMENSION: usize = 512;

/// The length of the images' mean.
const MEAN: f32 = 0.72;
/// The mean's one large component.
const LARGE: f32 = 0.61;
/// The variance in direction `i` is `(i + 3)^-FALL`.
const FALL: f32 = 1.1;
/// The fraction of the variance that clusters of each level have. The rest is each photo's own.
const SHARED: [f32; 6] = [0.20, 0.25, 0.20, 0.12, 0.08, 0.05];
/// The number of clusters of the first level, and the factor for each further level.
const CLUSTERS: u64 = 8;
const MORE: u64 = 5;
/// Weights of the directions of a text, beside the common direction of all texts: its own, the
/// images' mean, one photo, and noise.
const TEXT_OWN: f32 = 0.58;
const TEXT_MEAN: f32 = 0.31;
const TEXT_LEAN: f32 = 0.12;
const TEXT_ASTRAY: f32 = 0.4;

/// A generator of images and texts.
pub struct Made {
    spectrum: Vec<f32>,
    mean: Vec<f32>,
    text: Vec<f32>,
    rows: u32,
    dimension: usize,
}

impl Made {
    /// A generator for a library of `rows` images. Of all vectors, the first `dimension` components
    /// are kept: the Hadamard transform has mixed all directions into each.
    pub fn new(rows: u32, dimension: usize) -> Self {
        let mut spectrum: Vec<f32> = (0..DIMENSION)
            .map(|i| (i as f32 + 3.0).powf(-FALL))
            .collect();
        let sum: f32 = spectrum.iter().sum();
        for x in &mut spectrum {
            *x = (*x / sum).sqrt();
        }
        let mut mean = gaussian(1);
        mean[133] = 0.0;
        let mut mean = scaled(mean, (MEAN * MEAN - LARGE * LARGE).sqrt());
        mean[133] = LARGE;
        Self {
            spectrum,
            mean,
            text: hardly_of_images(2, 400),
            rows,
            dimension,
        }
    }

    pub fn dimension(&self) -> usize {
        self.dimension
    }

    pub fn images(&self, range: std::ops::Range<u32>) -> Vec<Vec<f32>> {
        range
            .into_par_iter()
            .map(|row| {
                let mut vector = self.around_mean(u64::from(row));
                let length = (1.0 - MEAN * MEAN).sqrt();
                vector
                    .iter_mut()
                    .zip(&self.mean)
                    .for_each(|(x, mean)| *x = mean + length * *x);
                vector.truncate(self.dimension);
                scaled(vector, 1.0)
            })
            .collect()
    }

    /// An image without the common direction.
    fn around_mean(&self, row: u64) -> Vec<f32> {
        let mut sum = vec![0.0; DIMENSION];
        let mut add = |seed: u64, share: f32| {
            let part = gaussian(seed);
            let parts = part.iter().zip(&self.spectrum);
            sum.iter_mut().zip(parts).for_each(|(sum, (x, deviation))| {
                *sum += share.sqrt() * x * deviation;
            });
        };
        let mut clusters = CLUSTERS;
        for (level, share) in (1..).zip(SHARED) {
            let cluster = hash(row ^ (level << 40)) % clusters;
            add(hash(cluster ^ (level << 48)), share);
            clusters *= MORE;
        }
        add(hash(row ^ (1 << 60)), 1.0 - SHARED.iter().sum::<f32>());
        hadamard(&mut sum);
        sum
    }

    /// Texts, each about some photo.
    pub fn texts(&self, count: u64) -> Vec<Vec<f32>> {
        (0..count)
            .into_par_iter()
            .map(|number| {
                let about = self.around_mean(hash(number ^ 0x77) % u64::from(self.rows));
                let astray = self.residual(hash(number ^ (1 << 61)));
                let own = hardly_of_images(hash(number ^ (1 << 62)), 256);
                let vector = (0..self.dimension)
                    .map(|i| {
                        self.text[i]
                            + TEXT_OWN * own[i]
                            + TEXT_MEAN * self.mean[i] / MEAN
                            + TEXT_LEAN * (about[i] + TEXT_ASTRAY * astray[i])
                    })
                    .collect();
                scaled(vector, 1.0)
            })
            .collect()
    }

    /// A direction with the spectrum's variances, turned so that no component is special.
    fn residual(&self, seed: u64) -> Vec<f32> {
        let mut vector = gaussian(seed);
        vector
            .iter_mut()
            .zip(&self.spectrum)
            .for_each(|(x, deviation)| *x *= deviation);
        hadamard(&mut vector);
        vector
    }
}

/// Prints the statistics that were fitted.
pub fn describe(images: &[Vec<f32>], texts: &[Vec<f32>]) {
    let images = &images[..images.len().min(1000)];
    let pairs: Vec<f32> = images
        .par_iter()
        .enumerate()
        .flat_map_iter(|(i, a)| images[i + 1..].iter().map(move |b| dot(a, b)))
        .collect();
    let (pair_mean, pair_deviation) = moments(&pairs);
    let nearest: Vec<f32> = images
        .par_iter()
        .enumerate()
        .map(|(i, a)| {
            let others = images.iter().enumerate().filter(|(j, _)| *j != i);
            others.map(|(_, b)| dot(a, b)).fold(-1.0, f32::max)
        })
        .collect();
    let (nearest_mean, nearest_deviation) = moments(&nearest);
    let mut across = [0.0; 4];
    for text in texts {
        let mut scores: Vec<f32> = images.iter().map(|image| dot(text, image)).collect();
        let (mean, deviation) = moments(&scores);
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        let tenth = scores[9.min(scores.len() - 1)];
        for (sum, x) in across.iter_mut().zip([
            mean,
            deviation,
            (scores[0] - mean) / deviation,
            (tenth - mean) / deviation,
        ]) {
            *sum += x / texts.len() as f32;
        }
    }
    let [mean, deviation, first, tenth] = across;
    println!("of 1,000 made ones (real ones):");
    println!("  image-image cosines {pair_mean:.2} +- {pair_deviation:.2} (0.52 +- 0.10)");
    println!("  nearest neighbour   {nearest_mean:.2} +- {nearest_deviation:.2} (0.79 +- 0.07)");
    let text_pairs = texts.iter().zip(&texts[1..]).map(|(a, b)| dot(a, b));
    let (texts_mean, texts_deviation) = moments(&text_pairs.collect::<Vec<_>>());
    println!("  text-text cosines   {texts_mean:.2} +- {texts_deviation:.2} (0.75 +- 0.05)");
    println!("  text-image cosines  {mean:.3} +- {deviation:.3} (0.186 +- 0.019)");
    println!("  best and tenth hit  {first:.1} and {tenth:.1} deviations above (3.8, 2.5)");
}

/// A unit vector without the first `directions` of the images' spectrum.
fn hardly_of_images(seed: u64, directions: usize) -> Vec<f32> {
    let mut vector = gaussian(seed);
    vector[..directions].fill(0.0);
    hadamard(&mut vector);
    scaled(vector, 1.0)
}

fn moments(values: &[f32]) -> (f32, f32) {
    let count = values.len() as f32;
    let mean = values.iter().sum::<f32>() / count;
    let square = values.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / count;
    (mean, square.sqrt())
}

pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn scaled(mut vector: Vec<f32>, length: f32) -> Vec<f32> {
    let factor = length / dot(&vector, &vector).sqrt();
    for x in &mut vector {
        *x *= factor;
    }
    vector
}

/// The fast Walsh-Hadamard transform, which keeps lengths.
fn hadamard(vector: &mut [f32]) {
    let mut half = 1;
    while half < vector.len() {
        for block in vector.chunks_exact_mut(2 * half) {
            let (a, b) = block.split_at_mut(half);
            for (a, b) in a.iter_mut().zip(b) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
    let scale = (vector.len() as f32).sqrt().recip();
    for x in vector {
        *x *= scale;
    }
}

/// Normally distributed numbers (Box and Muller) from a seed.
fn gaussian(seed: u64) -> Vec<f32> {
    let mut state = hash(seed ^ 0x5eed);
    let mut uniform = || {
        state = hash(state);
        ((state >> 40) as f32 + 1.0) / 16_777_217.0
    };
    let mut vector = Vec::with_capacity(DIMENSION);
    while vector.len() < DIMENSION {
        let radius = (-2.0 * uniform().ln()).sqrt();
        let (sine, cosine) = (std::f32::consts::TAU * uniform()).sin_cos();
        vector.extend([radius * sine, radius * cosine]);
    }
    vector
}

/// splitmix64 (Steele, Lea, Flood 2014).
pub fn hash(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
