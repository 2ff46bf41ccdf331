//! Draws the state, and finds what the mouse was pressed on. Nothing here changes the state.

mod detail;
mod grid;
mod help;
mod history;
mod list;
mod picture;
mod query;
mod status;

use crate::action::Action;
use crate::state::{Layout, Mode, State};
use crate::thumbnail::{Picture, PictureRequest};
use pixseek_engine::{Hit, path_of, plain};
use ratatui::Frame;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Modifier;
use ratatui::text::Span;
use ratatui::widgets::{Paragraph, Wrap};

/// Returns the picture of a photo once it is made; `None` if the terminal draws no pictures.
pub type Pictures<'a> = Option<&'a dyn Fn(&PictureRequest) -> Option<Picture>>;

/// The least screen with a grid, in cells. Smaller ones show a list.
const LEAST_GRID: Size = Size {
    width: 40,
    height: 14,
};
/// The least height of a screen that has a line for completions and filters.
const LEAST_OFFERS: u16 = 8;

/// Where the parts of the screen are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub query: Rect,
    /// The line below the query: its mistake, its completions or its filters.
    pub offers: Rect,
    pub photos: Rect,
    pub status: Rect,
    pub is_grid: bool,
}

/// What the mouse can be pressed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A character of the query.
    Query(usize),
    /// A completion that is offered.
    Completion(usize),
    /// A filter of the query.
    Filter(usize),
    /// A query of the history, among those that match the prompt.
    HistoryQuery(usize),
    /// A hit in the grid or the list.
    Photo(usize),
    LargePicture,
}

/// Divides a screen.
pub fn places(state: &State, screen: Rect) -> Places {
    let has_offers = screen.height >= LEAST_OFFERS || state.mistake.is_some();
    // Arithmetic instead of ratatui's solver: this runs at every message and every frame.
    let height = |wanted: u16, above: u16| wanted.min(screen.height.saturating_sub(above));
    let query = Rect {
        height: height(1, 0),
        ..screen
    };
    let status = Rect {
        y: screen.bottom() - height(1, query.height),
        height: height(1, query.height),
        ..screen
    };
    let offers = Rect {
        y: query.bottom(),
        height: height(u16::from(has_offers), query.height + status.height),
        ..screen
    };
    let photos = Rect {
        y: offers.bottom(),
        height: status.y.saturating_sub(offers.bottom()),
        ..screen
    };
    let is_large = screen.width >= LEAST_GRID.width && screen.height >= LEAST_GRID.height;
    Places {
        query,
        offers,
        photos,
        status,
        is_grid: state.has_pictures && is_large && state.layout == Layout::Grid,
    }
}

/// Finds what is drawn at a position.
pub fn target(state: &State, places: &Places, at: Position) -> Option<Target> {
    if places.query.contains(at) {
        return Some(Target::Query(query::character(state, places, at.x)));
    }
    if places.offers.contains(at) {
        return query::offer_at(state, at.x - places.offers.x);
    }
    if !places.photos.contains(at) {
        return None;
    }
    let row = usize::from(at.y - places.photos.y);
    match state.mode {
        Mode::Help | Mode::Prompt => None,
        Mode::History => {
            let query = history::first_query(state, places.photos) + row;
            (query < state.matching_history().len()).then_some(Target::HistoryQuery(query))
        }
        Mode::Detail => Some(Target::LargePicture),
        Mode::Type | Mode::Browse => {
            let photo = if places.is_grid {
                grid::photo_at(state, places.photos, at)?
            } else {
                state.first_row + row
            };
            (photo < state.hits.len()).then_some(Target::Photo(photo))
        }
    }
}

/// The first row of photos to show: as before, unless the cursor would be outside.
pub fn first_row(state: &State) -> usize {
    let rows = (state.page / state.columns.max(1)).max(1);
    let row = state.selected / state.columns.max(1);
    state.first_row.clamp((row + 1).saturating_sub(rows), row)
}

/// How many photos stand side by side, and how many the screen has room for.
pub fn columns_and_page(places: &Places) -> (usize, usize) {
    if places.is_grid {
        grid::columns_and_page(places.photos)
    } else {
        (1, usize::from(places.photos.height).max(1))
    }
}

/// The pictures that the screen shows, the one under the cursor first, and then those that the
/// next key may show.
pub fn picture_requests(state: &State) -> Vec<PictureRequest> {
    let places = places(state, Rect::from((Position::ORIGIN, state.screen)));
    match state.shown_mode() {
        Mode::Help | Mode::History => Vec::new(),
        Mode::Detail => detail::picture_requests(state, places.photos),
        _ if places.is_grid => grid::picture_requests(state, places.photos),
        _ => Vec::new(),
    }
}

/// Draws the whole screen.
pub fn draw(frame: &mut Frame, state: &State, pictures: Pictures) {
    let places = places(state, frame.area());
    query::draw(frame, state, &places);
    match state.shown_mode() {
        Mode::Help => help::draw(frame, state, places.photos),
        Mode::History => history::draw(frame, state, places.photos),
        _ if state.hits.is_empty() => draw_empty(frame, state, places.photos),
        Mode::Detail => detail::draw(frame, state, places.photos, pictures),
        _ if places.is_grid => grid::draw(frame, state, places.photos, pictures),
        _ => list::draw(frame, state, places.photos),
    }
    if state.is_stale && !matches!(state.shown_mode(), Mode::Help | Mode::History) {
        frame.buffer_mut().set_style(places.photos, Modifier::DIM);
    }
    status::draw(frame, state, places.status);
}

/// Says why there is no photo.
fn draw_empty(frame: &mut Frame, state: &State, area: Rect) {
    let text = match (state.photo_count, state.best_below) {
        (None, _) if state.is_searching() => "Opening the index ...".to_owned(),
        (Some(0), _) => "the index holds no photos; add some with `pixseek index DIR`".into(),
        (_, Some(best)) => {
            let key = state.keymap.key(Action::WeakMatches);
            let key = match state.mode {
                // Letters are typed there.
                Mode::Type => format!("{}, then {key}", state.keymap.key(Action::Browse)),
                _ => key.to_owned(),
            };
            format!(
                "No good match: the best scores {best:.0} of 100, a match 50 and more; {key} includes weak matches"
            )
        }
        _ if state.is_searching() => String::new(),
        _ if !state.filters.is_empty() => {
            let key = state.keymap.key(Action::RemoveFilter);
            format!("No photos match these filters; {key} removes the last one")
        }
        _ => "No photos found".into(),
    };
    let text = Paragraph::new(text).wrap(Wrap { trim: true });
    frame.render_widget(text.style(state.theme.weak), area);
}

/// The file name of a hit, safe to print.
fn name_of(hit: &Hit) -> String {
    let path = path_of(&hit.path);
    let name = path.file_name().unwrap_or(path.as_os_str());
    plain(&name.to_string_lossy()).into_owned()
}

/// Cuts the middle out of a name that is too long, because numbers stand at its end.
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

/// What stands beside a name: mark, score, photos folded behind it, `offline`, as in
/// `* 87 +3 offline`.
fn facts_of(state: &State, hit: &Hit) -> Vec<Span<'static>> {
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
