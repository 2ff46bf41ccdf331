//! Photos side by side. Drawing takes the time of what is on screen, however many hits there are.

use super::picture::{self, Alignment};
use super::{Pictures, facts_of, name_of, shortened};
use crate::state::State;
use crate::thumbnail::PictureRequest;
use ratatui::Frame;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use std::ops::Range;

/// The least cell of a photo: the picture, its name and a gap.
const LEAST_CELL: Size = Size {
    width: 24,
    height: 9,
};

pub fn columns_and_page(area: Rect) -> (usize, usize) {
    let columns = (area.width / LEAST_CELL.width).max(1);
    let rows = (area.height / LEAST_CELL.height).max(1);
    (columns.into(), usize::from(columns) * usize::from(rows))
}

/// The size of a photo's cell: the area in equal parts.
fn cell_size(area: Rect) -> Size {
    let columns = (area.width / LEAST_CELL.width).max(1);
    let rows = (area.height / LEAST_CELL.height).max(1);
    Size::new(area.width / columns, area.height / rows)
}

/// The size of the picture in a cell.
fn picture_size(area: Rect) -> Size {
    let cell = cell_size(area);
    Size::new(
        cell.width.saturating_sub(2).max(1),
        cell.height.saturating_sub(2).max(1),
    )
}

/// The hits on screen. The last page may have fewer.
fn on_screen(state: &State) -> Range<usize> {
    let first = state.first_row * state.columns;
    first..first + state.page
}

/// Requests the picture under the cursor, then those on screen, then the next and the last page.
pub fn picture_requests(state: &State, area: Rect) -> Vec<PictureRequest> {
    let now = on_screen(state);
    let after = now.end..now.end + state.page;
    let before = now.start.saturating_sub(state.page)..now.start;
    let order = std::iter::once(state.selected)
        .chain(now)
        .chain(after)
        .chain(before);
    order.filter_map(|hit| request(state, area, hit)).collect()
}

/// The hit whose cell contains a position; `None` beside the last column.
pub fn photo_at(state: &State, area: Rect, at: Position) -> Option<usize> {
    let cell = cell_size(area);
    let column = usize::from((at.x - area.x) / cell.width.max(1));
    let row = usize::from((at.y - area.y) / cell.height.max(1));
    (column < state.columns).then_some((state.first_row + row) * state.columns + column)
}

fn request(state: &State, area: Rect, hit: usize) -> Option<PictureRequest> {
    let hit = state.hits.get(hit)?;
    Some(PictureRequest {
        path: hit.path.clone(),
        content: hit.record.content,
        size: picture_size(area),
    })
}

pub fn draw(frame: &mut Frame, state: &State, area: Rect, pictures: Pictures) {
    let size = cell_size(area);
    let shown = on_screen(state);
    let shown = shown.start..shown.end.min(state.hits.len());
    for (place, at) in shown.enumerate() {
        let (column, row) = (place % state.columns, place / state.columns);
        let offset = |count: usize, size: u16| u16::try_from(count).unwrap_or(0) * size;
        let cell = Rect {
            x: area.x + offset(column, size.width),
            y: area.y + offset(row, size.height),
            width: size.width.saturating_sub(1),
            height: size.height.saturating_sub(1),
        };
        let is_current = at == state.selected;
        let cell = cell.intersection(area);
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
        if is_current {
            for y in cell.top()..cell.bottom() {
                if let Some(cell) = frame.buffer_mut().cell_mut((cell.x, y)) {
                    cell.set_symbol("\u{258c}").set_style(state.theme.accent);
                }
            }
        }
    }
}

/// What stands beside the name, then as much of the name as there is room for.
fn name_line(state: &State, at: usize, width: u16) -> Line<'static> {
    let Some(hit) = state.hits.get(at) else {
        return Line::default();
    };
    let mut spans = vec![Span::raw(" ")];
    spans.extend(facts_of(state, hit));
    let taken: usize = spans.iter().map(Span::width).sum();
    let room = usize::from(width).saturating_sub(taken);
    let style = if at == state.selected {
        state.theme.strong
    } else {
        Style::new()
    };
    spans.push(Span::styled(shortened(&name_of(hit), room), style));
    Line::from(spans)
}
