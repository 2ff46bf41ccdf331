//! Draws the state, and finds the target of a mouse press. Nothing here changes the state.

mod detail;
mod grid;
mod help;
pub mod hints;
mod history;
mod list;
mod picture;
mod prompt;
mod query;
mod status;
mod welcome;

pub use grid::LARGEST_ZOOM;
pub use help::pages as help_pages;

use crate::action::Action;
use crate::state::{Layout, Mode, Row, State, row_of};
use crate::thumbnail::{Picture, PictureRequest};
use pixseek_engine::{Hit, MATCH, clock, path_of, plain, rounded_score};
use ratatui::Frame;
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

/// Returns the picture of a photo once it is ready. `None` if the terminal draws no pictures.
pub type Pictures<'a> = Option<&'a dyn Fn(&PictureRequest) -> Option<Picture>>;

/// The smallest screen with a grid, in cells. Smaller ones show a list.
const LEAST_GRID: Size = Size {
    width: 40,
    height: 14,
};
/// The smallest height of a screen that has a line for completions and filters.
const LEAST_OFFERS: u16 = 8;

/// The positions of the parts of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub query: Rect,
    /// The line below the query: its mistake, its completions or its filters.
    pub offers: Rect,
    pub photos: Rect,
    pub status: Rect,
    pub is_grid: bool,
}

/// The target of a mouse press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A character of the query.
    Query(usize),
    /// A completion that is offered.
    Completion(usize),
    /// A filter of the query.
    Filter(usize),
    /// A photo that refines the query.
    Refinement(usize),
    /// A query of the history, among those that match the prompt.
    HistoryQuery(usize),
    /// A hit in the grid or the list.
    Photo(usize),
    LargePicture,
}

/// Divides the screen into its parts.
pub fn places(state: &State, screen: Rect) -> Places {
    let has_offers = screen.height >= LEAST_OFFERS || state.mistake.is_some();
    // This runs for every message and every frame: arithmetic is faster than ratatui's solver.
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

/// Returns the target drawn at a position.
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
    match state.mode {
        Mode::Help | Mode::Prompt | Mode::Confirm => None,
        Mode::History => {
            let row = usize::from(at.y - places.photos.y);
            let query = history::first_query(state, places.photos) + row;
            (query < state.matching_history().len()).then_some(Target::HistoryQuery(query))
        }
        Mode::Detail => Some(Target::LargePicture),
        Mode::Type | Mode::Browse => {
            let photo = if places.is_grid {
                grid::photo_at(state, places.photos, at)?
            } else {
                list::photo_at(state, places.photos, at)?
            };
            (photo < state.hits.len()).then_some(Target::Photo(photo))
        }
    }
}

/// Returns the height of a row of photos, without its heading.
fn row_height(state: &State, places: &Places) -> u16 {
    if places.is_grid {
        grid::cell_size(state, places.photos).height
    } else {
        1
    }
}

/// Returns the first row of photos to show. Keeps the current one, unless the cursor would be
/// outside or the space below the last row would stay empty.
pub fn first_row(state: &State, places: &Places) -> usize {
    let height = row_height(state, places);
    let height_of = |row: usize| {
        let has_heading = state.rows.get(row).is_some_and(|row| row.heading.is_some());
        height + u16::from(has_heading)
    };
    // Returns the first row of a screen whose last row is `last`.
    let first_above = |last: usize| {
        let (mut first, mut used) = (last, height_of(last));
        while first > 0 && used + height_of(first - 1) <= places.photos.height {
            first -= 1;
            used += height_of(first);
        }
        first
    };
    let row = row_of(&state.rows, state.selected);
    let end = first_above(state.rows.len().saturating_sub(1));
    let first = state.first_row.clamp(first_above(row), row);
    first.min(end.max(first_above(row)))
}

/// Returns the number of photos side by side, and the number that the screen has room for.
pub fn columns_and_page(state: &State, places: &Places) -> (usize, usize) {
    if places.is_grid {
        grid::columns_and_page(state, places.photos)
    } else {
        (1, usize::from(places.photos.height).max(1))
    }
}

/// A row on screen.
struct ShownRow<'a> {
    row: &'a Row,
    /// The top of its photos, in screen lines; the heading is above.
    y: u16,
}

/// Returns the rows on screen, each `height` lines high. Includes the first row even if it does not
/// fit.
fn shown_rows(state: &State, area: Rect, height: u16) -> Vec<ShownRow<'_>> {
    let mut shown = Vec::new();
    let mut y = area.y;
    for row in state.rows.iter().skip(state.first_row) {
        y += u16::from(row.heading.is_some());
        if y + height > area.bottom() && !shown.is_empty() {
            break;
        }
        shown.push(ShownRow { row, y });
        y += height;
    }
    shown
}

/// Draws the heading above a row.
fn draw_heading(frame: &mut Frame, state: &State, area: Rect, shown: &ShownRow<'_>) {
    let Some(heading) = &shown.row.heading else {
        return;
    };
    let place = Rect {
        y: shown.y - 1,
        height: 1,
        ..area
    };
    let line = Line::styled(heading.as_str(), state.theme.strong);
    frame.render_widget(Paragraph::new(line), place.intersection(area));
}

/// Returns requests for the pictures on screen, the one under the cursor first, then for those that
/// the next key may show.
pub fn picture_requests(state: &State) -> Vec<PictureRequest> {
    let places = places(state, Rect::from((Position::ORIGIN, state.screen)));
    match state.shown_mode() {
        Mode::Help | Mode::History => Vec::new(),
        Mode::Detail => detail::picture_requests(state, places.photos),
        _ if places.is_grid => grid::picture_requests(state, places.photos),
        _ => list::picture_requests(state, places.photos),
    }
}

/// Draws the whole screen.
pub fn draw(frame: &mut Frame, state: &State, pictures: Pictures) {
    let places = places(state, frame.area());
    query::draw(frame, state, &places);
    match state.shown_mode() {
        Mode::Help => help::draw(frame, state, places.photos),
        Mode::History => history::draw(frame, state, places.photos),
        _ if welcome::is_shown(state) => welcome::draw(frame, state, places.photos),
        _ if state.hits.is_empty() => draw_empty(frame, state, places.photos),
        Mode::Detail => detail::draw(frame, state, places.photos, pictures),
        _ if places.is_grid => grid::draw(frame, state, places.photos, pictures),
        _ => list::draw(frame, state, places.photos, pictures),
    }
    if state.is_stale && !matches!(state.shown_mode(), Mode::Help | Mode::History) {
        frame.buffer_mut().set_style(places.photos, Modifier::DIM);
    }
    status::draw(frame, state, places.status);
}

/// Explains why there is no photo.
fn draw_empty(frame: &mut Frame, state: &State, area: Rect) {
    let text = match &state.failure {
        Some(failure) => plain(failure).into_owned(),
        None => why_empty(state),
    };
    let text = Paragraph::new(text).wrap(Wrap { trim: true });
    frame.render_widget(text.style(state.theme.weak), area);
}

fn why_empty(state: &State) -> String {
    match (state.photo_count, state.best_below) {
        (None, _) if state.is_searching() => "Opening the index ...".to_owned(),
        // The empty answer belongs to an earlier query.
        _ if state.is_stale => String::new(),
        (_, Some(best)) => {
            let way = key_in_photos(state, Action::WeakMatches)
                .map_or_else(String::new, |key| format!("; {key} includes weak matches"));
            let best = rounded_score(best, 1);
            format!(
                "No good match: the best scores {best:.0} of 100, a match {MATCH:.0} and more{way}"
            )
        }
        _ if state.is_searching() => String::new(),
        _ if !state.filters.is_empty() => {
            let way = key_in_photos(state, Action::RemoveFilter)
                .map_or_else(String::new, |key| format!("; {key} removes the last one"));
            let why = state.empty_filter.as_deref();
            format!("{}{way}", why.unwrap_or("No photos match these filters"))
        }
        _ => "No photos found".into(),
    }
}

/// Returns the keys that trigger an action of the photos from the current mode. In the query,
/// letters are text, so another key must leave it first.
fn key_in_photos(state: &State, action: Action) -> Option<String> {
    let key = state.keymap.key(Mode::Browse, action)?;
    let way = state.keymap.key(Mode::Type, Action::Browse);
    match (state.mode, way) {
        (Mode::Type, Some(way)) => Some(format!("{way}, then {key}")),
        _ => Some(key.to_owned()),
    }
}

/// Formats a number with commas, as in `1,211`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Cuts the end off a text that is too long, and marks the cut with an ellipsis.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    kept + "\u{2026}"
}

/// Returns the file name of a hit, safe to print; of a film, with the time of the picture. Where a file
/// behind the hit has its score, that is named, too: `IMG_1.jpg (MOV @ 0:02)`.
fn name_of(hit: &Hit) -> String {
    let name = with_time(file_name(&hit.path), hit.frame);
    let Some(matched) = &hit.matched else {
        return name;
    };
    let [path, other] = [&hit.path, &matched.path].map(|path| path_of(path));
    let other = match other.extension() {
        Some(ending) if path.extension() != Some(ending) => {
            plain(&ending.to_string_lossy()).into_owned()
        }
        _ => file_name(&matched.path),
    };
    format!("{name} ({})", with_time(other, matched.frame))
}

/// Appends the time of a film's picture to its name.
fn with_time(name: String, time: Option<u32>) -> String {
    match time {
        Some(time) => format!("{name} @ {}", clock(time.into())),
        None => name,
    }
}

/// Returns the file name of a path, safe to print.
fn file_name(path: &[u8]) -> String {
    let path = path_of(path);
    let name = path.file_name().unwrap_or(path.as_os_str());
    plain(&name.to_string_lossy()).into_owned()
}

/// Cuts the middle out of a name that is too long: the end often has the number that tells photos
/// apart.
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

/// Returns the labels drawn beside a name: mark, score, number of folded photos, `offline`.
/// Example: `* 87 +3 offline`.
fn facts_of(state: &State, hit: &Hit, at: usize) -> Vec<Span<'static>> {
    let theme = &state.theme;
    let mut facts = Vec::new();
    let in_range = state
        .range_start
        .is_some_and(|start| (start.min(state.selected)..=start.max(state.selected)).contains(&at));
    if state.marks.contains(&hit.path) {
        facts.push(Span::styled("* ", theme.marked));
    } else if in_range {
        facts.push(Span::styled("\u{b7} ", theme.marked));
    }
    let score = hit
        .score
        .map(|score| format!("{:.0} ", rounded_score(score, 1)));
    let folded = (!hit.folded.is_empty()).then(|| format!("+{} ", hit.folded.len()));
    let offline = hit.record.offline.then(|| "offline ".to_owned());
    let others = score.into_iter().chain(folded).chain(offline);
    facts.extend(others.map(|fact| Span::styled(fact, theme.accent)));
    facts
}
