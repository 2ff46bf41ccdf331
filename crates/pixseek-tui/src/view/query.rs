//! The box, and the line under it.

use super::{Places, Target};
use crate::state::{Mode, State};
use pixseek_engine::plain;
use ratatui::Frame;
use ratatui::layout::Position;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

const PROMPT: &str = "> ";

/// Characters of the query that are left of the box.
fn scroll(state: &State, places: &Places) -> usize {
    let width = usize::from(places.query.width).saturating_sub(PROMPT.len() + 1);
    state.input.visual_scroll(width)
}

/// The column of a place in the query, in cells.
fn column(state: &State, places: &Places, place: usize) -> u16 {
    let at = PROMPT.len() + place.saturating_sub(scroll(state, places));
    let last = places.query.width.saturating_sub(1);
    u16::try_from(at).unwrap_or(u16::MAX).min(last)
}

/// The character of the query that stands in a column of the screen.
pub fn character(state: &State, places: &Places, x: u16) -> usize {
    let column = usize::from(x - places.query.x).saturating_sub(PROMPT.len());
    let cell = scroll(state, places) + column;
    let mut width = 0;
    for (at, c) in state.input.value().chars().enumerate() {
        width += Line::from(c.to_string()).width();
        if width > cell {
            return at;
        }
    }
    state.input.value().chars().count()
}

pub fn draw(frame: &mut Frame, state: &State, places: &Places) {
    let theme = &state.theme;
    let text = if state.mode == Mode::Type {
        theme.strong
    } else {
        Style::new()
    };
    let mut spans = vec![Span::styled(PROMPT, theme.accent)];
    let scroll = scroll(state, places);
    for (at, c) in state.input.value().char_indices().skip(scroll) {
        let is_filter = state.filters.iter().any(|filter| filter.contains(&at));
        let style = if is_filter { theme.accent } else { text };
        spans.push(Span::styled(plain(&c.to_string()).into_owned(), style));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), places.query);
    if state.mode == Mode::Type {
        let x = places.query.x + column(state, places, state.input.visual_cursor());
        frame.set_cursor_position(Position::new(x, places.query.y));
    }
    let under: Vec<Span> = under(state, places)
        .into_iter()
        .map(|(span, _)| span)
        .collect();
    frame.render_widget(Paragraph::new(Line::from(under)), places.under);
}

/// What the line under the box has in a column.
pub fn under_target(state: &State, x: u16) -> Option<Target> {
    if is_wrong(state) {
        return None;
    }
    let mut end = 0;
    for (span, target) in offers(state) {
        end += span.width();
        if usize::from(x) < end {
            return target;
        }
    }
    None
}

/// Whether a mistake is shown; while a word can be completed, it is only half typed.
fn is_wrong(state: &State) -> bool {
    state.mistake.is_some() && (state.completions.is_empty() || state.mode != Mode::Type)
}

fn under<'a>(state: &State, places: &Places) -> Vec<(Span<'a>, Option<Target>)> {
    let Some(mistake) = state.mistake.as_ref().filter(|_| is_wrong(state)) else {
        return offers(state);
    };
    let value = state.input.value();
    let before = value.get(..mistake.span.start).unwrap_or(value);
    let indent = " ".repeat(usize::from(column(
        state,
        places,
        Line::from(before).width(),
    )));
    let message = format!("{indent}^ {}", plain(&mistake.message));
    vec![(Span::styled(message, state.theme.wrong), None)]
}

/// Ways to complete the word, else the filters that can be taken out.
fn offers<'a>(state: &State) -> Vec<(Span<'a>, Option<Target>)> {
    let theme = &state.theme;
    if state.mode == Mode::Type && !state.completions.is_empty() {
        let words = state
            .completions
            .iter()
            .enumerate()
            .map(|(at, completion)| {
                let text = format!(" {} ", plain(completion.text.trim_end()));
                let style = if at == 0 { theme.selected } else { theme.weak };
                (Span::styled(text, style), Some(Target::Completion(at)))
            });
        return std::iter::once((Span::raw(" "), None))
            .chain(words)
            .collect();
    }
    let filters = state.filters.iter().enumerate().filter_map(|(at, span)| {
        let text = format!(" {} \u{d7} ", plain(state.input.value().get(span.clone())?));
        let chip = Span::styled(text, theme.accent);
        Some([(chip, Some(Target::Filter(at))), (Span::raw(" "), None)])
    });
    std::iter::once((Span::raw(" "), None))
        .chain(filters.flatten())
        .collect()
}
