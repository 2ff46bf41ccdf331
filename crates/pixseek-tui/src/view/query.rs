//! Draws the query and the line of offers below it: the query's mistake, its completions or its
//! filters.

use super::{Places, Target, cut, file_name, shortened};
use crate::error::mistake_text;
use crate::state::{Direction, Mode, State};
use pixseek_engine::{QueryError, plain};
use ratatui::Frame;
use ratatui::layout::Position;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

const PROMPT: &str = "> ";

/// Returns the number of characters of a long query that are scrolled out to the left.
fn scroll(state: &State, places: &Places) -> usize {
    let width = usize::from(places.query.width).saturating_sub(PROMPT.len() + 1);
    state.query.visual_scroll(width)
}

/// Returns the screen column of a cell of the query.
fn column(state: &State, places: &Places, cell: usize) -> u16 {
    let at = PROMPT.len() + cell.saturating_sub(scroll(state, places));
    let last = places.query.width.saturating_sub(1);
    u16::try_from(at).unwrap_or(u16::MAX).min(last)
}

/// Returns the character of the query at column `x`.
pub fn character(state: &State, places: &Places, x: u16) -> usize {
    let column = usize::from(x - places.query.x).saturating_sub(PROMPT.len());
    let cell = scroll(state, places) + column;
    let mut width = 0;
    for (at, c) in state.query.value().chars().enumerate() {
        width += Line::from(c.to_string()).width();
        if width > cell {
            return at;
        }
    }
    state.query.value().chars().count()
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
    for (at, c) in state.query.value().char_indices().skip(scroll) {
        let is_filter = state.filters.iter().any(|filter| filter.contains(&at));
        let style = if is_filter { theme.accent } else { text };
        spans.push(Span::styled(plain(&c.to_string()).into_owned(), style));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), places.query);
    if state.mode == Mode::Type {
        let x = places.query.x + column(state, places, state.query.visual_cursor());
        frame.set_cursor_position(Position::new(x, places.query.y));
    }
    let line = match shown_mistake(state) {
        Some(mistake) => Line::from(mistake_line(state, places, mistake)),
        None => offers(state).into_iter().map(|(span, _)| span).collect(),
    };
    let is_cut = line.width() > usize::from(places.offers.width) && !places.offers.is_empty();
    frame.render_widget(Paragraph::new(line), places.offers);
    let last = (places.offers.right().saturating_sub(1), places.offers.y);
    if let Some(cell) = frame.buffer_mut().cell_mut(last).filter(|_| is_cut) {
        cell.set_symbol("\u{2026}").set_style(theme.weak);
    }
}

/// Returns the completion, filter or refinement drawn at column `x`.
pub fn offer_at(state: &State, x: u16) -> Option<Target> {
    if shown_mistake(state).is_some() {
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

/// Returns the mistake of the query, unless the word at the cursor has completions: then the word
/// is only half typed, and the line shows the completions instead.
fn shown_mistake(state: &State) -> Option<&QueryError> {
    let is_half_typed = state.mode == Mode::Type && !state.completions.is_empty();
    state.mistake.as_ref().filter(|_| !is_half_typed)
}

/// Draws the mistake, with a mark below its position in the query.
fn mistake_line(state: &State, places: &Places, mistake: &QueryError) -> Span<'static> {
    let value = state.query.value();
    let before = value.get(..mistake.span.start).unwrap_or(value);
    let indent = " ".repeat(usize::from(column(
        state,
        places,
        Line::from(before).width(),
    )));
    let text = format!("{indent}^ {}", plain(&mistake_text(mistake)));
    Span::styled(text, state.theme.wrong)
}

/// Returns the completions of the current word, or else the filters, each with its mouse target.
fn offers<'a>(state: &State) -> Vec<(Span<'a>, Option<Target>)> {
    let theme = &state.theme;
    let ways = state
        .cycle
        .as_ref()
        .map_or(&state.completions, |cycle| &cycle.ways);
    if state.mode == Mode::Type && !ways.is_empty() {
        let taken = state.cycle.as_ref().map(|cycle| cycle.taken);
        let next = taken.or(state.is_offered.then_some(0));
        let words = ways.iter().enumerate().map(|(at, completion)| {
            let text = format!(" {} ", plain(completion.text.trim_end()));
            let style = if Some(at) == next {
                theme.selected
            } else {
                theme.weak
            };
            (Span::styled(text, style), Some(Target::Completion(at)))
        });
        return std::iter::once((Span::raw(" "), None))
            .chain(words)
            .collect();
    }
    let filters = state.filters.iter().enumerate().filter_map(|(at, span)| {
        let filter = plain(state.query.value().get(span.clone())?).into_owned();
        let text = format!(" {} \u{d7} ", cut(&filter, 40));
        let chip = Span::styled(text, theme.accent);
        Some([(chip, Some(Target::Filter(at))), (Span::raw(" "), None)])
    });
    let refinements = state
        .refinements
        .iter()
        .enumerate()
        .flat_map(|(at, refinement)| {
            let sign = match refinement.direction {
                Direction::More => '+',
                Direction::Less => '-',
            };
            let text = format!(
                " {sign} {} \u{d7} ",
                shortened(&file_name(&refinement.path), 30)
            );
            let chip = Span::styled(text, theme.accent);
            [(chip, Some(Target::Refinement(at))), (Span::raw(" "), None)]
        });
    std::iter::once((Span::raw(" "), None))
        .chain(filters.flatten())
        .chain(refinements)
        .collect()
}
