use super::Searcher;
use crate::{ModelChoice, open_model, writer_options};
use pixseek_clip::ComputeDevice;
use pixseek_index::Writer;
use std::path::Path;

/// `like:FILE` is asked again with every letter that is typed behind it.
#[test]
fn the_image_tower_is_loaded_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let original = Path::new("../../tests/parity/vit-quickgelu");
    std::fs::create_dir(path("model")).unwrap();
    let weights = "open_clip_model.safetensors";
    for name in ["open_clip_config.json", "tokenizer.json", weights] {
        std::fs::copy(original.join(name), path("model").join(name)).unwrap();
    }
    for (name, colour) in [("red.png", [200, 0, 0]), ("blue.png", [0, 0, 200])] {
        let picture = image::RgbImage::from_pixel(40, 40, image::Rgb(colour));
        picture.save(path(name)).unwrap();
    }
    let (_, identity) = open_model(&ModelChoice::Folder(path("model"))).unwrap();
    drop(Writer::open(&path("index"), &identity, writer_options()).unwrap());
    let searcher = Searcher::open(&path("index"), None, ComputeDevice::cpu()).unwrap();

    let red = searcher.picture(&path("red.png")).unwrap();
    // The open file stays, and has nothing in it any more.
    std::fs::File::create(path("model").join(weights)).unwrap();
    let loaded_again = searcher.model.image_encoder(&searcher.device);
    assert!(loaded_again.is_err(), "it comes from the file");
    let blue = searcher.picture(&path("blue.png")).unwrap();
    assert_ne!(red, blue);
    assert_eq!(searcher.picture(&path("red.png")).unwrap(), red);
    // A file that changes is another picture.
    std::fs::copy(path("blue.png"), path("red.png")).unwrap();
    assert_eq!(searcher.picture(&path("red.png")).unwrap(), blue);
}
