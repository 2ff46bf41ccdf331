//! Every key, from the one table; in columns where there is room.

use crate::state::State;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Cells of a key and its words.
const WIDTH: u16 = 64;
const KEYS: usize = 12;

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
    let areas = Layout::horizontal(vec![Constraint::Fill(1); columns]).split(area);
    for (lines, area) in lines
        .chunks(lines.len().div_ceil(columns).max(1))
        .zip(areas.iter())
    {
        frame.render_widget(Paragraph::new(lines.to_vec()), *area);
    }
}
