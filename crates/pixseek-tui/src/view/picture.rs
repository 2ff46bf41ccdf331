//! Draws one picture, or the reason why there is none.

use crate::state::State;
use crate::thumbnail::Picture;
use pixseek_engine::plain;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Paragraph, Wrap};

/// The alignment of a picture in a higher area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alignment {
    Middle,
    Bottom,
}

/// Draws the picture, or the reason why there is none, or a dot while it is being made.
pub fn draw(frame: &mut Frame, state: &State, room: Rect, at: Alignment, picture: Option<Picture>) {
    let weak = state.theme.weak;
    match picture {
        Some(Ok(drawing)) => {
            let size = drawing.size();
            let free = room.height.saturating_sub(size.height);
            let place = Rect {
                x: room.x + room.width.saturating_sub(size.width) / 2,
                y: room.y
                    + if at == Alignment::Bottom {
                        free
                    } else {
                        free / 2
                    },
                width: size.width.min(room.width),
                height: size.height.min(room.height),
            };
            frame.render_widget(&*drawing, place);
        }
        Some(Err(error)) => {
            let text = plain(&error.to_string()).into_owned();
            let text = Paragraph::new(text).wrap(Wrap { trim: true });
            frame.render_widget(text.style(weak), room);
        }
        None => frame.render_widget(Paragraph::new("\u{b7}").style(weak).centered(), room),
    }
}
