//! Tests `pixseek model` and `pixseek eval`: from a model's name to an index that is searched with
//! it.

use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("models::a_model_is_pulled_used_and_removed", pulled),
        trial(
            "models::searches_use_the_old_index_until_there_is_a_new_one",
            switched,
        ),
        trial(
            "models::a_pull_is_refused_offline_and_without_https",
            offline,
        ),
        trial(
            "models::a_word_is_a_name_and_a_path_a_folder",
            names_and_paths,
        ),
        trial("models::stray_files_are_ignored", stray_files),
        trial("models::a_pull_uses_the_proxy", proxied),
        trial("models::described_photos_measure_a_model", measured),
    ]
}

fn small(name: &str) -> PathBuf {
    Path::new("../../tests/parity")
        .join(name)
        .canonicalize()
        .unwrap()
}

/// Serves the files of a folder under any path that ends with their name.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = String::new();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            let _ = lines.read_line(&mut request);
            let path = request.split(' ').nth(1).unwrap_or_default();
            let name = path.rsplit('/').next().unwrap_or_default();
            let (status, body) = match std::fs::read(folder.join(name)) {
                Ok(bytes) => ("200 OK", bytes),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&body));
        }
    });
    format!("http://{address}")
}

fn pulled(world: &mut World) {
    let endpoint = serve(small("siglip"));
    let listed = world.run_at_home(&[], &["model", "list"]).exits(0).out;
    assert!(listed.starts_with("* pocket"), "{listed}");
    assert!(!listed.contains("installed"), "{listed}");
    let environment = [("HF_ENDPOINT", endpoint.as_str())];
    world
        .run_at_home(&environment, &["model", "pull", "siglip-b16"])
        .exits(0)
        .says("siglip-b16 is installed");
    world
        .run_at_home(&environment, &["model", "pull", "siglip-b16"])
        .exits(2)
        .says("is installed already");
    let info = world
        .run_at_home(&[], &["model", "info", "siglip-b16"])
        .exits(0)
        .out;
    for words in [
        "Apache-2.0",
        "24 dimensions",
        "sha256",
        "7fd15f0689c79d79e38b1c2e2e2370a7bf2761ed",
    ] {
        assert!(info.contains(words), "{words}: {info}");
    }
    world
        .run_at_home(&[], &["model", "use", "siglip-b16"])
        .exits(0)
        .says("has no photos yet");
    world.draw("one.png", 1);
    let photos = world.photos();
    world
        .run_at_home(&[], &["index", photos.to_str().unwrap()])
        .exits(0)
        .says("1 photo searchable");
    world
        .run_at_home(&[], &["status"])
        .exits(0)
        .prints("siglip-b16");
    world
        .run_at_home(&[], &["model", "remove", "siglip-b16"])
        .exits(0);
    let listed = world.run_at_home(&[], &["model", "list"]).exits(0).out;
    assert!(listed.starts_with("* pocket"), "{listed}");
    world
        .run_at_home(&[], &["model", "info", "pocket"])
        .exits(0)
        .prints("must not be used");
    world
        .run_at_home(&[], &["model", "pull", "vit"])
        .exits(2)
        .says("no model is called vit; there are: datacomp-b32-256");
    world
        .run_at_home(&environment, &["model", "pull", "openai-b16"])
        .exits(2)
        .says("the server has no such file")
        .says("HF_ENDPOINT=https://")
        .says("`pixseek model import`");
}

fn switched(world: &mut World) {
    world.draw("one.png", 1);
    world.draw("two.png", 2);
    let photos = world.photos();
    let photos = photos.to_str().unwrap();
    world
        .run_at_home(&[], &["index", photos])
        .exits(0)
        .says("2 photos searchable");
    let folder = small("vit-gelu");
    world
        .run_at_home(
            &[],
            &[
                "model",
                "import",
                folder.to_str().unwrap(),
                "--name",
                "mine",
            ],
        )
        .exits(0);
    world
        .run_at_home(&[], &["model", "use", "mine"])
        .exits(0)
        .says("until then searches use pocket");
    world
        .run_at_home(&[], &["status"])
        .exits(0)
        .prints("pocket");
    world
        .run_at_home(&[], &["search", "--all", "a picture"])
        .exits(0);
    world
        .run_at_home(&[], &["index", photos])
        .exits(0)
        .says("2 photos searchable");
    world.run_at_home(&[], &["status"]).exits(0).prints("mine");
    // Both models have an index now, so switching needs no index run.
    world
        .run_at_home(&[], &["model", "use", "pocket"])
        .exits(0)
        .says("2 photos searchable");
    world
        .run_at_home(&[], &["status"])
        .exits(0)
        .prints("pocket");
    world
        .run_at_home(&[], &["--model", "mine", "status"])
        .exits(0)
        .prints("mine");
    world
        .run_at_home(&[], &["--model", "not-there", "status"])
        .exits(2)
        .says("not-there is not installed");
}

fn offline(world: &mut World) {
    for (name, value, words) in [
        ("HF_HUB_OFFLINE", "1", "HF_HUB_OFFLINE is set"),
        (
            "HF_ENDPOINT",
            "http://example.org",
            "is not an https:// address",
        ),
        (
            "HF_ENDPOINT",
            "ftp://example.org",
            "is not an https:// address",
        ),
    ] {
        world
            .run_at_home(&[(name, value)], &["model", "pull", "siglip-b16"])
            .exits(2)
            .says(words);
    }
}

/// A pull connects to the proxy that the environment names.
fn proxied(world: &mut World) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let mut pull = world
        .command()
        .args(["model", "pull", "siglip-b16"])
        .env("HF_ENDPOINT", "https://models.test")
        .env("https_proxy", proxy)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (client, _) = listener.accept().unwrap();
    let mut asked = String::new();
    BufReader::new(client).read_line(&mut asked).unwrap();
    pull.kill().unwrap();
    pull.wait().unwrap();
    assert_eq!(asked.trim_end(), "CONNECT models.test:443 HTTP/1.1");
}

fn measured(world: &mut World) {
    world.draw("one.png", 1);
    world.draw("two.png", 2);
    let list = world.photos().join("labels.jsonl");
    let lines = [("one.png", "one"), ("two.png", "two"), ("none.png", "none")]
        .map(|(file, label)| format!("{{\"file\": \"{file}\", \"label\": \"{label}\"}}\n"));
    std::fs::write(&list, lines.concat()).unwrap();
    let list = list.to_str().unwrap();
    let run = world.run_at_home(&[], &["eval", list]).exits(3);
    assert!(
        run.out.contains("zero-shot 2 photos, 2 classes: top-1 "),
        "{}",
        run.out
    );
    assert!(run.err.contains("none.png"), "{}", run.err);
    let run = world.run_at_home(&[], &["eval", "--json", list]).exits(3);
    let object: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(object["labels"]["texts"], 2);
    assert_eq!(object["model"], "pocket");
}

/// The working directory has folders with the names of models.
fn names_and_paths(world: &mut World) {
    world.draw("a.png", 1);
    let folder = world.photos();
    let folder = folder.parent().unwrap();
    for name in ["pocket", "other"] {
        std::fs::create_dir(folder.join(name)).unwrap();
    }
    world
        .run_at_home(&[], &["index", "photos"])
        .exits(0)
        .says("1 new");
    world
        .run_at_home(&[], &["--model", "pocket", "status"])
        .exits(0);
    world
        .run_at_home(&[], &["--model", "other", "status"])
        .exits(2)
        .says("write it as ./other")
        .says("not installed");
    let model = Path::new("../../tests/parity/vit-quickgelu")
        .canonicalize()
        .unwrap();
    let link = folder.join("mine");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&model, &link).unwrap();
    let chosen = || std::fs::read_to_string(world.home().join("pixseek/model.json")).unwrap();
    world.run_at_home(&[], &["model", "use", "./mine"]).exits(0);
    assert!(chosen().contains(model.to_str().unwrap()), "{}", chosen());
    world.run_at_home(&[], &["model", "use", "pocket"]).exits(0);
    assert!(chosen().contains("\"model\":\"pocket\""), "{}", chosen());
    // A model in the configuration is also a name if it contains no slash.
    let config = folder.join("config.toml");
    std::fs::write(&config, "model = \"pocket\"\n").unwrap();
    let environment = [("PIXSEEK_CONFIG", config.to_str().unwrap())];
    world
        .run_at_home(&environment, &["status"])
        .exits(0)
        .prints("photos    1");
}

/// A file browser may leave stray files in the folder of all indexes.
fn stray_files(world: &mut World) {
    world.draw("a.png", 1);
    let model = Path::new("../../tests/parity/vit-quickgelu")
        .canonicalize()
        .unwrap();
    let model = model.to_str().unwrap();
    world
        .run_at_home(&[], &["--model", model, "index", "photos"])
        .exits(0)
        .says("1 new");
    let indexes = world.home().join("pixseek/indexes");
    std::fs::write(indexes.join(".DS_Store"), "").unwrap();
    std::fs::create_dir(indexes.join("half.tmp")).unwrap();
    // There is only one index, of a model that was neither named nor chosen.
    world
        .run_at_home(&[], &["status"])
        .exits(0)
        .prints("photos    1");
}
