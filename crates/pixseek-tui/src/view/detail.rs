//! One photo, large, with its facts and why it was found.

use super::Pictures;
use super::picture::{self, Alignment};
use crate::state::State;
use crate::thumbnail::PictureRequest;
use pixseek_engine::{Hit, plain};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// From this width on, the facts stand beside the picture.
const WIDE: u16 = 110;
/// The width of the facts beside the picture.
const FACTS_WIDTH: u16 = 44;
/// The most lines of facts below the picture.
const FACTS_HEIGHT: u16 = 6;

/// Divides the screen into the room of the picture and that of the facts.
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

/// Requests the picture under the cursor, and those beside it for the next key.
pub fn picture_requests(state: &State, area: Rect) -> Vec<PictureRequest> {
    let (room, _) = split(area);
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
        size: Size::new(room.width.max(1), room.height.max(1)),
    }
}

pub fn draw(frame: &mut Frame, state: &State, area: Rect, pictures: Pictures) {
    let Some(hit) = state.current() else {
        return;
    };
    let (room, facts) = split(area);
    if let Some(get) = pictures {
        let picture = get(&request(hit, room));
        picture::draw(frame, state, room, Alignment::Middle, picture);
    }
    let lines: Vec<Line> = facts_of(hit)
        .into_iter()
        .map(|(name, value)| {
            Line::from(vec![
                Span::styled(format!("{name:<8}"), state.theme.accent),
                Span::raw(plain(&value).into_owned()),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), facts);
}

/// Names and values of the facts. The most important come first, because a low screen cuts off
/// the rest.
fn facts_of(hit: &Hit) -> Vec<(&'static str, String)> {
    let facts = &hit.record.facts;
    let mut lines = vec![("path", String::from_utf8_lossy(&hit.path).into_owned())];
    let mut why = Vec::new();
    why.extend(hit.score.map(|score| format!("{score:.0} of 100")));
    if let Some(cosine) = hit.cosine {
        why.push(format!("cosine {cosine:.3}"));
    }
    if let Some(coverage) = hit.coverage {
        why.push(format!("words {:.0} %", coverage * 100.0));
    }
    if !why.is_empty() {
        lines.push(("match", why.join(", ")));
    }
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
        .chain(facts.iso.map(|iso| format!("ISO {iso}")))
        .collect::<Vec<_>>();
    if !camera.is_empty() {
        lines.push(("camera", camera.join(", ")));
    }
    let notes = &facts.notes;
    lines.extend(notes.title.clone().map(|title| ("title", title)));
    if !notes.keywords.is_empty() {
        lines.push(("words", notes.keywords.join(", ")));
    }
    lines.extend(notes.rating.map(|stars| ("rating", stars.to_string())));
    lines.push(("size", format!("{} x {}", facts.width, facts.height)));
    if !hit.folded.is_empty() {
        lines.push(("like it", format!("{} more behind it", hit.folded.len())));
    }
    lines
}
