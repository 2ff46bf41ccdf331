//! One photo a line, for small terminals and for those that draw no pictures.

use super::{facts_of, name_of, shortened};
use crate::state::State;
use pixseek_engine::{Hit, path_of, plain};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// The width of marks and scores, so that names begin below each other.
const FACTS: usize = 8;

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    let page = state.hits.iter().enumerate().skip(state.first_row);
    let page: Vec<(usize, &Hit)> = page.take(area.height.into()).collect();
    let names = page.iter().map(|(_, hit)| name_of(hit).chars().count());
    let names = names.max().unwrap_or(0).min(usize::from(area.width / 2));
    let lines = page
        .into_iter()
        .map(|(at, hit)| line(state, hit, names, at == state.selected));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

/// Draws a hit. `names` is the width of the column of names, as wide as the longest of them.
fn line<'a>(state: &State, hit: &Hit, names: usize, is_current: bool) -> Line<'a> {
    let name = shortened(&name_of(hit), names);
    let path = path_of(&hit.path);
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
    let gap = 2 + names.saturating_sub(name.chars().count());
    let rest = format!("{day:<12}{}", folder.unwrap_or_default());
    spans.push(Span::raw(" ".repeat(room)));
    spans.push(Span::styled(name, style));
    spans.push(Span::raw(" ".repeat(gap)));
    spans.push(Span::styled(plain(&rest).into_owned(), state.theme.weak));
    Line::from(spans)
}
