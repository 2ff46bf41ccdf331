//! One photo, large, with what is known of it and why it was found.

use super::Pictures;
use super::picture::{self, Upright};
use crate::state::State;
use crate::thumbnail::Wanted;
use pixseek_engine::{Found, place_words, plain};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect, Size};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// Most lines of facts under the picture; beside it where the screen is wide.
const UNDER: u16 = 6;
const BESIDE: u16 = 44;
const WIDE: u16 = 110;

fn split(area: Rect) -> (Rect, Rect) {
    let parts = if area.width >= WIDE {
        Layout::horizontal([Constraint::Min(0), Constraint::Length(BESIDE)])
    } else {
        Layout::vertical([
            Constraint::Min(0),
            Constraint::Length((area.height / 3).min(UNDER)),
        ])
    };
    let [picture, facts] = parts.spacing(1).areas(area);
    (picture, facts)
}

pub fn wanted(state: &State, area: Rect) -> Vec<Wanted> {
    let (room, _) = split(area);
    let at = |at: usize| {
        let hit = state.hits.get(at)?;
        Some(large(hit, room))
    };
    let near = [
        state.selected,
        state.selected + 1,
        state.selected.wrapping_sub(1),
    ];
    near.into_iter().filter_map(at).collect()
}

fn large(hit: &Found, room: Rect) -> Wanted {
    Wanted {
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
        let made = get(&large(hit, room));
        picture::draw(frame, state, room, Upright::Middle, made);
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

/// The most important first: a low screen cuts off the rest.
fn facts_of(hit: &Found) -> Vec<(&'static str, String)> {
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
        let name = place_words(latitude, longitude);
        lines.push(("place", format!("{name} ({latitude:.3}, {longitude:.3})")));
    }
    let camera = facts
        .camera
        .iter()
        .chain(&facts.lens)
        .cloned()
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
