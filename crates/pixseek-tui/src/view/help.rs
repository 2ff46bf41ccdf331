//! The page of keys, from the one table, in as many columns as fit.

use crate::state::State;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// The width of a column.
const COLUMN: u16 = 52;
/// The width of the keys in a column.
const KEYS: usize = 10;

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    let rows = state.keymap.rows().filter(|(_, keys, _)| !keys.is_empty());
    let lines: Vec<Line> = rows
        .map(|(_, keys, help)| {
            Line::from(vec![
                Span::styled(format!("  {:<KEYS$} ", keys.join(" ")), state.theme.accent),
                Span::raw(help),
            ])
        })
        .collect();
    let height = usize::from(area.height).max(1);
    let most = usize::from(area.width / COLUMN).max(1);
    let columns = lines.len().div_ceil(height).clamp(1, most);
    let length = lines.len().div_ceil(columns).max(1);
    let top = state.help_first_line.min(length.saturating_sub(height));
    let areas = Layout::horizontal(vec![Constraint::Fill(1); columns]).split(area);
    for (lines, area) in lines.chunks(length).zip(areas.iter()) {
        let lines: Vec<Line> = lines.iter().skip(top).take(height).cloned().collect();
        frame.render_widget(Paragraph::new(lines), *area);
    }
}
