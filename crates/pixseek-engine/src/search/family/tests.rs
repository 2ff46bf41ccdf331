use super::{Kind, Member};
use crate::Folding;
use crate::made_library::MadeLibrary;
use crate::search::{FindOptions, Searcher};
use pixseek_clip::ComputeDevice;
use pixseek_index::PhotoFacts;
use pixseek_record::FilmFacts;

fn facts(milliseconds: Option<u64>) -> PhotoFacts {
    PhotoFacts {
        film: milliseconds.map(|milliseconds| FilmFacts {
            milliseconds,
            frames: vec![0],
        }),
        ..PhotoFacts::default()
    }
}

#[test]
fn names_tell_what_belongs_together() {
    let check = |path: &str, film, name: &str, kind| {
        let member = Member::of(path.as_bytes(), &facts(film)).unwrap();
        assert_eq!(member.name.bytes(), name.as_bytes(), "{path}");
        assert_eq!(member.kind, kind, "{path}");
    };
    check("/p/IMG_1.HEIC", None, "/p/IMG_1", Kind::Photo);
    check("/p/IMG_1.MOV", Some(3000), "/p/IMG_1", Kind::Film);
    check("/p/IMG_1.cr2", None, "/p/IMG_1", Kind::Raw);
    check("/p/IMG_1-edited.jpg", None, "/p/IMG_1", Kind::Edited);
    check("/p/a_edited.jpg", None, "/p/a", Kind::Edited);
    check("/p/IMG_E1234.JPG", None, "/p/IMG_1234", Kind::Edited);
    check("/p/IMG_Eve.jpg", None, "/p/IMG_Eve", Kind::Photo);
    check("/p.q/a", None, "/p.q/a", Kind::Photo);
    check("/p/.hidden", None, "/p/.hidden", Kind::Photo);
    assert_eq!(Member::of(b"/p/IMG_1.MOV", &facts(Some(10_001))), None);
}

#[test]
fn what_belongs_together_is_one_hit() {
    let mut library = MadeLibrary::new();
    let names = [
        ("/p/IMG_1.JPG", None),
        ("/p/IMG_1.CR2", None),
        ("/p/IMG_1-edited.JPG", None),
        ("/p/IMG_10.JPG", None),
        ("/p/IMG_2.MOV", Some(2500)),
        ("/p/IMG_2.HEIC", None),
        ("/p/IMG_3.MOV", Some(600_000)),
        ("/p/IMG_3.JPG", None),
        ("/q/IMG_1.CR2", None),
    ];
    let mut photos = Vec::new();
    for (name, film) in names {
        let vector = library.vector();
        let mut photo = library.photo(name, vector);
        photo.facts = facts(film);
        photos.push(photo);
    }
    library.add_all(photos);
    library.writer.publish().unwrap();
    let searcher = Searcher::open(library.folder.path(), None, ComputeDevice::cpu()).unwrap();
    let find = |limit, folding, query: &str| -> Vec<(String, usize)> {
        let options = FindOptions {
            limit,
            folding,
            ..FindOptions::default()
        };
        let query = crate::Query::parse(query, crate::query_context()).unwrap();
        let answer = searcher.find(&query, &options).unwrap();
        let text = |path: &[u8]| String::from_utf8_lossy(path).into_owned();
        let hits = answer.hits.iter();
        let mut hits: Vec<_> = hits
            .map(|hit| (text(&hit.path), hit.folded.len()))
            .collect();
        hits.sort();
        hits
    };
    let own = |name: &str, folded| (name.to_owned(), folded);
    let expected = [
        own("/p/IMG_1-edited.JPG", 2),
        own("/p/IMG_10.JPG", 0),
        own("/p/IMG_2.HEIC", 1),
        own("/p/IMG_3.JPG", 0),
        own("/p/IMG_3.MOV", 0),
        own("/q/IMG_1.CR2", 0),
    ];
    assert_eq!(find(100, Folding::Near, "width:>=0"), expected);
    assert_eq!(find(100, Folding::None, "width:>=0").len(), names.len());
    // What a filter leaves out still belongs to what it finds.
    let raw = find(100, Folding::Near, "ext:cr2 in:p");
    assert_eq!(raw, [own("/p/IMG_1.CR2", 2)]);
}
