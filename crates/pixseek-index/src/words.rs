//! Texts as words: `~/Italy2019/IMG_2043.jpg` is found by "italy", "2019", "img" and "2043".

/// Words of one text and of a query must be folded alike, so both come through here: split at
/// everything that is not a letter or digit, between letters and digits, and where a capital
/// follows a small letter; lower case; without accents; an English plural or possessive as its
/// singular. What a capital splits is a word as a whole too: `FinePix` is found by "finepix".
/// One space between.
#[must_use]
pub fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut word = String::new();
    // Letters since the last digit or mark, if a capital has split them.
    let mut whole = String::new();
    let mut last: Option<char> = None;
    for (at, c) in text.char_indices() {
        if last.is_some_and(char::is_alphabetic) && is_possessive(&text[at..]) {
            continue;
        }
        let is_split = last.is_some_and(|last| last.is_lowercase() && c.is_uppercase());
        let ends =
            last.is_some_and(|last| last.is_numeric() != c.is_numeric()) || !c.is_alphanumeric();
        if is_split {
            whole.push_str(&word);
        }
        if ends && !whole.is_empty() {
            whole.push_str(&word);
        }
        if is_split || ends {
            finish(&mut words, &mut word);
        }
        if ends {
            finish(&mut words, &mut whole);
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase().map(without_accent));
        }
        last = c.is_alphanumeric().then_some(c);
    }
    if !whole.is_empty() {
        whole.push_str(&word);
    }
    finish(&mut words, &mut word);
    finish(&mut words, &mut whole);
    words
}

/// Whether this begins with the apostrophe of a possessive s, which is as a plural's.
fn is_possessive(text: &str) -> bool {
    text.strip_prefix(['\'', '\u{2019}'])
        .and_then(|rest| rest.strip_prefix(['s', 'S']))
        .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

fn finish(words: &mut String, word: &mut String) {
    if word.is_empty() {
        return;
    }
    if !words.is_empty() {
        words.push(' ');
    }
    words.push_str(singular(word));
    word.clear();
}

/// `dogs` as `dog`; `glass`, `gps` and `bus` stay. Names that end in s lose it too, in texts
/// and queries alike.
fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'u', 'i']) => stem,
        _ => word,
    }
}

/// Letters of western Europe.
fn without_accent(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// From 1 January 1970, a Thursday.
const WEEKDAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

/// `2019-12-25T...` as "2019 December 25 Wednesday winter christmas".
pub(crate) fn date_words(iso: &str) -> String {
    let number = |range| {
        iso.get(range)
            .and_then(|text: &str| text.parse::<i64>().ok())
    };
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return String::new();
    };
    let Some(name) = usize::try_from(month - 1)
        .ok()
        .and_then(|at| MONTHS.get(at))
    else {
        return String::new();
    };
    let weekday = days_since_1970(year, month, day).rem_euclid(7);
    let weekday = usize::try_from(weekday).map_or("", |at| WEEKDAYS[at]);
    let season = match month {
        3..=5 => "spring",
        6..=8 => "summer",
        9..=11 => "autumn fall",
        _ => "winter",
    };
    let holiday = match (month, day) {
        (12, 24..=26) => " christmas xmas",
        (12, 31) | (1, 1) => " new year",
        (10, 31) => " halloween",
        (2, 14) => " valentine",
        _ => "",
    };
    format!("{year} {name} {day} {weekday} {season}{holiday}")
}

/// Howard Hinnant's `days_from_civil`.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{date_words, words};

    #[test]
    fn texts_become_words() {
        for (text, expected) in [
            (
                "/home/me/Italy2019/IMG_2043.jpg",
                "home me italy 2019 img 2043 jpg",
            ),
            ("sunsetByTheSea.JPG", "sunset by the sea sunsetbythesea jpg"),
            ("FinePix6900ZOOM", "fine pix finepix 6900 zoom"),
            ("Größe/Ärger.png", "große arger png"),
            ("写真/犬1.jpg", "写真 犬 1 jpg"),
            ("two dogs, glass bus gps", "two dog glass bus gps"),
            ("Grandma's dog's, 'so' l'Aquila", "grandma dog so l aquila"),
            ("", ""),
            ("///", ""),
        ] {
            assert_eq!(words(text), expected);
        }
    }

    #[test]
    fn dates_become_words() {
        for (iso, expected) in [
            (
                "2019-12-25T10:00:00",
                "2019 December 25 Wednesday winter christmas xmas",
            ),
            ("2008-05-30T15:56:01+02:00", "2008 May 30 Friday spring"),
            ("1965-03-01T00:00:00", "1965 March 1 Monday spring"),
            ("nonsense", ""),
        ] {
            assert_eq!(date_words(iso), expected);
        }
    }
}
