//! The output of a search, and how it ends.

use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial(
            "searching::without_an_index_it_says_what_to_type",
            without_an_index,
        ),
        trial("searching::forms_of_output", forms_of_output),
        trial("searching::photos_are_sorted", sorted),
        trial(
            "searching::exact_and_automatic_agree",
            exact_and_automatic_agree,
        ),
        trial("searching::similar_finds_the_picture_itself", similar),
        trial("searching::a_damaged_index_is_named", damaged),
        trial("searching::a_closed_pipe_is_success", closed_pipe),
        trial("searching::a_folder_without_a_model_is_named", no_model),
        trial("searching::any_query_is_answered", any_query),
    ]
}

fn filled(world: &World) {
    for seed in 0..12 {
        world.draw(&format!("{seed:02}.png"), seed);
    }
    world.index_photos().exits(0);
}

fn without_an_index(world: &mut World) {
    let run = world
        .run(&["search", "a dog"])
        .exits(2)
        .says("pixseek index DIR");
    assert_eq!(run.out, "");
    world.run(&["index"]).exits(2).says("pixseek index DIR");
    world
        .run(&["index", "no-such-folder"])
        .exits(2)
        .says("does not exist");
    world.photos();
    world.run(&["status"]).exits(2);
}

fn sorted(world: &mut World) {
    filled(world);
    let names = |sort: &str| -> Vec<String> {
        let line = ["search", "ext:png", "-n", "3", "--unfold", "--sort", sort];
        let out = world.run(&line).exits(0).out;
        let name = |line: &str| line.rsplit('/').next().unwrap_or_default().to_owned();
        out.lines().map(name).collect()
    };
    assert_eq!(names("name"), ["00.png", "01.png", "02.png"]);
    let size = |name: &String| world.photos().join(name).metadata().unwrap().len();
    let sizes: Vec<u64> = names("size").iter().map(size).collect();
    let mut all: Vec<u64> = (0..12)
        .map(|seed| size(&format!("{seed:02}.png")))
        .collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(sizes, all[..3]);
}

fn forms_of_output(world: &mut World) {
    filled(world);
    let forms = ["search", "red stripes", "-n", "5", "--all", "--unfold"];
    let plain = world.run(&forms).exits(0);
    assert_eq!(plain.out.lines().count(), 5);
    assert_eq!(plain.err, "");
    let zero = world.run(&[&forms[..], &["-0"]].concat()).exits(0);
    assert_eq!(zero.out.replace('\0', "\n"), plain.out);
    let scores = world.run(&[&forms[..], &["--scores"]].concat()).exits(0);
    for (line, path) in scores.out.lines().zip(plain.out.lines()) {
        let (number, name) = line.split_once('\t').unwrap();
        assert!(number.parse::<f32>().is_ok() && name == path, "{line}");
    }
    let hits = world.hits(&["search", "red stripes", "-n", "5"]);
    for (rank, (hit, path)) in hits.iter().zip(plain.out.lines()).enumerate() {
        assert_eq!(hit["rank"], rank + 1);
        assert_eq!(hit["path"], path);
        assert!(hit["score"].is_number() && hit["taken"].is_null());
    }
    let status = world.run(&["status"]).exits(0).out;
    assert!(
        status.contains("pocket") && status.contains("12"),
        "{status}"
    );
}

fn exact_and_automatic_agree(world: &mut World) {
    filled(world);
    let search = |extra: &[&str]| {
        world
            .run(&[&["search", "blue", "--all", "--unfold"], extra].concat())
            .out
    };
    let all = search(&[]);
    assert_eq!(all, search(&["--exact"]));
    let first = search(&["-n", "4"]);
    assert!(
        all.starts_with(&first),
        "the first 4 of 12 are the first 4 of 4"
    );
}

fn similar(world: &mut World) {
    filled(world);
    let path = world.photos().join("07.png");
    let name = path.to_str().unwrap();
    let hits = world.hits(&["similar", name, "-n", "3"]);
    assert_eq!(hits[0]["path"], name);
    // A copy of the picture outside the index is encoded and finds the same photo.
    let elsewhere = world.index().with_file_name("elsewhere.png");
    std::fs::copy(&path, &elsewhere).unwrap();
    let hits = world.hits(&["similar", elsewhere.to_str().unwrap(), "-n", "3"]);
    assert_eq!(hits[0]["path"], name);
    world
        .run(&["similar", "missing.png"])
        .exits(2)
        .says("missing.png");
}

fn damaged(world: &mut World) {
    filled(world);
    let path = world.index().join("MANIFEST");
    let whole = std::fs::read(&path).unwrap();
    for position in (0..whole.len()).step_by(whole.len() / 40) {
        let mut flipped = whole.clone();
        flipped[position] ^= 0x40;
        std::fs::write(&path, &flipped).unwrap();
        world
            .run(&["search", "red"])
            .exits(2)
            .says("pixseek rebuild");
    }
    world.run(&["verify"]).exits(2).says("MANIFEST");
    world.run(&["index"]).exits(2).says("pixseek rebuild");
    world.run(&["rebuild"]).exits(0);
    world.run(&["verify"]).exits(0).says("ok: catalog");
    let all = world.searchable();

    // A damaged calibration takes the scores away, and the search says so.
    let path = world.index().join("calibration");
    let whole = std::fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    std::fs::write(&path, flipped).unwrap();
    world
        .run(&["search", "red"])
        .exits(0)
        .says("`pixseek index` makes it again");
    std::fs::write(&path, whole).unwrap();

    // If one vector is damaged, all other photos are found, and the next run repairs it.
    let epoch = std::fs::read_dir(world.index().join("vectors"))
        .unwrap()
        .next();
    let path = epoch.unwrap().unwrap().path();
    let mut vectors = std::fs::read(&path).unwrap();
    // This byte lies in the first row, behind the header.
    let first = 1700;
    vectors[first] ^= 1;
    std::fs::write(&path, vectors).unwrap();
    let run = world
        .run(&["search", "red", "-n", "100", "--all", "--unfold"])
        .exits(0);
    assert_eq!(run.out.lines().count() + 1, all.len());
    run.says("pixseek rebuild");
    world.run(&["verify"]).exits(2);
    world.run(&["rebuild"]).exits(3).says("1 photo lost");
    world.run(&["index"]).exits(0).says("1 new");
    assert_eq!(world.searchable(), all);
    world.run(&["verify"]).exits(0);
}

fn closed_pipe(world: &mut World) {
    filled(world);
    let mut child = world
        .command()
        .args(["search", "--all", "red"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn no_model(world: &mut World) {
    filled(world);
    let folder = world.photos();
    let folder = folder.to_str().unwrap();
    world
        .run(&["search", "red", "--model", folder])
        .exits(2)
        .says("not a model folder");
}

fn any_query(world: &mut World) {
    filled(world);
    let long = "word ".repeat(800);
    for query in [
        "🏖️",
        "\u{202e}abc",
        "a\tb\nc",
        "<b>&amp;</b>",
        long.as_str(),
    ] {
        let run = world
            .run(&["search", "--all", "--unfold", "--", query])
            .exits(0);
        assert_eq!(run.out.lines().count(), 12, "{query:?}");
    }
    for query in ["", " ", "\u{7}", "(dog", "on:never"] {
        let run = world.run(&["search", "--", query]);
        assert!(run.code != 0 && !run.err.contains("panicked"), "{query:?}");
    }
}
