//! Photos side by side. Only what is on screen is looked at, however many there are.

use super::{ACCENT, Pictures, STRONG, WEAK, facts_of, name_of};
use crate::state::State;
use crate::thumbnail::Wanted;
use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use ratatui_image::Image;

/// A photo's room: the picture, its name and a gap.
const CELL: Size = Size {
    width: 24,
    height: 9,
};
const PICTURE: Size = Size {
    width: CELL.width - 2,
    height: CELL.height - 2,
};

pub fn columns_and_page(area: Rect) -> (usize, usize) {
    let columns = usize::from(area.width / CELL.width).max(1);
    let rows = usize::from(area.height / CELL.height).max(1);
    (columns, columns * rows)
}

/// The first hit on screen: the cursor's page.
fn first(state: &State, area: Rect) -> usize {
    let (_, page) = columns_and_page(area);
    state.selected / page * page
}

pub fn wanted(state: &State, area: Rect) -> Vec<Wanted> {
    let (_, page) = columns_and_page(area);
    let first = first(state, area);
    let on_screen = first..first + page;
    let after = first + page..first + 2 * page;
    let before = first.saturating_sub(page)..first;
    let order = std::iter::once(state.selected)
        .chain(on_screen)
        .chain(after)
        .chain(before);
    order.filter_map(|at| picture(state, at)).collect()
}

fn picture(state: &State, at: usize) -> Option<Wanted> {
    let hit = state.hits.get(at)?;
    Some(Wanted {
        path: hit.path.clone(),
        content: hit.record.content,
        size: PICTURE,
    })
}

pub fn draw(frame: &mut Frame, state: &State, area: Rect, pictures: Pictures) {
    let (columns, page) = columns_and_page(area);
    let first = first(state, area);
    let on_screen = first..state.hits.len().min(first + page);
    for (place, at) in on_screen.enumerate() {
        let (column, row) = (place % columns, place / columns);
        let offset = |count: usize, size: u16| u16::try_from(count).unwrap_or(0) * size;
        let cell = Rect {
            x: area.x + offset(column, CELL.width),
            y: area.y + offset(row, CELL.height),
            width: CELL.width - 1,
            height: CELL.height - 1,
        };
        let is_current = at == state.selected;
        let cell = cell.intersection(area);
        let made = pictures
            .zip(picture(state, at))
            .and_then(|(get, wanted)| get(&wanted));
        let room = Rect {
            x: cell.x + 1,
            width: cell.width.saturating_sub(1),
            height: cell.height.saturating_sub(1),
            ..cell
        };
        match made {
            Some(Ok(protocol)) => {
                let size = protocol.size();
                let centred = Rect {
                    x: room.x + room.width.saturating_sub(size.width) / 2,
                    y: room.y + room.height.saturating_sub(size.height),
                    width: size.width.min(room.width),
                    height: size.height.min(room.height),
                };
                frame.render_widget(Image::new(&protocol), centred);
            }
            Some(Err(why)) => {
                frame.render_widget(Paragraph::new(why).style(WEAK), room);
            }
            None => frame.render_widget(Paragraph::new("\u{b7}").style(WEAK).centered(), room),
        }
        let label = Rect {
            y: cell.bottom().saturating_sub(1),
            height: 1,
            ..cell
        };
        frame.render_widget(Paragraph::new(name_line(state, at, label.width)), label);
        if is_current {
            for y in cell.top()..cell.bottom() {
                if let Some(cell) = frame.buffer_mut().cell_mut((cell.x, y)) {
                    cell.set_symbol("\u{258c}").set_style(ACCENT);
                }
            }
        }
    }
}

/// The score, then as much of the name as there is room for.
fn name_line(state: &State, at: usize, width: u16) -> Line<'static> {
    let Some(hit) = state.hits.get(at) else {
        return Line::default();
    };
    let facts = facts_of(hit, state.is_marked(hit));
    let room = usize::from(width).saturating_sub(facts.len() + 2);
    let name: String = name_of(hit).chars().take(room).collect();
    let style = if at == state.selected {
        STRONG
    } else {
        Style::new()
    };
    Line::from(vec![
        Span::styled(format!(" {facts} "), ACCENT),
        Span::styled(name, style),
    ])
}
