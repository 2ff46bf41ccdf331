//! Draws the bottom line while it asks for something.

use super::cut;
use crate::effect::ExportForm;
use crate::state::{Confirm, Mode, Prompt, State};
use pixseek_engine::plain;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    if state.mode == Mode::Confirm {
        let question = cut(&question(state), usize::from(area.width));
        let line = Line::styled(question, state.theme.accent);
        frame.render_widget(Paragraph::new(line), area);
        return;
    }
    let width = usize::from(area.width);
    // Leave at least half of the line to the typed text.
    let label = cut(&label(state), (width / 2).max(12));
    let room = width.saturating_sub(label.chars().count() + 1);
    let scroll = state.prompt_input.visual_scroll(room);
    let text: String = plain(state.prompt_input.value())
        .chars()
        .skip(scroll)
        .collect();
    let cursor = label.chars().count() + state.prompt_input.visual_cursor().saturating_sub(scroll);
    let cursor = u16::try_from(cursor).unwrap_or(u16::MAX);
    let x = area.x + cursor.min(area.width.saturating_sub(1));
    let text = if state.is_proposed {
        Span::styled(text, state.theme.weak)
    } else {
        Span::raw(text)
    };
    let mut line = vec![Span::styled(label, state.theme.accent), text];
    let choices = &state.folder_choices;
    if state.mode == Mode::Prompt && choices.folders.len() > 1 {
        let count = format!("  {} of {}", choices.taken + 1, choices.folders.len());
        line.push(Span::styled(count, state.theme.weak));
    }
    frame.render_widget(Paragraph::new(Line::from(line)), area);
    frame.set_cursor_position(Position::new(x, area.y));
}

fn label(state: &State) -> String {
    let count = state.chosen().len();
    let photos = if count == 1 { "photo" } else { "photos" };
    match (state.mode, state.prompt) {
        (Mode::History, _) => "earlier query: ".into(),
        (_, Prompt::SaveQuery) => "save the query as: ".into(),
        (_, Prompt::Export(ExportForm::Copies)) => format!("copy {count} {photos} into: "),
        (_, Prompt::Export(ExportForm::Links)) => format!("link {count} {photos} into: "),
        (_, Prompt::Command) => format!("run on {count} {photos}: "),
        (_, Prompt::Tag) => format!("tag for {count} {photos}: "),
        (_, Prompt::Untag) => format!("remove tag from {count} {photos}: "),
        (_, Prompt::Name) => format!("name for {count} {photos}: "),
        (_, Prompt::IndexFolder) => "index folder: ".into(),
    }
}

fn question(state: &State) -> String {
    match &state.confirm {
        Some(Confirm::ReplaceQuery { name, before }) => {
            format!("replace @{}? y/n  now: {}", plain(name), plain(before))
        }
        Some(Confirm::EndCommands(_)) => match &state.commands[..] {
            [only] => format!("end {} and quit? y/n", plain(&only.line)),
            [] => "quit? y/n".into(),
            commands => format!("end {} commands and quit? y/n", commands.len()),
        },
        Some(Confirm::MakeFolder(export)) => {
            format!("make the folder? y/n: {}", plain(&export.folder))
        }
        None => String::new(),
    }
}
