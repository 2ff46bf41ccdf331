//! Draws the list of earlier queries, the latest at the top.

use crate::state::State;
use pixseek_engine::plain;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Returns the first query on screen: the list turns by whole pages.
pub fn first_query(state: &State, area: Rect) -> usize {
    let page = usize::from(area.height).max(1);
    state.history_selected / page * page
}

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    let queries = state.matching_history();
    if queries.is_empty() {
        let text = "no earlier query has these words";
        frame.render_widget(Paragraph::new(text).style(state.theme.weak), area);
        return;
    }
    let first = first_query(state, area);
    let page = queries.iter().enumerate().skip(first);
    let lines = page.take(area.height.into()).map(|(at, query)| {
        let style = if at == state.history_selected {
            state.theme.selected
        } else {
            Style::new()
        };
        Line::from(Span::styled(format!("  {}  ", plain(query)), style))
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}
