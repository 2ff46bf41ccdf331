//! `name:value` into a condition.

use super::amounts::{DAY, bytes, kilometres, minute, pixels};
use super::dates::{self, Days, Hemisphere};
use super::{QueryError, Subject};
use jiff::civil::DateTime;
use pixseek_index::{Condition, Fact, Filter, fold_text};
use pixseek_photos::{bytes_of, place_named};
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

/// What `name:value` is.
pub(super) enum Value {
    Filter(Filter),
    Model(String),
    Subject(Subject),
}

pub(super) const NAMES: [&str; 21] = [
    "after",
    "before",
    "on",
    "year",
    "month",
    "time",
    "camera",
    "lens",
    "in",
    "ext",
    "size",
    "width",
    "height",
    "orientation",
    "near",
    "rating",
    "has",
    "model",
    "like",
    "text",
    "tag",
];
const PIXELS: &str = "as in width:>4000, width:1920 or 1000..2000";
const MOST_STARS: u64 = 5;
const KILOMETRES: f64 = 10.0;
/// Half the way round the earth.
const FARTHEST: f64 = 20_038.0;
/// Nearer to the South Pole than the equator is: a quarter of the way round a sphere of 6,371 km.
const SOUTHERN: Condition = Condition::Near {
    latitude: -90.0,
    longitude: 0.0,
    kilometres: 10_007.5,
};
/// A thousand times width through height.
const SQUARE: RangeInclusive<u64> = 950..=1050;
const PANORAMA: u64 = 2000;

pub(super) fn read(
    name: &str,
    name_span: Range<usize>,
    value: &str,
    span: Range<usize>,
    now: DateTime,
) -> Result<Value, QueryError> {
    let reader = FilterReader {
        name,
        span: name_span.end + 1..span.end,
        now,
    };
    if !NAMES.contains(&name) {
        return Err(unknown(name, name_span));
    }
    if value.trim().is_empty() {
        let at = name_span.start..span.end;
        return Err(QueryError::new(at, format!("{name}: needs a value")));
    }
    match name {
        "model" => Ok(Value::Model(value.to_lowercase())),
        "text" => Ok(Value::Subject(Subject::Text(value.into()))),
        "like" => reader.picture(value).map(Value::Subject),
        "near" => reader.near(value).map(Value::Filter),
        _ => {
            let choices = value
                .split(',')
                .map(|choice| reader.choice(choice.trim()))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Value::Filter(match <[Filter; 1]>::try_from(choices) {
                Ok([only]) => only,
                Err(choices) => Filter::Any(choices),
            }))
        }
    }
}

struct FilterReader<'a> {
    name: &'a str,
    /// Of the value.
    span: Range<usize>,
    now: DateTime,
}

impl FilterReader<'_> {
    fn error(&self, message: &str, hint: &str) -> QueryError {
        QueryError::new(self.span.clone(), message).hint(hint)
    }

    /// One of the values between commas.
    fn choice(&self, value: &str) -> Result<Filter, QueryError> {
        if value.is_empty() {
            return Err(self.error("between commas stands a value", "as in ext:jpg,png"));
        }
        let lower = value.to_lowercase();
        let condition = match self.name {
            "after" | "before" | "on" => return self.taken(value),
            "year" => self.year(value)?,
            "month" => return self.month(value),
            "time" => return self.time(&lower),
            "camera" => Condition::Camera(lower),
            "lens" => Condition::Lens(lower),
            "in" => Condition::Folder(folder(value)),
            "ext" => Condition::Extension(lower.trim_start_matches('.').into()),
            "size" => Condition::Size(self.bounds(&lower, bytes, "as in size:>5mb or 1mb..5mb")?),
            "width" => Condition::Width(self.bounds(&lower, pixels, PIXELS)?),
            "height" => Condition::Height(self.bounds(&lower, pixels, PIXELS)?),
            "orientation" => Condition::Aspect(self.aspect(&lower)?),
            "rating" => Condition::Rating(self.rating(&lower)?),
            "tag" => Condition::Tag(lower),
            _ => Condition::Known(self.fact(&lower)?),
        };
        Ok(Filter::Is(condition))
    }

    /// A season is that of the place where a photo was taken.
    fn taken(&self, value: &str) -> Result<Filter, QueryError> {
        let days = |hemisphere| {
            dates::read(value, self.now.date(), hemisphere).ok_or_else(|| {
                self.error(
                    "this is no date",
                    "as in 2019, 2019-06, 2019-06-30, \"june 2019\", yesterday, \"last summer\", \"3 days ago\"",
                )
            })
        };
        let taken = |days: Days| {
            Filter::Is(Condition::Taken(match self.name {
                "after" => days.first_second()..=i64::MAX,
                "before" => i64::MIN..=days.first_second() - 1,
                _ => days.seconds(),
            }))
        };
        let (northern, southern) = (days(Hemisphere::Northern)?, days(Hemisphere::Southern)?);
        if northern == southern {
            return Ok(taken(northern));
        }
        let is_southern = Filter::Is(SOUTHERN);
        Ok(Filter::Any(vec![
            Filter::All(vec![
                taken(northern),
                Filter::Not(Box::new(is_southern.clone())),
            ]),
            Filter::All(vec![taken(southern), is_southern]),
        ]))
    }

    fn year(&self, value: &str) -> Result<Condition, QueryError> {
        let wrong = || self.error("this is no year", "as in year:2019 or year:2015..2018");
        let (from, to) = value.split_once("..").unwrap_or((value, value));
        let year = |text: &str| {
            let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
            is_year
                .then(|| text.parse().ok())
                .flatten()
                .and_then(Days::year)
        };
        let (first, last) = (year(from).ok_or_else(wrong)?, year(to).ok_or_else(wrong)?);
        if first.first_second() > last.first_second() {
            return Err(self.backwards(from, to));
        }
        Ok(Condition::Taken(
            first.first_second()..=*last.seconds().end(),
        ))
    }

    /// `month:11..2` goes on through the turn of the year.
    fn month(&self, value: &str) -> Result<Filter, QueryError> {
        let month = |text: &str| dates::month(text).map(u64::from);
        let (from, to) = value.split_once("..").unwrap_or((value, value));
        let (Some(from), Some(to)) = (month(from), month(to)) else {
            return Err(self.error(
                "this is no month",
                "as in month:june, month:6..8 or month:11..2",
            ));
        };
        Ok(round(from..=to, 1..=12, Condition::Month))
    }

    /// `time:22..2` goes on through midnight.
    fn time(&self, value: &str) -> Result<Filter, QueryError> {
        let hours = |from: u64, to: u64| (from * 60, to * 60);
        let (from, to) = match value {
            "morning" => hours(5, 12),
            "noon" => hours(11, 14),
            "afternoon" => hours(12, 17),
            "evening" => hours(17, 22),
            "night" => hours(21, 5),
            range => {
                let at = |text: &str| minute(text).ok_or_else(|| self.no_time(text));
                match range.split_once("..") {
                    Some((from, to)) => (at(from)?, at(to)?),
                    // One time is its hour.
                    None => (at(range)?, at(range)? + 60),
                }
            }
        };
        if from == to || (from, to) == (DAY, 0) {
            return Err(self.error(
                "this range is empty",
                "one time is its hour: time:14 is 14:00..15:00",
            ));
        }
        // The end is not part of the range: 14:00..16:30 ends with 16:29.
        let (first, last) = (from % DAY, (to + DAY - 1) % DAY);
        Ok(round(first..=last, 0..=DAY - 1, Condition::Minute))
    }

    fn no_time(&self, text: &str) -> QueryError {
        let has_half = text.ends_with("am") || text.ends_with("pm");
        self.error(
            "this is no time of the day",
            if has_half {
                "with am and pm hours go from 1 to 12: 12am is midnight, 12pm is noon"
            } else {
                "morning, noon, afternoon, evening, night, 2pm, or 14:00..16:30"
            },
        )
    }

    /// A range with its ends in the wrong order.
    fn backwards(&self, from: &str, to: &str) -> QueryError {
        let (name, from, to) = (self.name, from.trim(), to.trim());
        self.error(
            "this range runs backwards and holds nothing",
            &format!("did you mean {name}:{to}..{from}?"),
        )
    }

    /// Stars; those of a rejected photo are none.
    fn rating(&self, value: &str) -> Result<RangeInclusive<i64>, QueryError> {
        if value == "rejected" {
            return Ok(-1..=-1);
        }
        let stars = |text: &str| text.parse().ok().filter(|stars| *stars <= MOST_STARS);
        let hint = "as in rating:5, rating:>=4, rating:1..3 or rating:rejected";
        let range = self.bounds(value, stars, hint)?;
        let end = |stars: u64| i64::try_from(stars).unwrap_or(i64::MAX);
        Ok(end(*range.start())..=end(*range.end()))
    }

    /// `>5`, `<5`, `1..5` or a number.
    fn bounds(
        &self,
        value: &str,
        number: impl Fn(&str) -> Option<u64>,
        hint: &str,
    ) -> Result<RangeInclusive<u64>, QueryError> {
        let of =
            |text: &str| number(text.trim()).ok_or_else(|| self.error("this is no amount", hint));
        if let Some(rest) = value.strip_prefix(">=") {
            Ok(of(rest)?..=u64::MAX)
        } else if let Some(rest) = value.strip_prefix('>') {
            let first = of(rest)?
                .checked_add(1)
                .ok_or_else(|| self.error("nothing is larger than this", hint))?;
            Ok(first..=u64::MAX)
        } else if let Some(rest) = value.strip_prefix("<=") {
            Ok(0..=of(rest)?)
        } else if let Some(rest) = value.strip_prefix('<') {
            let end = of(rest)?;
            let last = end
                .checked_sub(1)
                .ok_or_else(|| self.error("nothing is smaller than 0", hint))?;
            Ok(0..=last)
        } else if let Some((from, to)) = value.split_once("..") {
            let range = of(from)?..=of(to)?;
            if range.is_empty() {
                return Err(self.backwards(from, to));
            }
            Ok(range)
        } else {
            let exactly = of(value)?;
            Ok(exactly..=exactly)
        }
    }

    fn aspect(&self, value: &str) -> Result<RangeInclusive<u64>, QueryError> {
        match value {
            "portrait" => Ok(0..=SQUARE.start() - 1),
            "square" => Ok(SQUARE),
            "landscape" => Ok(SQUARE.end() + 1..=u64::MAX),
            "panorama" => Ok(PANORAMA..=u64::MAX),
            _ => Err(self.error(
                "this is no orientation",
                "portrait, landscape, square or panorama",
            )),
        }
    }

    fn fact(&self, value: &str) -> Result<Fact, QueryError> {
        match value {
            "gps" | "place" => Ok(Fact::Place),
            "date" => Ok(Fact::Date),
            "camera" => Ok(Fact::Camera),
            "lens" => Ok(Fact::Lens),
            "rating" => Ok(Fact::Rating),
            _ => Err(self.error(
                "has: does not know this",
                "has:gps, date, camera, lens or rating",
            )),
        }
    }

    fn picture(&self, value: &str) -> Result<Subject, QueryError> {
        if value.contains("://") {
            return Err(self.error(
                "a picture on the network cannot be compared",
                "pixseek never uses the network: save it, then like:FILE",
            ));
        }
        let home = value.strip_prefix("~/").and_then(|rest| {
            let home = std::env::home_dir()?;
            Some(home.join(rest))
        });
        Ok(Subject::Picture(home.unwrap_or_else(|| value.into())))
    }

    /// `45.44,12.33,30km`, or the name of a city and a distance.
    fn near(&self, value: &str) -> Result<Filter, QueryError> {
        let hint = "as in near:45.44,12.33,30km or near:venice,30km";
        let parts: Vec<&str> = value.split(',').map(str::trim).collect();
        let degrees = |text: &str, most: f64| {
            let value: f64 = text.parse().ok()?;
            (value.abs() <= most).then_some(value)
        };
        let (place, rest) = match parts.as_slice() {
            [latitude, longitude, rest @ ..] if degrees(latitude, f64::MAX).is_some() => {
                let place = degrees(latitude, 90.0).zip(degrees(longitude, 180.0));
                let wrong = "a latitude is from -90 to 90, a longitude from -180 to 180";
                (place.ok_or_else(|| self.error(wrong, hint))?, rest)
            }
            [name, rest @ ..] => {
                let place = place_named(name, fold_text);
                let wrong = "this place is not known";
                (place.ok_or_else(|| self.error(wrong, hint))?, rest)
            }
            [] => return Err(self.error("this is no place", hint)),
        };
        let kilometres = match rest {
            [] => Some(KILOMETRES),
            [distance] => kilometres(&distance.to_lowercase()),
            _ => None,
        };
        let kilometres = kilometres
            .filter(|kilometres| (0.0..=FARTHEST).contains(kilometres))
            .ok_or_else(|| self.error("this is no distance", "as in 30km, 500m or 20mi"))?;
        Ok(Filter::Is(Condition::Near {
            latitude: place.0,
            longitude: place.1,
            kilometres,
        }))
    }
}

/// From the start of a path when it begins like one, else a piece of it. Ends with a slash.
fn folder(value: &str) -> String {
    let is_path = Path::new(value).is_absolute() || value.starts_with("./") || value == ".";
    let text = if is_path {
        let path = PathBuf::from(value);
        let path = path.canonicalize().unwrap_or(path);
        String::from_utf8_lossy(&bytes_of(&path)).into_owned()
    } else {
        format!("/{}", value.trim_matches('/'))
    };
    format!("{}/", text.trim_end_matches('/').to_lowercase())
}

/// A range on a round: one that runs backwards goes on from the last to the first.
fn round(
    range: RangeInclusive<u64>,
    all: RangeInclusive<u64>,
    condition: fn(RangeInclusive<u64>) -> Condition,
) -> Filter {
    if range.is_empty() {
        Filter::Any(vec![
            Filter::Is(condition(*range.start()..=*all.end())),
            Filter::Is(condition(*all.start()..=*range.end())),
        ])
    } else {
        Filter::Is(condition(range))
    }
}

fn unknown(name: &str, span: Range<usize>) -> QueryError {
    let error = QueryError::new(span, format!("no filter is called {name}:"));
    let nearest = NAMES
        .iter()
        .map(|known| (strsim::levenshtein(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    match nearest {
        Some((_, known)) => error.hint(format!("did you mean {known}:?")),
        None => error.hint(format!(
            "filters: {}; for the word itself put \\ in front of the colon",
            NAMES.join(" ")
        )),
    }
}
