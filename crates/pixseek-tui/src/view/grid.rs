//! Draws photos side by side. The time depends on the photos on screen, not on the number of hits.

use super::picture::{self, Alignment};
use super::{Pictures, draw_heading, facts_of, name_of, shortened, shown_rows};
use crate::state::State;
use crate::thumbnail::PictureRequest;
use ratatui::Frame;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use std::ops::Range;

/// The smallest cell of a photo for each zoom level: the picture, its name and a gap.
const LEAST_CELLS: [Size; 5] = [
    Size::new(17, 7),
    Size::new(24, 9),
    Size::new(36, 13),
    Size::new(56, 20),
    Size::new(90, 30),
];
pub const LARGEST_ZOOM: usize = LEAST_CELLS.len() - 1;

/// Returns the number of photos side by side, and of rows without headings that fit.
fn counts(state: &State, area: Rect) -> (u16, u16) {
    let least = LEAST_CELLS[state.zoom.min(LARGEST_ZOOM)];
    let columns = (area.width / least.width).max(1);
    (columns, (area.height / least.height).max(1))
}

pub fn columns_and_page(state: &State, area: Rect) -> (usize, usize) {
    let (columns, rows) = counts(state, area);
    (columns.into(), usize::from(columns) * usize::from(rows))
}

/// Returns the size of a photo's cell, which divides the area into equal parts.
pub fn cell_size(state: &State, area: Rect) -> Size {
    let (columns, rows) = counts(state, area);
    Size::new(area.width / columns, area.height / rows)
}

/// Returns the size of the picture in a cell.
fn picture_size(state: &State, area: Rect) -> Size {
    let cell = cell_size(state, area);
    Size::new(
        cell.width.saturating_sub(2).max(1),
        cell.height.saturating_sub(2).max(1),
    )
}

/// Returns the range of hits on screen.
fn on_screen(state: &State, area: Rect) -> Range<usize> {
    let rows = shown_rows(state, area, cell_size(state, area).height);
    let first = rows.first().map_or(0, |shown| shown.row.first);
    let end = rows
        .last()
        .map_or(0, |shown| shown.row.first + shown.row.count);
    first..end
}

/// Requests the picture under the cursor, then those on screen, then the pages after and before.
pub fn picture_requests(state: &State, area: Rect) -> Vec<PictureRequest> {
    let now = on_screen(state, area);
    let after = now.end..now.end + state.page;
    let before = now.start.saturating_sub(state.page)..now.start;
    let order = std::iter::once(state.selected)
        .chain(now)
        .chain(after)
        .chain(before);
    order.filter_map(|hit| request(state, area, hit)).collect()
}

/// Returns the hit whose cell contains a position; `None` on headings and beside the last column.
pub fn photo_at(state: &State, area: Rect, at: Position) -> Option<usize> {
    let cell = cell_size(state, area);
    let rows = shown_rows(state, area, cell.height);
    let shown = rows
        .iter()
        .find(|shown| (shown.y..shown.y + cell.height).contains(&at.y))?;
    let column = usize::from((at.x - area.x) / cell.width.max(1));
    (column < shown.row.count).then_some(shown.row.first + column)
}

fn request(state: &State, area: Rect, hit: usize) -> Option<PictureRequest> {
    let hit = state.hits.get(hit)?;
    Some(PictureRequest {
        path: hit.path.clone(),
        content: hit.record.content,
        frame: hit.frame,
        size: picture_size(state, area),
    })
}

pub fn draw(frame: &mut Frame, state: &State, area: Rect, pictures: Pictures) {
    let size = cell_size(state, area);
    for shown in shown_rows(state, area, size.height) {
        draw_heading(frame, state, area, &shown);
        for column in 0..shown.row.count {
            let cell = Rect {
                x: area.x + u16::try_from(column).unwrap_or(0) * size.width,
                y: shown.y,
                width: size.width.saturating_sub(1),
                height: size.height.saturating_sub(1),
            };
            let cell = cell.intersection(area);
            draw_photo(
                frame,
                state,
                (area, cell),
                shown.row.first + column,
                pictures,
            );
        }
    }
}

/// Draws a hit into its cell of the area: the picture, the name below it, and the cursor.
fn draw_photo(
    frame: &mut Frame,
    state: &State,
    (area, cell): (Rect, Rect),
    at: usize,
    pictures: Pictures,
) {
    let picture = pictures
        .zip(request(state, area, at))
        .and_then(|(get, request)| get(&request));
    let room = Rect {
        x: cell.x + 1,
        width: cell.width.saturating_sub(1),
        height: cell.height.saturating_sub(1),
        ..cell
    };
    picture::draw(frame, state, room, Alignment::Bottom, picture);
    let label = Rect {
        y: cell.bottom().saturating_sub(1),
        height: 1,
        ..cell
    };
    frame.render_widget(Paragraph::new(name_line(state, at, label.width)), label);
    if at == state.selected {
        for y in cell.top()..cell.bottom() {
            if let Some(cell) = frame.buffer_mut().cell_mut((cell.x, y)) {
                cell.set_symbol("\u{2588}").set_style(state.theme.cursor);
            }
        }
    }
}

/// Returns the labels beside a name, then as much of the name as fits.
fn name_line(state: &State, at: usize, width: u16) -> Line<'static> {
    let Some(hit) = state.hits.get(at) else {
        return Line::default();
    };
    let mut spans = vec![Span::raw(" ")];
    spans.extend(facts_of(state, hit, at));
    let taken: usize = spans.iter().map(Span::width).sum();
    let room = usize::from(width).saturating_sub(taken);
    let style = if at == state.selected {
        state.theme.selected
    } else {
        Style::new()
    };
    spans.push(Span::styled(shortened(&name_of(hit), room), style));
    Line::from(spans)
}
