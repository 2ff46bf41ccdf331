//! The bottom line: the position among the hits, an index run, and the most useful keys; or the
//! prompt.

use crate::action::Action;
use crate::effect::ExportForm;
use crate::state::{Indexing, Mode, Prompt, Run, State};
use pixseek_engine::plain;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use std::time::Duration;

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    if matches!(state.mode, Mode::Prompt | Mode::History) {
        return draw_prompt(frame, state, area);
    }
    let left = position(state);
    let right = match &state.indexing {
        Indexing::None => hints(state),
        Indexing::Here(run) => progress(run),
        Indexing::Elsewhere(writer) => format!("{writer} is indexing"),
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

/// Draws the prompt: what it asks for, and what is typed.
fn draw_prompt(frame: &mut Frame, state: &State, area: Rect) {
    let count = state.chosen().len();
    let photos = if count == 1 { "photo" } else { "photos" };
    let label = match (state.mode, state.prompt) {
        (Mode::History, _) => "earlier query: ".into(),
        (_, Prompt::SaveQuery) => "save the query as: ".into(),
        (_, Prompt::Export(ExportForm::Copies)) => format!("copy {count} {photos} into: "),
        (_, Prompt::Export(ExportForm::Links)) => format!("link {count} {photos} from: "),
    };
    let width = usize::from(area.width).saturating_sub(label.len() + 1);
    let scroll = state.prompt_input.visual_scroll(width);
    let text: String = plain(state.prompt_input.value())
        .chars()
        .skip(scroll)
        .collect();
    let cursor = label.len() + state.prompt_input.visual_cursor().saturating_sub(scroll);
    let cursor = u16::try_from(cursor).unwrap_or(u16::MAX);
    let x = area.x + cursor.min(area.width.saturating_sub(1));
    let line = [Span::styled(label, state.theme.accent), Span::raw(text)];
    frame.render_widget(Paragraph::new(Line::from_iter(line)), area);
    frame.set_cursor_position(Position::new(x, area.y));
}

/// The notice, or the position among the hits: `3/200+  of 1000  2 marked  by date`.
fn position(state: &State) -> String {
    if let Some(notice) = &state.notice {
        return plain(notice).into_owned();
    }
    let mut parts = Vec::new();
    if state.hits.is_empty() {
        parts.push("0".to_owned());
    } else {
        let is_full = state.hits.len() >= state.options.limit;
        let more = if is_full { "+" } else { "" };
        parts.push(format!("{}/{}{more}", state.selected + 1, state.hits.len()));
    }
    parts.extend(state.photo_count.map(|photos| format!("of {photos}")));
    if !state.marks.is_empty() {
        parts.push(format!("{} marked", state.marks.len()));
    }
    parts.extend(state.unusual_options().into_iter().map(Into::into));
    if state.is_searching() {
        parts.push("...".into());
    }
    parts.join("  ")
}

/// The keys that are most useful in a mode.
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
        let words = if state.is_picker && *words == "open" {
            "pick"
        } else {
            words
        };
        format!("{} {words}", state.keymap.key(*action))
    });
    hints.collect::<Vec<_>>().join("  ")
}

/// The progress of an index run: `indexing 120/4000  52 photos/s  2 min left  3 failed`.
fn progress(run: &Run) -> String {
    if run.stopping {
        return "finishing the batch".into();
    }
    let mut parts = vec![format!("indexing {}/{}", run.seen, run.total.max(run.seen))];
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
        let seconds = left as f64 / rate(run.seen);
        parts.push(format!(
            "{} left",
            duration(Duration::from_secs_f64(seconds))
        ));
    }
    if run.failed > 0 {
        parts.push(format!("{} failed", run.failed));
    }
    parts.join("  ")
}

/// A time in seconds up to a minute, in minutes up to 90, then in hours.
fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..5400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
    }
}
