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

pub(crate) const NAMES: [&str; 22] = [
    "after",
    "before",
    "on",
    "year",
    "month",
    "time",
    "camera",
    "lens",
    "iso",
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
const SPEED: &str = "as in iso:400, iso:100..800 or iso:>=1600";
const PIXELS: &str = "as in width:>4000, width:1920 or 1000..2000";

pub(crate) fn read(
    name: &str,
    name_span: Range<usize>,
    value: &str,
    span: Range<usize>,
    context: Context<'_>,
) -> Result<Value, QueryError> {
    let reader = FilterReader {
        name,
        span: name_span.end + 1..span.end,
        context,
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
            return Err(self.error("between commas stands a value", "as in ext:jpg,png"));
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
        Ok(Subject::Picture(value.into()))
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
