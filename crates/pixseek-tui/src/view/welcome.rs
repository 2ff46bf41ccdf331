//! Draws the welcome in place of the photos while the index has none.

use super::{key_in_photos, status};
use crate::action::Action;
use crate::state::{Indexing, Mode, Prompt, State};
use pixseek_engine::plain;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

/// The most columns of a line, because longer lines are hard to read.
const WIDEST: u16 = 72;

pub fn is_shown(state: &State) -> bool {
    state.photo_count == Some(0)
}

pub fn draw(frame: &mut Frame, state: &State, area: Rect) {
    let theme = &state.theme;
    let mut lines = vec![Line::styled("No photos yet", theme.strong), Line::default()];
    if let Some(notice) = &state.notice {
        lines.push(Line::styled(plain(notice).into_owned(), theme.wrong));
        lines.push(Line::default());
    }
    lines.extend(texts(state).into_iter().map(Line::from));
    let width = area.width.saturating_sub(2).min(WIDEST);
    let room = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + area.height / 6,
        width,
        height: area.height - area.height / 6,
    };
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), room);
}

fn texts(state: &State) -> Vec<String> {
    match &state.indexing {
        Indexing::Here(run) => {
            let folder = state.indexed_folder.as_deref().unwrap_or("the folders");
            vec![
                format!("Indexing {}", plain(folder)),
                status::progress(run),
                String::new(),
                "You can search as soon as the first photos appear here.".into(),
            ]
        }
        Indexing::Elsewhere(writer) => vec![
            format!("{writer} is indexing."),
            "Photos appear here as soon as the first are indexed.".into(),
        ],
        Indexing::None if state.mode == Mode::Prompt && state.prompt == Prompt::IndexFolder => {
            vec![
                "Which folder holds your photos? Enter starts with the folder below; typing replaces it.".into(),
                "Photos stay where they are, and nothing leaves this computer.".into(),
            ]
        }
        Indexing::None if state.can_index => {
            let key = key_in_photos(state, Action::Index);
            let way = key.map_or_else(String::new, |key| format!(": {key}"));
            vec![format!("Index a folder of photos first{way}")]
        }
        Indexing::None => vec!["Index a folder of photos first".into()],
    }
}
