//! The line at the bottom: where one is, what goes on, which keys help.

use crate::action::{Action, Export};
use crate::state::{Indexing, Mode, Purpose, Run, State};
use pixseek_engine::plain;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use std::time::Duration;

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    if matches!(state.mode, Mode::Prompt | Mode::History) {
        return typed(frame, state, area);
    }
    let left = left(state);
    let right = match &state.indexing {
        Indexing::None => hints(state),
        Indexing::Here(run) => run_words(run),
        Indexing::Elsewhere(who) => format!("{who} is indexing"),
    };
    let room = usize::from(area.width).saturating_sub(Line::from(left.as_str()).width());
    let mut line = vec![Span::raw(left)];
    let width = Line::from(right.as_str()).width();
    if room > width + 2 {
        line.push(Span::raw(" ".repeat(room - width)));
        line.push(Span::styled(right, state.theme.weak));
    }
    frame.render_widget(Paragraph::new(Line::from(line)), area);
}

/// A line that is typed, behind what it is for.
fn typed(frame: &mut Frame, state: &State, area: Rect) {
    let count = state.chosen().len();
    let photos = if count == 1 { "photo" } else { "photos" };
    let ask = match (state.mode, state.purpose) {
        (Mode::History, _) => "earlier query: ".into(),
        (_, Purpose::Save) => "save the query as: ".into(),
        (_, Purpose::Export(Export::Copies)) => format!("copy {count} {photos} into: "),
        (_, Purpose::Export(Export::Links)) => format!("link {count} {photos} from: "),
    };
    let width = usize::from(area.width).saturating_sub(ask.len() + 1);
    let scroll = state.line.visual_scroll(width);
    let text: String = plain(state.line.value()).chars().skip(scroll).collect();
    let cursor = ask.len() + state.line.visual_cursor().saturating_sub(scroll);
    let cursor = u16::try_from(cursor).unwrap_or(u16::MAX);
    let x = area.x + cursor.min(area.width.saturating_sub(1));
    let line = [Span::styled(ask, state.theme.accent), Span::raw(text)];
    frame.render_widget(Paragraph::new(Line::from_iter(line)), area);
    frame.set_cursor_position(Position::new(x, area.y));
}

fn left(state: &State) -> String {
    if let Some(message) = &state.message {
        return plain(message).into_owned();
    }
    let mut parts = Vec::new();
    if state.hits.is_empty() {
        parts.push("0".to_owned());
    } else {
        let is_full = state.hits.len() >= state.options.limit;
        let more = if is_full { "+" } else { "" };
        parts.push(format!("{}/{}{more}", state.selected + 1, state.hits.len()));
    }
    parts.extend(state.photos.map(|photos| format!("of {photos}")));
    if !state.marks.is_empty() {
        parts.push(format!("{} marked", state.marks.len()));
    }
    parts.extend(state.ways().into_iter().map(Into::into));
    if state.is_busy() {
        parts.push("...".into());
    }
    parts.join("  ")
}

/// The keys that help most here.
fn hints(state: &State) -> String {
    let hints: &[(Action, &str)] = match state.mode {
        Mode::Type if state.completions.is_empty() => {
            &[(Action::Complete, "photos"), (Action::Choose, "open")]
        }
        Mode::Type => &[(Action::Complete, "complete"), (Action::Browse, "photos")],
        Mode::Browse => &[
            (Action::Type, "query"),
            (Action::Detail, "large"),
            (Action::Mark, "mark"),
            (Action::Help, "keys"),
        ],
        Mode::Detail => &[(Action::Leave, "back"), (Action::Help, "keys")],
        Mode::Help => &[(Action::Down, "more"), (Action::Leave, "back")],
        Mode::History | Mode::Prompt => &[(Action::Leave, "back")],
    };
    let hints = hints.iter().map(|(action, words)| {
        let words = if state.pick && *words == "open" {
            "pick"
        } else {
            words
        };
        format!("{} {words}", state.keymap.key(*action))
    });
    hints.collect::<Vec<_>>().join("  ")
}

/// `indexing 120/4000  52 photos/s  2 min left  3 failed`
fn run_words(run: &Run) -> String {
    if run.stopping {
        return "finishing the batch".into();
    }
    let mut parts = vec![format!("indexing {}/{}", run.seen, run.total.max(run.seen))];
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = |count: u64| count as f64 / run.elapsed.as_secs_f64().max(0.001);
    if run.encoded > 0 {
        parts.push(format!("{:.0} photos/s", rate(run.encoded)));
    }
    let left = run.total.saturating_sub(run.seen);
    if run.seen > 0 && left > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a time for people")]
        let seconds = left as f64 / rate(run.seen);
        parts.push(format!("{} left", span(Duration::from_secs_f64(seconds))));
    }
    if run.failed > 0 {
        parts.push(format!("{} failed", run.failed));
    }
    parts.join("  ")
}

/// In the largest unit that says something.
fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..5400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}
