use super::{Kind, Member};
use crate::Folding;
use crate::made_library::MadeLibrary;
use crate::prompts::normalized;
use crate::search::{FindOptions, Hit, Order, Searcher, Shown};
use crate::{MatchedFile, Query, Wording, query_context};
use pixseek_clip::ComputeDevice;
use pixseek_index::PhotoFacts;
use pixseek_record::FilmFacts;

fn facts(milliseconds: Option<u64>) -> PhotoFacts {
    PhotoFacts {
        width: 4,
        height: 3,
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

/// A Live Photo whose film shows what is described, and one whose photo does.
#[test]
fn the_moment_of_a_film_is_named_behind_its_photo() {
    const SUBJECT: &str = "a dog jumps over a fence";
    let mut library = MadeLibrary::new();
    library.writer.publish().unwrap();
    let open = |library: &MadeLibrary| {
        Searcher::open(library.folder.path(), None, ComputeDevice::cpu()).unwrap()
    };
    let subject = open(&library)
        .encode_description(SUBJECT, Wording::Ensemble)
        .unwrap();
    let near = |library: &mut MadeLibrary, part: f32| {
        let other = library.vector();
        let both = other.iter().zip(subject.as_slice());
        normalized(both.map(|(a, b)| a + part * b).collect())
    };
    let mut photos = Vec::new();
    for number in 0..300 {
        let vector = library.vector();
        photos.push(library.photo(&format!("/p/{number}.jpg"), vector));
    }
    for (name, of_photo, of_film) in [("IMG_1", 0.0, 0.6), ("IMG_2", 0.6, 0.3)] {
        let vector = near(&mut library, of_photo);
        photos.push(library.photo(&format!("/p/{name}.HEIC"), vector));
        let first = library.vector();
        let mut film = library.photo(&format!("/p/{name}.MOV"), first);
        film.vectors.push(near(&mut library, of_film));
        film.facts = facts(Some(2500));
        film.facts.film.as_mut().unwrap().frames = vec![500, 2000];
        photos.push(film);
    }
    library.add_all(photos);
    library.writer.publish().unwrap();
    library.measure();
    let searcher = open(&library);
    let find = |query: &str, shown, order| -> Vec<Hit> {
        let options = FindOptions {
            limit: 3,
            folding: Folding::Near,
            shown,
            order,
            ..FindOptions::default()
        };
        let query = Query::parse(query, query_context()).unwrap();
        searcher.find(&query, &options).unwrap().hits
    };
    let of = |hits: &[Hit], name: &str| -> (Hit, String) {
        let start = format!("/p/{name}.");
        let mut of_pair = hits
            .iter()
            .filter(|hit| hit.path.starts_with(start.as_bytes()));
        let hit = of_pair.next().unwrap().clone();
        assert!(of_pair.next().is_none(), "{name} is two hits");
        (hit.clone(), String::from_utf8(hit.path).unwrap())
    };
    let moment = MatchedFile {
        path: b"/p/IMG_1.MOV".to_vec(),
        frame: Some(2000),
    };
    let film = &find(
        "a dog jumps over a fence is:video",
        Shown::Matches,
        Order::Relevance,
    );
    for (shown, order) in [
        (Shown::Matches, Order::Relevance),
        (Shown::All, Order::Relevance),
        (Shown::Matches, Order::Date),
    ] {
        let hits = find(SUBJECT, shown, order);
        let (first, path) = of(&hits, "IMG_1");
        assert_eq!(path, "/p/IMG_1.HEIC");
        assert_eq!((first.matched, first.frame), (Some(moment.clone()), None));
        assert_eq!(first.folded, [b"/p/IMG_1.MOV".to_vec()]);
        // The score is the film's.
        assert_eq!(first.score, of(film, "IMG_1").0.score);
        // The photo that matches itself shows its own score.
        let (second, path) = of(&hits, "IMG_2");
        assert_eq!(path, "/p/IMG_2.HEIC");
        assert_eq!(second.matched, None);
    }
    // Who asks for films gets the film.
    let (hit, path) = of(film, "IMG_1");
    assert_eq!(path, "/p/IMG_1.MOV");
    assert_eq!((hit.matched, hit.frame), (None, Some(2000)));
    // Nothing was described, so that nothing matches better.
    let named = find("text:IMG", Shown::Matches, Order::Relevance);
    assert_eq!(named.len(), 2);
    assert!(named.iter().all(|hit| hit.matched.is_none()));
}
