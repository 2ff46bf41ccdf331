//! One photo a line, for small terminals and those without pictures.

use super::{ACCENT, WEAK, facts_of};
use crate::state::State;
use pixseek_engine::{path_of, plain};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Room for scores and signs.
const FACTS: usize = 8;

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    let page = usize::from(area.height).max(1);
    let first = state.selected / page * page;
    let lines = state
        .hits
        .iter()
        .enumerate()
        .skip(first)
        .take(page)
        .map(|(at, hit)| {
            let path = path_of(&hit.path);
            let name = path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy();
            let folder = path
                .parent()
                .map(|folder| folder.to_string_lossy().into_owned());
            let day = hit
                .record
                .facts
                .taken
                .as_deref()
                .and_then(|iso| iso.get(..10));
            let style = if at == state.selected {
                Style::new().add_modifier(Modifier::REVERSED)
            } else {
                Style::new()
            };
            let facts = facts_of(hit, state.is_marked(hit));
            Line::from(vec![
                Span::styled(format!("{facts:<FACTS$}"), ACCENT),
                Span::styled(plain(&name).into_owned(), style),
                Span::styled(format!("  {}", plain(day.unwrap_or(""))), WEAK),
                Span::styled(format!("  {}", plain(&folder.unwrap_or_default())), WEAK),
            ])
        });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}
