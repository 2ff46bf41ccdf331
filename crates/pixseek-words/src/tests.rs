use crate::{fold_text, search_terms, words};
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
