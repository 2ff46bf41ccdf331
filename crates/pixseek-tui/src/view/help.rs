//! Every key, from the one table; in columns where there is room.

use crate::state::State;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Cells of a key and its words.
const WIDTH: u16 = 52;
const KEYS: usize = 10;

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    let rows = state.keymap.rows().filter(|(_, keys, _)| !keys.is_empty());
    let lines: Vec<Line> = rows
        .map(|(_, keys, words)| {
            Line::from(vec![
                Span::styled(format!("  {:<KEYS$} ", keys.join(" ")), state.theme.accent),
                Span::raw(words),
            ])
        })
        .collect();
    let height = usize::from(area.height).max(1);
    let most = usize::from(area.width / WIDTH).max(1);
    let columns = lines.len().div_ceil(height).clamp(1, most);
    let length = lines.len().div_ceil(columns).max(1);
    let top = state.help_top.min(length.saturating_sub(height));
    let areas = Layout::horizontal(vec![Constraint::Fill(1); columns]).split(area);
    for (lines, area) in lines.chunks(length).zip(areas.iter()) {
        let lines: Vec<Line> = lines.iter().skip(top).take(height).cloned().collect();
        frame.render_widget(Paragraph::new(lines), *area);
    }
}
