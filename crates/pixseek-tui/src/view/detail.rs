//! Draws one photo large, with its facts and the reason why the query found it.

use super::picture::{self, Alignment};
use super::{Pictures, file_name, with_time};
use crate::state::State;
use crate::thumbnail::PictureRequest;
use pixseek_engine::{Hit, PhotoFacts, clock, plain, rounded_score};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// The least width at which the facts stand beside the picture.
const WIDE: u16 = 110;
/// The width of the facts beside the picture.
const FACTS_WIDTH: u16 = 44;
/// The most lines of facts below the picture.
const FACTS_HEIGHT: u16 = 8;

/// The lines of facts below the picture beside a list.
const PREVIEW_FACTS: u16 = 5;

/// Divides the area into one for the picture and one for the facts.
fn split(area: Rect) -> (Rect, Rect) {
    let parts = if area.width >= WIDE {
        Layout::horizontal([Constraint::Min(0), Constraint::Length(FACTS_WIDTH)])
    } else {
        Layout::vertical([
            Constraint::Min(0),
            Constraint::Length((area.height / 3).min(FACTS_HEIGHT)),
        ])
    };
    let [picture, facts] = parts.spacing(1).areas(area);
    (picture, facts)
}

/// Requests the picture under the cursor, and its neighbours for the next key.
pub fn picture_requests(state: &State, area: Rect) -> Vec<PictureRequest> {
    requests_in(state, split(area).0)
}

/// Requests the picture beside a list, and its neighbours for the next key.
pub fn requests_below(state: &State, area: Rect) -> Vec<PictureRequest> {
    requests_in(state, split_below(area).0)
}

fn requests_in(state: &State, room: Rect) -> Vec<PictureRequest> {
    let near = [
        state.selected,
        state.selected + 1,
        state.selected.wrapping_sub(1),
    ];
    let hits = near.into_iter().filter_map(|hit| state.hits.get(hit));
    hits.map(|hit| request(hit, room)).collect()
}

fn request(hit: &Hit, room: Rect) -> PictureRequest {
    PictureRequest {
        path: hit.path.clone(),
        content: hit.record.content,
        frame: hit.frame,
        size: Size::new(room.width.max(1), room.height.max(1)),
    }
}

/// Draws the photo under the cursor large, with its facts.
pub fn draw(frame: &mut Frame, state: &State, area: Rect, pictures: Pictures) {
    draw_in(frame, state, split(area), pictures);
}

/// Draws the photo under the cursor beside a list, with its first facts.
pub fn draw_below(frame: &mut Frame, state: &State, area: Rect, pictures: Pictures) {
    draw_in(frame, state, split_below(area), pictures);
}

fn split_below(area: Rect) -> (Rect, Rect) {
    let facts = Constraint::Length(PREVIEW_FACTS.min(area.height / 3));
    let parts = Layout::vertical([Constraint::Min(0), facts]);
    let [picture, facts] = parts.spacing(1).areas(area);
    (picture, facts)
}

fn draw_in(frame: &mut Frame, state: &State, (room, facts): (Rect, Rect), pictures: Pictures) {
    let Some(hit) = state.current() else {
        return;
    };
    if let Some(get) = pictures {
        let picture = get(&request(hit, room));
        picture::draw(frame, state, room, Alignment::Middle, picture);
    }
    // The path has no label, because a long path would wrap to the line below it.
    let path = String::from_utf8_lossy(&hit.path);
    let mut lines = vec![Line::styled(plain(&path).into_owned(), state.theme.strong)];
    lines.extend(facts_of(state, hit).into_iter().map(|(name, value)| {
        Line::from(vec![
            Span::styled(format!("{name:<8}"), state.theme.accent),
            Span::raw(plain(&value).into_owned()),
        ])
    }));
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), facts);
}

/// Returns the names and values of all known facts, the most important first, because a low screen
/// cuts off the rest.
fn facts_of(state: &State, hit: &Hit) -> Vec<(&'static str, String)> {
    let facts = &hit.record.facts;
    let mut lines = Vec::new();
    lines.extend(why(hit).map(|why| ("match", why)));
    if let Some(taken) = &facts.taken {
        lines.push(("taken", taken.replace('T', " ")));
    }
    if let Some((latitude, longitude)) = facts.place {
        let name = &facts.place_words;
        lines.push(("place", format!("{name} ({latitude:.3}, {longitude:.3})")));
    }
    let camera = facts
        .camera
        .iter()
        .chain(&facts.lens)
        .cloned()
        .chain(exposure_texts(facts))
        .collect::<Vec<_>>();
    if !camera.is_empty() {
        lines.push(("camera", camera.join(", ")));
    }
    if let Some(film) = &facts.film {
        let length = film.duration().map(clock);
        let at = hit
            .frame
            .map(|time| format!("shown at {}", clock(time.into())));
        let parts: Vec<String> = length.into_iter().chain(at).collect();
        if !parts.is_empty() {
            lines.push(("film", parts.join(", ")));
        }
    } else if facts.has_motion {
        lines.push(("motion", "a short film belongs to it".into()));
    }
    let bytes = bytes_text(hit.record.bytes);
    let pixels = match (facts.width, facts.height) {
        (0, _) | (_, 0) => String::new(),
        (width, height) => format!("{width} x {height}, "),
    };
    lines.push(("size", pixels + &bytes));
    let details = state.details.as_ref();
    let details = details.filter(|details| details.path == hit.path);
    let changed = details.and_then(|details| details.changed.clone());
    lines.extend(changed.map(|changed| ("file", format!("changed {changed}"))));
    let notes = &facts.notes;
    lines.extend(notes.title.clone().map(|title| ("title", title)));
    lines.extend(notes.rating.map(|stars| ("rating", rating_text(stars))));
    let labels = details.map(|details| details.labels.join(", "));
    lines.extend(
        labels
            .filter(|labels| !labels.is_empty())
            .map(|labels| ("tags", labels)),
    );
    if !notes.keywords.is_empty() {
        lines.push(("words", notes.keywords.join(", ")));
    }
    lines.extend(notes.caption.clone().map(|caption| ("caption", caption)));
    if hit.record.offline {
        lines.push(("offline", "its drive is not here".to_owned()));
    }
    for path in &hit.folded {
        lines.push(("copy", String::from_utf8_lossy(path).into_owned()));
    }
    lines
}

/// Explains why the query found a photo: by its picture, by its words, or by a file behind it.
fn why(hit: &Hit) -> Option<String> {
    let score = hit.score.map(|score| rounded_score(score, 1));
    let score = score.map(|score| format!("{score:.0} of 100"));
    let picture = hit.cosine.map(|cosine| format!("picture {cosine:.3}"));
    let words = hit
        .coverage
        .map(|share| format!("words {:.0} %", share * 100.0));
    let matched = hit.matched.as_ref();
    let matched = matched.map(|matched| with_time(file_name(&matched.path), matched.frame));
    let parts = score.into_iter().chain(matched).chain(picture).chain(words);
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(" \u{b7} "))
}

/// Focal length, aperture, shutter and ISO speed, as cameras show them.
fn exposure_texts(facts: &PhotoFacts) -> impl Iterator<Item = String> {
    let exposure = facts.exposure;
    let focal_length = exposure
        .focal_length
        .map(|length| format!("{length:.0} mm"));
    let aperture = exposure.f_number.map(|number| format!("f/{number:.1}"));
    let shutter = exposure.seconds.map(|seconds| {
        if seconds < 0.4 {
            format!("1/{:.0} s", 1.0 / seconds)
        } else {
            format!("{} s", (seconds * 10.0).round() / 10.0)
        }
    });
    let iso = facts.iso.map(|iso| format!("ISO {iso}"));
    [focal_length, aperture, shutter, iso].into_iter().flatten()
}

fn rating_text(stars: i8) -> String {
    match usize::try_from(stars) {
        Ok(stars) => "*".repeat(stars),
        Err(_) => "rejected".into(),
    }
}

/// Formats a file size, as in `5.2 MB`.
#[expect(
    clippy::cast_precision_loss,
    reason = "a size is printed with one decimal"
)]
fn bytes_text(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
