//! Pictures that show nothing: films and animations begin and end with them, and fade through them.

/// Pixels that are looked at, about.
const PIXELS: usize = 10_000;

/// The variance of brightness below which a picture shows nothing: coded black and white have less than
/// 1, with the noise of a tape about 9.
const LEAST_VARIANCE: f64 = 10.0;
/// The same of a dark picture: black with grain has up to 30, as has a scene at a twentieth of its
/// brightness in a fade. A night with a lamp has hundreds.
const LEAST_IN_THE_DARK: f64 = 36.0;
/// The mean brightness, of 255, below which a picture is dark.
const DARK: f64 = 32.0;
/// How many times the variance of a colour may be that of brightness: cameras and codecs have more noise
/// in colours.
const OF_COLOURS: f64 = 4.0;

/// The sums that a variance is made of.
#[derive(Default)]
struct Spread {
    sum: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(&self, count: f64) -> f64 {
        self.sum / count
    }

    fn variance(&self, count: f64) -> f64 {
        self.squares / count - self.mean(count) * self.mean(count)
    }
}

/// Whether a picture of so many pixels shows nothing: it has one colour, but for noise.
#[must_use]
pub fn is_blank(total: usize, pixels: impl Iterator<Item = [u8; 3]>) -> bool {
    // Odd, so that it does not run down one column.
    let step = (total / PIXELS) | 1;
    let mut count = 0.0;
    let mut luma = Spread::default();
    let mut colours = <[Spread; 3]>::default();
    for pixel in pixels.step_by(step) {
        let [red, green, blue] = pixel.map(f64::from);
        count += 1.0;
        luma.add(0.299 * red + 0.587 * green + 0.114 * blue);
        for (spread, value) in colours.iter_mut().zip([red, green, blue]) {
            spread.add(value);
        }
    }
    if count == 0.0 {
        return true;
    }
    let least = if luma.mean(count) < DARK {
        LEAST_IN_THE_DARK
    } else {
        LEAST_VARIANCE
    };
    let is_grey = |colour: &Spread| colour.variance(count) < least * OF_COLOURS;
    luma.variance(count) < least && colours.iter().all(is_grey)
}

#[cfg(test)]
mod tests {
    use super::is_blank;

    const SIDE: u32 = 200;

    /// Checks a picture that a function of its coordinates and of noise between -1 and 1 makes.
    fn check(name: &str, is_nothing: bool, pixel: impl Fn(u32, u32, f64) -> [f64; 3]) {
        let mut numbers = 1_u64;
        let mut noise = || {
            numbers = numbers
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(numbers >> 32).unwrap()) / 2_147_483_648.0 - 1.0
        };
        let mut pixels = Vec::new();
        for (y, x) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x))) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a float becomes the nearest byte"
            )]
            pixels.push(pixel(x, y, noise()).map(|value| value.round() as u8));
        }
        assert_eq!(
            is_blank(pixels.len(), pixels.into_iter()),
            is_nothing,
            "{name}"
        );
    }

    /// A picture with light and dark places, between 0 and 1.
    fn scene(x: u32, y: u32) -> f64 {
        f64::from((x / 20 + y / 25) % 7) / 6.0
    }

    #[test]
    fn noise_and_fades_show_nothing() {
        check("black", true, |_, _, _| [0.0; 3]);
        check("white", true, |_, _, _| [255.0; 3]);
        check("coded black", true, |_, _, noise| [16.5 + noise; 3]);
        check("black with grain", true, |_, _, noise| {
            [10.0 + 9.0 * noise; 3]
        });
        check("white with noise", true, |_, _, noise| {
            [245.0 + 4.0 * noise; 3]
        });
        check("a fade's first step", true, |x, y, _| {
            [12.0 * scene(x, y); 3]
        });
    }

    #[test]
    fn dark_and_pale_scenes_show_something() {
        check("a scene", false, |x, y, _| [255.0 * scene(x, y); 3]);
        check("half of a fade", false, |x, y, _| [60.0 * scene(x, y); 3]);
        check("a lamp at night", false, |x, y, noise| {
            let is_lamp = (90..105).contains(&x) && (90..105).contains(&y);
            [if is_lamp { 200.0 } else { 6.0 + 2.0 * noise }; 3]
        });
        check("fog", false, |_, y, _| [200.0 + f64::from(y) / 10.0; 3]);
        check("colours of one brightness", false, |x, _, _| {
            if x < 100 {
                [200.0, 60.0, 60.0]
            } else {
                [60.0, 131.0, 61.0]
            }
        });
    }
}
