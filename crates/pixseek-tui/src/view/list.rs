//! One photo a line, for small terminals and those without pictures.

use super::facts_of;
use crate::state::State;
use pixseek_engine::{Found, path_of, plain};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Room for scores and signs.
const FACTS: usize = 8;

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    let page = state.hits.iter().enumerate().skip(state.top);
    let lines = page
        .take(area.height.into())
        .map(|(at, hit)| line(state, hit, at == state.selected));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

fn line<'a>(state: &State, hit: &Found, is_current: bool) -> Line<'a> {
    let path = path_of(&hit.path);
    let name = path.file_name().unwrap_or(path.as_os_str());
    let folder = path.parent().map(|folder| folder.to_string_lossy());
    let taken = hit.record.facts.taken.as_deref();
    let day = taken.and_then(|iso| iso.get(..10)).unwrap_or("");
    let style = if is_current {
        state.theme.selected
    } else {
        Style::new()
    };
    let mut spans = facts_of(state, hit);
    let room = FACTS.saturating_sub(spans.iter().map(Span::width).sum());
    let weak = |text: &str| Span::styled(format!("  {}", plain(text)), state.theme.weak);
    spans.push(Span::raw(" ".repeat(room)));
    spans.push(Span::styled(
        plain(&name.to_string_lossy()).into_owned(),
        style,
    ));
    spans.push(weak(day));
    spans.push(weak(&folder.unwrap_or_default()));
    Line::from(spans)
}
