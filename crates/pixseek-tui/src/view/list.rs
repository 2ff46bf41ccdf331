//! Draws one photo per line. On a wide screen, the photo under the cursor stands beside the list.

use super::{Pictures, detail, draw_heading, facts_of, name_of, shortened, shown_rows};
use crate::state::State;
use crate::thumbnail::PictureRequest;
use pixseek_engine::{Hit, path_of, plain};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// The width of marks and scores. It is fixed, so that names align.
const FACTS: usize = 8;

/// The least width at which the photo under the cursor stands beside the list.
const WIDE: u16 = 76;

/// The least width of a line that has the date of its photo.
const DATED: u16 = 60;

/// Returns the area of the list, and that of the photo beside it, if there is one.
pub fn split(state: &State, area: Rect) -> (Rect, Option<Rect>) {
    if !state.has_pictures || area.width < WIDE || area.height < 6 {
        return (area, None);
    }
    let width = area.width * 11 / 20;
    let list = Rect { width, ..area };
    let preview = Rect {
        x: area.x + width + 1,
        width: area.width - width - 1,
        ..area
    };
    (list, Some(preview))
}

pub fn draw(frame: &mut Frame, state: &State, area: Rect, pictures: Pictures) {
    let (area, preview) = split(state, area);
    if let Some(preview) = preview {
        detail::draw_below(frame, state, preview, pictures);
    }
    let rows = shown_rows(state, area, 1);
    let hits = rows.iter().map(|shown| shown.row.first);
    let names = hits.filter_map(|at| state.hits.get(at));
    let names = names.map(|hit| name_of(hit).chars().count());
    // A narrow line needs room for the folder, which tells copies apart.
    let share = if area.width < DATED { 5 } else { 4 };
    let names = names
        .max()
        .unwrap_or(0)
        .min(usize::from(area.width) * 2 / share);
    for shown in &rows {
        draw_heading(frame, state, area, shown);
        let Some(hit) = state.hits.get(shown.row.first) else {
            continue;
        };
        let line = line(state, hit, shown.row.first, (names, area.width.into()));
        let place = Rect {
            y: shown.y,
            height: 1,
            ..area
        };
        frame.render_widget(Paragraph::new(line), place.intersection(area));
    }
}

/// Returns the hit in a line of the screen; `None` on headings and beside the list.
pub fn photo_at(state: &State, area: Rect, at: Position) -> Option<usize> {
    let (area, _) = split(state, area);
    let rows = shown_rows(state, area, 1);
    let shown = rows.iter().find(|shown| shown.y == at.y)?;
    area.contains(at).then_some(shown.row.first)
}

/// Requests the picture beside the list, and those for the next key.
pub fn picture_requests(state: &State, area: Rect) -> Vec<PictureRequest> {
    let preview = split(state, area).1;
    preview.map_or_else(Vec::new, |room| detail::requests_below(state, room))
}

/// Draws a hit. `names` is the width of the column of names, as wide as the longest of them, and
/// `width` that of the line. A folder that is too long keeps its end, which tells more than its
/// beginning.
fn line<'a>(state: &State, hit: &Hit, at: usize, (names, width): (usize, usize)) -> Line<'a> {
    let name = shortened(&name_of(hit), names);
    let path = path_of(&hit.path);
    let folder = path.parent().map(|folder| folder.to_string_lossy());
    let taken = hit.record.facts.taken.as_deref();
    let day = taken.and_then(|iso| iso.get(..10)).unwrap_or("");
    let style = if at == state.selected {
        state.theme.selected
    } else {
        Style::new()
    };
    let mut spans = facts_of(state, hit, at);
    let room = FACTS.saturating_sub(spans.iter().map(Span::width).sum());
    let gap = 2 + names.saturating_sub(name.chars().count());
    spans.push(Span::raw(" ".repeat(room)));
    spans.push(Span::styled(name, style));
    spans.push(Span::raw(" ".repeat(gap)));
    if width >= usize::from(DATED) {
        spans.push(Span::raw(format!("{day:<12}")));
    }
    let room = width.saturating_sub(spans.iter().map(Span::width).sum());
    let folder = plain(&folder.unwrap_or_default()).into_owned();
    spans.push(Span::styled(end_of(&folder, room), state.theme.weak));
    Line::from(spans)
}

/// Returns the end of a folder that is too long, from a slash on if the end has one.
fn end_of(folder: &str, room: usize) -> String {
    let count = folder.chars().count();
    if count <= room {
        return folder.to_owned();
    }
    let end: String = folder.chars().skip(count + 1 - room.max(1)).collect();
    let end = end.find('/').map_or(&*end, |at| &end[at..]);
    if room == 0 {
        String::new()
    } else {
        format!("\u{2026}{end}")
    }
}
