use super::Profile;
use moxcms::ColorProfile;

#[test]
fn only_profiles_of_other_spaces_change_colours() {
    let read = |profile: ColorProfile| Profile::read(&profile.encode().unwrap());
    assert!(read(ColorProfile::new_srgb()).is_none());
    assert!(read(ColorProfile::new_gray_with_gamma(2.2)).is_none());
    assert!(Profile::read(b"no profile").is_none());
    let mut pixels = [[0; 3], [255; 3], [200, 100, 50], [128, 128, 128]];
    read(ColorProfile::new_display_p3())
        .unwrap()
        .convert(pixels.as_flattened_mut());
    let [black, white, colour, grey] = pixels;
    assert_eq!((black, white), ([0; 3], [255; 3]));
    // What littlecms 2.19 makes of it, give or take one.
    let is_near = |found: [u8; 3], expected: [u8; 3]| {
        let mut channels = found.into_iter().zip(expected);
        channels.all(|(found, expected)| found.abs_diff(expected) <= 1)
    };
    assert!(is_near(grey, [128; 3]), "{grey:?}");
    assert!(is_near(colour, [215, 93, 31]), "{colour:?}");
}

/// Rows of any length, also those that are no whole number of pieces.
#[test]
fn every_pixel_is_converted() {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    let profile = Profile::read(&profile).unwrap();
    let mut one = [200, 100, 50];
    profile.convert(&mut one);
    let mut many = [200, 100, 50].repeat(super::PIECE * 2 + 7);
    profile.convert(&mut many);
    assert!(many.chunks(3).all(|pixel| pixel == one));
}
