//! Draws the table of keys by group, in columns and pages.

use crate::keymap::Group;
use crate::state::State;
use crate::view;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// The least width of a column.
const COLUMN: u16 = 38;
/// The width of the keys in a column.
const KEYS: usize = 10;

/// The layout of the help: columns side by side on pages.
#[derive(Debug, Clone, Copy)]
struct Sheet {
    columns: usize,
    height: usize,
}

impl Sheet {
    fn of(area: Rect) -> Self {
        Self {
            columns: usize::from(area.width / COLUMN).max(1),
            height: usize::from(area.height).max(1),
        }
    }
}

/// Returns the number of pages that the help has on this screen.
pub fn pages(state: &State) -> usize {
    let area = view::places(state, Rect::from((Position::ORIGIN, state.screen))).photos;
    let sheet = Sheet::of(area);
    let count = columns(state, sheet.height).len();
    count.div_ceil(sheet.columns).max(1)
}

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    let sheet = Sheet::of(area);
    let columns = columns(state, sheet.height);
    let last = columns.len().div_ceil(sheet.columns).saturating_sub(1);
    let first = state.help_page.min(last) * sheet.columns;
    let width = area.width / u16::try_from(sheet.columns).unwrap_or(1);
    for (x, column) in columns
        .into_iter()
        .skip(first)
        .take(sheet.columns)
        .enumerate()
    {
        let place = Rect {
            x: area.x + u16::try_from(x).unwrap_or(0) * width,
            width,
            ..area
        };
        frame.render_widget(Paragraph::new(column), place);
    }
}

/// Divides the lines into columns of a height. Keeps headings off the foot of a column.
fn columns<'a>(state: &State, height: usize) -> Vec<Vec<Line<'a>>> {
    let mut columns = vec![Vec::new()];
    for (group, heading) in Group::ALL {
        let rows: Vec<Line> = state
            .keymap
            .group(group)
            .into_iter()
            .map(|(keys, help)| {
                let keys = format!("  {:<KEYS$}", keys.join(" "));
                Line::from(vec![
                    Span::styled(keys, state.theme.accent),
                    Span::raw(help),
                ])
            })
            .collect();
        let is_empty = |columns: &[Vec<Line>]| columns.last().is_none_or(Vec::is_empty);
        let room =
            |columns: &[Vec<Line>]| height.saturating_sub(columns.last().map_or(0, Vec::len));
        if !is_empty(&columns) && room(&columns) < 4 {
            columns.push(Vec::new());
        }
        let mut lines = vec![Line::from(Span::styled(heading, state.theme.strong))];
        if !is_empty(&columns) {
            lines.insert(0, Line::default());
        }
        lines.extend(rows);
        for line in lines {
            if room(&columns) == 0 {
                columns.push(Vec::new());
            }
            if let Some(column) = columns.last_mut() {
                column.push(line);
            }
        }
    }
    columns
}
