//! A state as a screen, and what lies under a place on it. Nothing is decided here.

mod detail;
mod grid;
mod help;
mod history;
mod list;
mod picture;
mod query;
mod status;

use crate::state::{Layout, Mode, State};
use crate::thumbnail::{Picture, Wanted};
use pixseek_engine::{Found, path_of, plain};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout as Split, Position, Rect};
use ratatui::text::Span;
use ratatui::widgets::Paragraph;

/// Where pictures come from; `None` where the terminal has none.
pub type Pictures<'a> = Option<&'a dyn Fn(&Wanted) -> Option<Picture>>;

/// Smaller terminals show a list.
const LEAST_GRID: (u16, u16) = (40, 14);
/// Lower ones have no line for completions and filters.
const LEAST_UNDER: u16 = 8;

/// What is laid out on a screen of some size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub query: Rect,
    /// Under the box: what is wrong in it, ways to complete it, its filters.
    pub under: Rect,
    pub photos: Rect,
    pub status: Rect,
    pub is_grid: bool,
}

/// What the mouse can be pressed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A place in the query, in characters.
    Query(usize),
    Completion(usize),
    Filter(usize),
    Earlier(usize),
    Photo(usize),
    /// The large picture.
    Large,
}

/// Where things go.
pub fn places(state: &State, screen: Rect, has_pictures: bool) -> Places {
    let has_under = screen.height >= LEAST_UNDER || state.mistake.is_some();
    let rows = [
        Constraint::Length(1),
        Constraint::Length(u16::from(has_under)),
        Constraint::Min(0),
        Constraint::Length(1),
    ];
    let [query, under, photos, status] = Split::vertical(rows).areas(screen);
    let is_large = screen.width >= LEAST_GRID.0 && screen.height >= LEAST_GRID.1;
    Places {
        query,
        under,
        photos,
        status,
        is_grid: has_pictures && is_large && state.layout == Layout::Grid,
    }
}

/// What lies there.
pub fn target(state: &State, places: &Places, at: Position) -> Option<Target> {
    if places.query.contains(at) {
        return Some(Target::Query(query::character(state, places, at.x)));
    }
    if places.under.contains(at) {
        return query::under_target(state, at.x - places.under.x);
    }
    if !places.photos.contains(at) {
        return None;
    }
    let row = usize::from(at.y - places.photos.y);
    match state.mode {
        Mode::Help | Mode::Prompt => None,
        Mode::History => {
            let earlier = history::first(state, places.photos) + row;
            (earlier < state.earlier_queries().len()).then_some(Target::Earlier(earlier))
        }
        Mode::Detail => Some(Target::Large),
        Mode::Type | Mode::Browse => {
            let photo = if places.is_grid {
                grid::photo_at(state, places.photos, at)?
            } else {
                state.top + row
            };
            (photo < state.hits.len()).then_some(Target::Photo(photo))
        }
    }
}

/// The first row on screen, so that the cursor is on it.
pub fn top(state: &State) -> usize {
    let rows = (state.page / state.columns.max(1)).max(1);
    let row = state.selected / state.columns.max(1);
    state.top.clamp((row + 1).saturating_sub(rows), row)
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
    match state.shown() {
        Mode::Help | Mode::History => Vec::new(),
        Mode::Detail => detail::wanted(state, places.photos),
        _ if places.is_grid => grid::wanted(state, places.photos),
        _ => Vec::new(),
    }
}

/// Draws everything.
pub fn draw(frame: &mut Frame, state: &State, pictures: Pictures) {
    let places = places(state, frame.area(), pictures.is_some());
    query::draw(frame, state, &places);
    match state.shown() {
        Mode::Help => help::draw(frame, state, places.photos),
        Mode::History => history::draw(frame, state, places.photos),
        _ if state.hits.is_empty() => nothing(frame, state, places.photos),
        Mode::Detail => detail::draw(frame, state, places.photos, pictures),
        _ if places.is_grid => grid::draw(frame, state, places.photos, pictures),
        _ => list::draw(frame, state, places.photos),
    }
    status::draw(frame, state, places.status);
}

/// Why there is no photo.
fn nothing(frame: &mut Frame, state: &State, area: Rect) {
    let words = match (state.photos, state.best_below) {
        (None, _) if state.is_busy() => "opening the index ...".to_owned(),
        (Some(0), _) => "the index holds no photos; add some with `pixseek index DIR`".into(),
        (_, Some(best)) => {
            let all = state.keymap.key(crate::action::Action::Tail);
            format!("no good match: the best scores {best:.0} of 100; {all} shows weak matches too")
        }
        _ if state.is_busy() => String::new(),
        _ => "no photo is found".into(),
    };
    frame.render_widget(Paragraph::new(words).style(state.theme.weak), area);
}

/// The last part of a path.
fn name_of(hit: &Found) -> String {
    let path = path_of(&hit.path);
    let name = path.file_name().unwrap_or(path.as_os_str());
    plain(&name.to_string_lossy()).into_owned()
}

/// The beginning and the end of a name: numbers stand at the end.
fn shortened(name: &str, room: usize) -> String {
    let count = name.chars().count();
    if count <= room {
        return name.to_owned();
    }
    let head = room.saturating_sub(1) / 2;
    let tail = room.saturating_sub(head + 1);
    let head: String = name.chars().take(head).collect();
    let tail: String = name.chars().skip(count - tail).collect();
    format!("{head}\u{2026}{tail}")
}

/// `* 87 +3 offline`: what stands beside a name.
fn facts_of(state: &State, hit: &Found) -> Vec<Span<'static>> {
    let theme = &state.theme;
    let mut facts = Vec::new();
    if state.is_marked(hit) {
        facts.push(Span::styled("* ", theme.marked));
    }
    let score = hit.score.map(|score| format!("{score:.0} "));
    let folded = (!hit.folded.is_empty()).then(|| format!("+{} ", hit.folded.len()));
    let offline = hit.record.offline.then(|| "offline ".to_owned());
    let others = score.into_iter().chain(folded).chain(offline);
    facts.extend(others.map(|fact| Span::styled(fact, theme.accent)));
    facts
}
