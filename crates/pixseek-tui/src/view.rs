//! A state as a screen. Nothing is decided here.

mod detail;
mod grid;
mod help;
mod list;

use crate::state::{Layout, Mode, State};
use crate::thumbnail::{Picture, Wanted};
use pixseek_engine::{Found, path_of, plain};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout as Split, Position, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Where pictures come from; `None` where the terminal has none.
pub type Pictures<'a> = Option<&'a dyn Fn(&Wanted) -> Option<Picture>>;

/// Smaller terminals show a list.
const LEAST_GRID: (u16, u16) = (40, 14);

pub const ACCENT: Style = Style::new().fg(Color::Cyan);
pub const WEAK: Style = Style::new().add_modifier(Modifier::DIM);
pub const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
pub const WRONG: Style = Style::new().fg(Color::Red);

/// What is laid out on a screen of some size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub query: Rect,
    /// Under the box: what is wrong in it.
    pub mistake: Rect,
    pub photos: Rect,
    pub status: Rect,
    pub is_grid: bool,
}

/// Where things go.
pub fn places(state: &State, screen: Rect, has_pictures: bool) -> Places {
    let rows = [
        Constraint::Length(1),
        Constraint::Length(u16::from(state.mistake.is_some())),
        Constraint::Min(0),
        Constraint::Length(1),
    ];
    let [query, mistake, photos, status] = Split::vertical(rows).areas(screen);
    let is_large = screen.width >= LEAST_GRID.0 && screen.height >= LEAST_GRID.1;
    Places {
        query,
        mistake,
        photos,
        status,
        is_grid: has_pictures && is_large && state.layout == Layout::Grid,
    }
}

/// Photos side by side, and in a page.
pub fn columns_and_page(places: &Places) -> (usize, usize) {
    if places.is_grid {
        grid::columns_and_page(places.photos)
    } else {
        (1, usize::from(places.photos.height).max(1))
    }
}

/// The pictures that this screen shows, the one under the cursor first, then those to come.
pub fn wanted(state: &State, places: &Places) -> Vec<Wanted> {
    match state.mode {
        Mode::Help => Vec::new(),
        Mode::Detail => detail::wanted(state, places.photos),
        _ if places.is_grid => grid::wanted(state, places.photos),
        _ => Vec::new(),
    }
}

/// Draws everything.
pub fn draw(frame: &mut Frame, state: &State, pictures: Pictures) {
    let places = places(state, frame.area(), pictures.is_some());
    query(frame, state, &places);
    match state.mode {
        Mode::Help => help::draw(frame, places.photos),
        Mode::Detail => detail::draw(frame, state, places.photos, pictures),
        _ if state.hits.is_empty() => nothing(frame, state, places.photos),
        _ if places.is_grid => grid::draw(frame, state, places.photos, pictures),
        _ => list::draw(frame, state, places.photos),
    }
    status(frame, state, places.status);
}

fn query(frame: &mut Frame, state: &State, places: &Places) {
    let prompt = "> ";
    let width = usize::from(places.query.width).saturating_sub(prompt.len() + 1);
    let scroll = state.input.visual_scroll(width);
    let text: String = plain(state.input.value()).chars().skip(scroll).collect();
    let style = if state.mode == Mode::Type {
        STRONG
    } else {
        WEAK
    };
    let line = Line::from(vec![
        Span::styled(prompt, ACCENT),
        Span::styled(text, style),
    ]);
    frame.render_widget(Paragraph::new(line), places.query);
    let column = |cursor: usize| {
        let at = prompt.len() + cursor.saturating_sub(scroll);
        u16::try_from(at)
            .unwrap_or(u16::MAX)
            .min(places.query.width.saturating_sub(1))
    };
    if state.mode == Mode::Type {
        let x = places.query.x + column(state.input.visual_cursor());
        frame.set_cursor_position(Position::new(x, places.query.y));
    }
    if let Some(mistake) = &state.mistake {
        let value = state.input.value();
        let before = value.get(..mistake.span.start).unwrap_or(value);
        let indent = " ".repeat(usize::from(column(Line::from(before).width())));
        let message = format!("{indent}^ {}", plain(&mistake.message));
        frame.render_widget(Paragraph::new(message).style(WRONG), places.mistake);
    }
}

fn nothing(frame: &mut Frame, state: &State, area: Rect) {
    let words = match (state.photos, state.best_below) {
        (None, _) if state.is_busy() => "opening the index ...".to_owned(),
        (Some(0), _) => "the index holds no photos; add some with `pixseek index DIR`".into(),
        (_, Some(best)) => {
            format!("no good match: the best scores {best:.0} of 100; a shows weak matches too")
        }
        _ if state.is_busy() => String::new(),
        _ => "no photo is found".into(),
    };
    frame.render_widget(Paragraph::new(words).style(WEAK), area);
}

fn status(frame: &mut Frame, state: &State, area: Rect) {
    let mut parts = Vec::new();
    if let Some(message) = &state.message {
        parts.push(plain(message).into_owned());
    } else {
        if state.hits.is_empty() {
            parts.push("0".to_owned());
        } else {
            let more = if state.hits.len() >= state.options.limit {
                "+"
            } else {
                ""
            };
            parts.push(format!("{}/{}{more}", state.selected + 1, state.hits.len()));
        }
        if let Some(photos) = state.photos {
            parts.push(format!("of {photos}"));
        }
        if !state.marks.is_empty() {
            parts.push(format!("{} marked", state.marks.len()));
        }
        parts.extend(state.ways().into_iter().map(Into::into));
        if state.is_busy() {
            parts.push("...".into());
        }
    }
    let keys = match state.mode {
        Mode::Type => "tab photos  enter open",
        Mode::Browse => "/ query  space large  m mark  ? keys",
        Mode::Detail => "esc back  hjkl next  ? keys",
        Mode::Help => "esc back",
    };
    let left = parts.join("  ");
    let room = usize::from(area.width).saturating_sub(Line::from(left.as_str()).width());
    let mut line = vec![Span::raw(left)];
    if room > keys.len() + 2 {
        line.push(Span::raw(" ".repeat(room - keys.len())));
        line.push(Span::styled(keys, WEAK));
    }
    frame.render_widget(Paragraph::new(Line::from(line)), area);
}

/// The last part of a path.
fn name_of(hit: &Found) -> String {
    let path = path_of(&hit.path);
    let name = path.file_name().unwrap_or(path.as_os_str());
    plain(&name.to_string_lossy()).into_owned()
}

/// `87`, `+3`, `offline`: what stands beside a name.
fn facts_of(hit: &Found, is_marked: bool) -> String {
    let mut facts = Vec::new();
    if is_marked {
        facts.push("*".to_owned());
    }
    facts.extend(hit.score.map(|score| format!("{score:.0}")));
    if !hit.folded.is_empty() {
        facts.push(format!("+{}", hit.folded.len()));
    }
    if hit.record.offline {
        facts.push("offline".into());
    }
    facts.join(" ")
}
