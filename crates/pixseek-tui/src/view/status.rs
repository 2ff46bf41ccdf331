//! Draws the bottom line: the position among the hits, an index run, and the most useful keys. A
//! prompt takes its place.

use super::{cut, hints, prompt, thousands, welcome};
use crate::action::Action;
use crate::state::{Indexing, Mode, Run, RunningCommand, State};
use crate::update::stop_key;
use pixseek_engine::plain;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};
use std::time::Duration;

/// Less time than this is not shown: it is over before it is read, and the first guesses are wrong.
const LEAST_LEFT: Duration = Duration::from_secs(3);

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    if matches!(state.mode, Mode::Prompt | Mode::History | Mode::Confirm) {
        return prompt::draw(frame, state, area);
    }
    let width = usize::from(area.width);
    let left = position(state, width);
    if state.notice.is_some() && left.chars().count() > width {
        return draw_long(frame, &left, area);
    }
    let left = cut(&left, width);
    let room = width.saturating_sub(left.chars().count() + 2);
    let right = match (state.commands.last(), &state.indexing) {
        (Some(command), _) => running(state, command, room),
        (None, Indexing::None) => fitting(hints::hints(state), room),
        (None, Indexing::Here(run)) => indexing(state, run, room),
        (None, Indexing::Elsewhere(writer)) => cut(&format!("{writer} is indexing"), room),
    };
    let gap = width.saturating_sub(left.chars().count() + right.chars().count());
    let line = Line::from_iter([
        Span::raw(left),
        Span::raw(" ".repeat(gap)),
        Span::styled(right, state.theme.weak),
    ]);
    frame.render_widget(Paragraph::new(line), area);
}

/// Shows the command that was started last: `convert: 3 of 20  esc stops`.
fn running(state: &State, command: &RunningCommand, room: usize) -> String {
    let program = command.line.split_whitespace().next().unwrap_or_default();
    let what = match (command.is_stopping, command.said.as_str()) {
        (true, _) => "stopping",
        (false, "") => "running",
        (false, said) => said,
    };
    let others = match state.commands.len() {
        ..=1 => String::new(),
        commands => format!("  {commands} commands"),
    };
    let text = format!("{}: {}{others}", plain(program), plain(what));
    let stop = stop_key(state).filter(|_| !command.is_stopping);
    with_hint(&text, stop.map(|key| format!("{key} stops")), room)
}

/// Appends a hint if it fits behind a text whose end may be cut off.
fn with_hint(text: &str, hint: Option<String>, room: usize) -> String {
    const LEAST: usize = 20;
    let hint = hint.map_or_else(String::new, |hint| format!("  {hint}"));
    let left = room.saturating_sub(hint.chars().count());
    if left < LEAST.min(text.chars().count()) {
        return cut(text, room);
    }
    format!("{}{hint}", cut(text, left))
}

/// Shows as many parts of the progress of a run as fit, with the key that stops it.
fn indexing(state: &State, run: &Run, room: usize) -> String {
    let stop = state.keymap.key(state.mode, Action::Index);
    let stop = stop.filter(|_| !run.stopping);
    let stop = stop.map(|key| format!("  {key} stops")).unwrap_or_default();
    let mut text = progress(run);
    while text.chars().count() + stop.chars().count() > room
        && let Some(part) = text.rfind("  ")
    {
        text.truncate(part);
    }
    if text.chars().count() + stop.chars().count() > room {
        return cut(&text, room);
    }
    text + &stop
}

/// A notice that needs several lines covers the lowest ones.
fn draw_long(frame: &mut Frame, notice: &str, area: Rect) {
    let mut rows = 1;
    let mut column = 0;
    for word in notice.split(' ').map(|word| word.chars().count()) {
        if column > 0 && column + word > usize::from(area.width) {
            rows += 1;
            column = 0;
        }
        // A word that is longer than a line is broken.
        rows += word.saturating_sub(1) / usize::from(area.width.max(1));
        column += word + 1;
    }
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).min(area.y + 1);
    let area = Rect {
        y: area.y + 1 - rows,
        height: rows,
        ..area
    };
    frame.render_widget(Clear, area);
    let notice = Paragraph::new(notice).wrap(Wrap { trim: true });
    frame.render_widget(notice, area);
}

/// Joins as many whole hints as fit.
fn fitting(hints: Vec<String>, room: usize) -> String {
    let mut text = String::new();
    for hint in hints {
        let gap = if text.is_empty() { 0 } else { 2 };
        if text.chars().count() + gap + hint.chars().count() > room {
            break;
        }
        text = if gap == 0 {
            hint
        } else {
            format!("{hint}  {text}")
        };
    }
    text
}

/// Returns the notice, or the position among the hits: `3/40  of 1,000 photos  2 marked  by date`, or
/// `3 of the first 200` where more hits are loaded on the way down.
fn position(state: &State, width: usize) -> String {
    let is_told = state.notice.as_ref().filter(|_| !welcome::is_shown(state));
    if let Some(notice) = is_told {
        return plain(notice).into_owned();
    }
    if state.mode == Mode::Help {
        let pages = super::help_pages(state);
        return format!("page {} of {pages}", (state.help_page + 1).min(pages));
    }
    let mut parts = Vec::new();
    let count = thousands(state.hits.len() as u64);
    if state.hits.is_empty() {
        parts.push("no photos".to_owned());
    } else {
        let is_full = state.hits.len() >= state.options.limit;
        let at = thousands(state.selected as u64 + 1);
        parts.push(if is_full && !state.shows_marked {
            format!("{at} of the first {count}")
        } else {
            format!("{at}/{count}")
        });
    }
    let others = parts.len();
    let photos = state.photo_count.filter(|photos| *photos > 0);
    parts.extend(photos.map(|photos| {
        let noun = if photos == 1 { "photo" } else { "photos" };
        format!("of {} {noun}", thousands(photos))
    }));
    if state.shows_marked {
        parts.push("only marked".to_owned());
    }
    if !state.marks.is_empty() {
        parts.push(format!("{} marked", state.marks.len()));
    }
    if let Some(start) = state.range_start {
        parts.push(format!("range from {}", thousands(start as u64 + 1)));
    }
    parts.extend(state.unusual_options());
    if state.is_searching() {
        parts.push("...".into());
    }
    let length = |parts: &[String]| parts.join("  ").chars().count();
    // On a narrow screen the size of the library tells the least.
    while length(&parts) > width && parts.len() > others {
        parts.remove(others);
    }
    parts.join("  ")
}

/// Formats the progress of a run: `indexing 120/4000  52 photos/s  2 min left  3 failed`.
pub fn progress(run: &Run) -> String {
    if run.stopping {
        return "finishing the batch".into();
    }
    if run.total == 0 {
        return "looking for photos".into();
    }
    let seen = thousands(run.seen);
    let mut parts = vec![format!(
        "indexing {seen}/{}",
        thousands(run.total.max(run.seen))
    )];
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate is printed without decimals"
    )]
    let rate = |count: u64| count as f64 / run.elapsed.as_secs_f64().max(0.001);
    if run.encoded > 0 {
        parts.push(format!("{:.0} photos/s", rate(run.encoded)));
    }
    let left = run.total.saturating_sub(run.seen);
    if run.seen > 0 && left > 0 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a time is printed in whole units"
        )]
        let time = Duration::from_secs_f64(left as f64 / rate(run.seen));
        if time >= LEAST_LEFT {
            parts.push(format!("{} left", duration(time)));
        }
    }
    if run.failed > 0 {
        parts.push(format!("{} failed", run.failed));
    }
    parts.join("  ")
}

/// Formats a time in seconds up to a minute, in minutes up to 90, then in hours.
fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..5400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}
