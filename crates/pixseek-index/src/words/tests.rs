use super::{date_words, fold_text, search_terms, words};
use unicode_normalization::UnicodeNormalization;

#[test]
fn texts_become_words() {
    for (text, expected) in [
        (
            "/home/me/Italy2019/IMG_2043.jpg",
            "home me italy 2019 img 2043 jpg",
        ),
        ("sunsetByTheSea.JPG", "sunset by the sea sunsetbythesea jpg"),
        ("FinePix6900ZOOM", "fine pix finepix 6900 zoom"),
        ("Größe/Ärger.png", "grosse arger png"),
        ("two dogs, glass bus gps", "two dog glass bus gps"),
        ("Grandma's dog's, 'so' l'Aquila", "grandma dog so l aquila"),
        ("", ""),
        ("///", ""),
    ] {
        assert_eq!(words(text), expected);
    }
}

/// The languages of the names are: German, Polish, Czech, Turkish, Vietnamese, Danish, Greek,
/// Ukrainian, Russian, Hebrew, Arabic, Hindi.
#[test]
fn names_are_found_without_their_accents() {
    for (text, expected) in [
        ("Müller", "muller"),
        ("Łódź", "lodz"),
        ("Antonín Dvořák", "antonin dvorak"),
        ("İSTANBUL Iğdır Diyarbakır", "istanbul igdir diyarbakir"),
        ("Đà Nẵng", "da nang"),
        ("Ærø Sæby", "aero saeby"),
        ("Αθήνα ΑΘΗΝΑ Νάξος ΝΑΞΟΣ", "αθηνα αθηνα ναξοσ ναξοσ"),
        ("Київ Чайка", "киів чаика"),
        ("Алёна", "алена"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("हिन्दी", "हिन्दी"),
        ("ＩＭＧ２０４３ ﬁsh", "img 2043 fish"),
        ("co\u{ad}operation", "cooperation"),
    ] {
        assert_eq!(words(text), expected);
        assert_eq!(
            fold_text(expected),
            expected,
            "folding twice is folding once"
        );
    }
}

/// macOS writes names decomposed (NFD), everybody else composed (NFC).
#[test]
fn decomposed_names_are_the_same_words() {
    for text in [
        "Müller",
        "Łódź",
        "İzmir",
        "Νάξος",
        "Чайка",
        "がっこう",
        "제주도",
        "น้ำตก",
        "हिन्दी",
    ] {
        let (composed, decomposed): (String, String) = (text.nfc().collect(), text.nfd().collect());
        assert_eq!(words(&composed), words(&decomposed), "{text}");
        assert_eq!(search_terms(&composed), search_terms(&decomposed), "{text}");
        assert_eq!(fold_text(&composed), fold_text(&decomposed), "{text}");
    }
}

#[test]
fn scripts_without_spaces_are_found_by_parts() {
    let check = |text: &str, in_index: &str, asked: &[&str]| {
        assert_eq!(words(text), in_index);
        assert_eq!(search_terms(text), asked, "{text}");
    };
    check(
        "写真/犬1.jpg",
        "写 真 犬 1 jpg",
        &["写 真", "犬", "1", "jpg"],
    );
    check("東京都庁", "東 京 都 庁", &["東 京", "京 都", "都 庁"]);
    check("がっこう", "が っ こ う", &["が っ", "っ こ", "こ う"]);
    check("ｶﾞｰﾃﾞﾝ", "ガ ー デ ン", &["ガ ー", "ー デ", "デ ン"]);
    check(
        "제주도 여행",
        "제 주 도 여 행",
        &["제 주", "주 도", "여 행"],
    );
    check(
        "น้ำตก",
        "น\u{e49}\u{e4d} า ต ก",
        &["น\u{e49}\u{e4d} า", "า ต", "ต ก"],
    );
    check(
        "2019年IMG夏",
        "2019 年 img 夏",
        &["2019", "年", "img", "夏"],
    );
    check("two dogs", "two dog", &["two", "dog"]);
    check("夏・海", "夏 海", &["夏", "海"]);
    check("", "", &[]);
}

#[test]
fn dates_become_words() {
    for (iso, latitude, expected) in [
        (
            "2019-12-25T10:00:00",
            None,
            "2019 December 25 Wednesday winter christmas xmas",
        ),
        (
            "2008-05-30T15:56:01+02:00",
            Some(45.4),
            "2008 May 30 Friday spring",
        ),
        ("1965-03-01T00:00:00", None, "1965 March 1 Monday spring"),
        (
            "2019-12-31",
            None,
            "2019 December 31 Tuesday winter new year",
        ),
        (
            "2020-01-01",
            None,
            "2020 January 1 Wednesday winter new year",
        ),
        (
            "2020-02-14",
            None,
            "2020 February 14 Friday winter valentine",
        ),
        ("2020-02-29", None, "2020 February 29 Saturday winter"),
        ("2000-03-01", None, "2000 March 1 Wednesday spring"),
        ("1900-01-01", None, "1900 January 1 Monday winter new year"),
        (
            "2019-10-31",
            Some(0.0),
            "2019 October 31 Thursday autumn fall halloween",
        ),
        ("2019-13-01", None, ""),
        ("nonsense", None, ""),
    ] {
        assert_eq!(date_words(iso, latitude), expected);
    }
}

/// Sydney lies at 33.9 degrees south.
#[test]
fn seasons_are_those_of_the_hemisphere() {
    let names = ["winter", "spring", "summer", "autumn"];
    for month in 1..=12 {
        let season = |latitude| {
            let words = date_words(&format!("2019-{month:02}-15T10:00:00"), latitude);
            let found = names.iter().position(|name| words.contains(name));
            found.unwrap()
        };
        let northern = month % 12 / 3;
        assert_eq!(season(None), northern);
        assert_eq!(season(Some(51.5)), northern);
        assert_eq!(season(Some(-33.9)), (northern + 2) % 4);
    }
}
