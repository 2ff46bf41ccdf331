//! The precision of an index, as a person sees it.

use crate::pixseek::World;
use crate::trial;
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    vec![trial("precision::an_index_keeps_its_precision", keeps)]
}

fn keeps(world: &mut World) {
    let photos = world.photos();
    let photos = photos.to_str().unwrap();
    let status = |shown: &str| {
        let line = format!("precision {shown}\n");
        world.run(&["status"]).exits(0).prints(&line);
    };
    world.run(&["index", photos]).exits(0);
    status("chosen with the first photo");
    world.draw("1.png", 1);
    world
        .run(&["index", "--precision", "f32"])
        .exits(0)
        .says("1 new");
    status("f32");
    world.draw("2.png", 2);
    world.run(&["index"]).exits(0).says("1 new");
    status("f32");
    world
        .run(&["index", "--precision", "bf16"])
        .exits(2)
        .says("are f32, not bf16");
    // A refused run changes nothing: the named folder does not become a root.
    world.draw("../other/3.png", 3);
    let other = world.photos().with_file_name("other");
    world
        .run(&["index", other.to_str().unwrap(), "--precision", "bf16"])
        .exits(2);
    world.run(&["index"]).exits(0).says("2 unchanged");
    world.run(&["compact"]).exits(0);
    std::fs::remove_file(world.index().join("MANIFEST")).unwrap();
    world.run(&["rebuild"]).exits(0);
    status("f32");
    world.run(&["verify"]).exits(0);
    world.run(&["index", "--precision", "f64"]).exits(2);
}
