//! Earlier queries, the latest at the top.

use crate::state::State;
use pixseek_engine::plain;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// The first query on screen.
pub fn first(state: &State, area: Rect) -> usize {
    let page = usize::from(area.height).max(1);
    state.earlier / page * page
}

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    let queries = state.earlier_queries();
    if queries.is_empty() {
        let words = "no earlier query has these words";
        frame.render_widget(Paragraph::new(words).style(state.theme.weak), area);
        return;
    }
    let first = first(state, area);
    let page = queries.iter().enumerate().skip(first);
    let lines = page.take(area.height.into()).map(|(at, query)| {
        let style = if at == state.earlier {
            state.theme.selected
        } else {
            Style::new()
        };
        Line::from(Span::styled(format!("  {}  ", plain(query)), style))
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}
