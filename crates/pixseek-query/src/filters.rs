//! Reads `name:value` as a filter, a model or a subject.

mod bounds;
mod places;
mod times;

use crate::amounts::{bytes, pixels};
use crate::{Condition, Context, Fact, Filter, QueryError, Subject};
use places::folder;
use std::ops::Range;

/// The meaning of `name:value`.
pub(crate) enum Value {
    Filter(Filter),
    Model(String),
    Subject(Subject),
}

/// Every filter, with a value as an example.
pub(crate) const FILTERS: [(&str, &str); 24] = [
    ("after", "2019-06"),
    ("before", "2019"),
    ("on", "yesterday"),
    ("year", "2015..2018"),
    ("month", "june"),
    ("time", "evening"),
    ("camera", "x100"),
    ("lens", "50mm"),
    ("iso", ">=1600"),
    ("in", "italy"),
    ("ext", "jpg,png"),
    ("size", ">5mb"),
    ("width", ">4000"),
    ("height", "<1000"),
    ("orientation", "portrait"),
    ("near", "venice,30km"),
    ("rating", ">=4"),
    ("has", "gps"),
    ("is", "video"),
    ("duration", ">1m"),
    ("model", "pocket"),
    ("like", "photo.jpg"),
    ("text", "\"IMG 2043\""),
    ("tag", "dog"),
];
/// Other names that people use for a filter, each with the filter's name.
const SYNONYMS: [(&str, &str); 8] = [
    ("date", "on"),
    ("taken", "on"),
    ("folder", "in"),
    ("dir", "in"),
    ("path", "in"),
    ("type", "ext"),
    ("label", "tag"),
    ("length", "duration"),
];
const SPEED: &str = "as in iso:400, iso:100..800, iso:800.. or iso:>=1600";
const PIXELS: &str = "as in width:>4000, width:1920 or 1000..2000";

pub(crate) fn read(
    name: &str,
    name_span: Range<usize>,
    value: &str,
    span: Range<usize>,
    context: Context<'_>,
) -> Result<Value, QueryError> {
    let Some((name, example)) = named(name) else {
        return Err(unknown(name, name_span));
    };
    let reader = FilterReader {
        name,
        span: name_span.end + 1..span.end,
        context,
    };
    if value.trim().is_empty() {
        let at = name_span.start..span.end;
        return Err(QueryError::new(at, format!("{name}: needs a value"))
            .hint(format!("as in {name}:{example}")));
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
    /// The position of the value.
    span: Range<usize>,
    context: Context<'a>,
}

impl FilterReader<'_> {
    fn error(&self, message: &str, hint: &str) -> QueryError {
        QueryError::new(self.span.clone(), message).hint(hint)
    }

    /// Reads one of the values between commas.
    fn choice(&self, value: &str) -> Result<Filter, QueryError> {
        if value.is_empty() {
            return Err(self.error("a value is missing between commas", "as in ext:jpg,png"));
        }
        let lower = value.to_lowercase();
        let condition = match self.name {
            "after" | "before" | "on" => return self.taken(value),
            "year" => self.year(value)?,
            "month" => return self.month(value),
            "time" => return self.time(&lower),
            "in" => return Ok(Filter::In(folder(value))),
            "camera" => Condition::Camera(lower),
            "lens" => Condition::Lens(lower),
            "iso" => Condition::Iso(self.bounds(&lower, |text| text.parse().ok(), SPEED)?),
            "ext" => Condition::Extension(lower.trim_start_matches('.').into()),
            "size" => Condition::Size(self.bounds(&lower, bytes, "as in size:>5mb or 1mb..5mb")?),
            "width" => Condition::Width(self.bounds(&lower, pixels, PIXELS)?),
            "height" => Condition::Height(self.bounds(&lower, pixels, PIXELS)?),
            "orientation" => Condition::Aspect(self.aspect(&lower)?),
            "rating" => Condition::Rating(self.rating(&lower)?),
            "tag" => Condition::Tag(lower),
            "duration" => Condition::Duration(self.duration(&lower)?),
            "is" => return self.kind(&lower),
            _ if lower == "motion" => Condition::Motion,
            _ => Condition::Known(self.fact(&lower)?),
        };
        Ok(Filter::Is(condition))
    }

    fn fact(&self, value: &str) -> Result<Fact, QueryError> {
        match value {
            "gps" | "place" => Ok(Fact::Place),
            "date" => Ok(Fact::Date),
            "camera" => Ok(Fact::Camera),
            "lens" => Ok(Fact::Lens),
            "rating" => Ok(Fact::Rating),
            _ => Err(self.error(
                "unknown value for has:",
                "has:gps, date, camera, lens, rating or motion",
            )),
        }
    }

    fn kind(&self, value: &str) -> Result<Filter, QueryError> {
        let film = Filter::Is(Condition::Film);
        match value {
            "video" | "film" => Ok(film),
            "photo" => Ok(Filter::Not(Box::new(film))),
            _ => Err(self.error("unknown value for is:", "is:video or is:photo")),
        }
    }

    fn picture(&self, value: &str) -> Result<Subject, QueryError> {
        if value.contains("://") {
            return Err(self.error(
                "a picture on the network cannot be compared",
                "pixseek never uses the network: save it, then like:FILE",
            ));
        }
        Ok(Subject::Picture(value.into()))
    }
}

/// The filter of a name or of a synonym, with its example.
pub(crate) fn named(name: &str) -> Option<(&'static str, &'static str)> {
    let synonym = SYNONYMS.iter().find(|(synonym, _)| *synonym == name);
    let name = synonym.map_or(name, |(_, name)| name);
    FILTERS.iter().find(|(known, _)| *known == name).copied()
}

/// The filter that a name is a misspelling of. Short names are near too many words to tell.
pub(crate) fn misspelled(name: &str) -> Option<&'static str> {
    let most = |known: &str| match known.len() {
        0..5 => 0,
        5 => 1,
        _ => 2,
    };
    let near = FILTERS.iter().map(|(known, _)| {
        let edits = strsim::osa_distance(name, known);
        (edits, *known)
    });
    let nearest = near.filter(|(edits, known)| (1..=most(known)).contains(edits));
    nearest.min().map(|(_, known)| known)
}

fn unknown(name: &str, span: Range<usize>) -> QueryError {
    let error = QueryError::new(span, format!("unknown filter {name}"));
    match misspelled(name) {
        Some(known) => error.hint(format!(
            "did you mean {known}:? \\: is a colon as it is, as in {name}\\:"
        )),
        None => error,
    }
}
