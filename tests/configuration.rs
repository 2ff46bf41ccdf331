//! Tests `config.toml`, and the files that are generated from the table of arguments.

use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("configuration::the_file_says_what_is_indexed", roots),
        trial("configuration::a_mistake_is_named", mistake),
        trial("configuration::the_manual_lists_all_commands", generated),
    ]
}

fn configure(world: &World, text: &str) {
    let folder = world.home().join("pixseek");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), text).unwrap();
}

fn roots(world: &mut World) {
    world.draw("one.png", 1);
    world.draw("two.png", 2);
    world.draw("three.tmp.png", 3);
    let photos = world.photos();
    let photos = photos.display();
    let text = format!("roots = [\"{photos}\", \"/not/there\"]\nexclude = [\"*.tmp.*\"]\n");
    configure(world, &text);
    world.run(&["index"]).exits(3).says("2 photos searchable");
    let shown = world.run(&["config", "--color", "never"]).exits(0).out;
    let line = format!("roots = [\"{photos}\", \"/not/there\"]  # file");
    assert!(shown.contains(&line), "{shown}");
    assert!(shown.contains("color = \"never\"  # option"), "{shown}");
    // The printed configuration is a valid file with the same content.
    configure(world, &shown);
    world.run(&["index"]).exits(3).says("2 photos searchable");
}

fn mistake(world: &mut World) {
    configure(world, "[keys]\nmrak = \"x\"\n");
    let run = world.run(&["status"]).exits(2);
    for words in ["config.toml", "unknown name mrak"] {
        assert!(run.err.contains(words), "{}", run.err);
    }
}

fn generated(world: &mut World) {
    let page = world.run(&["manual"]).exits(0).out;
    assert!(page.contains("pixseek\\-folder"), "{page}");
    let folder = world.home().join("man");
    world
        .run(&["manual", "--out", folder.to_str().unwrap()])
        .exits(0);
    assert!(folder.join("pixseek-search.1").exists());
}
