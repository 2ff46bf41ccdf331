//! One picture in its room.

use crate::state::State;
use crate::thumbnail::Picture;
use pixseek_engine::plain;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Paragraph, Wrap};
use ratatui_image::Image;

/// Where a picture stands that is lower than its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upright {
    Middle,
    Bottom,
}

/// The picture, why there is none, or a sign that it is being made.
pub fn draw(frame: &mut Frame, state: &State, room: Rect, at: Upright, made: Option<Picture>) {
    let weak = state.theme.weak;
    match made {
        Some(Ok(protocol)) => {
            let size = protocol.size();
            let free = room.height.saturating_sub(size.height);
            let place = Rect {
                x: room.x + room.width.saturating_sub(size.width) / 2,
                y: room.y
                    + if at == Upright::Bottom {
                        free
                    } else {
                        free / 2
                    },
                width: size.width.min(room.width),
                height: size.height.min(room.height),
            };
            frame.render_widget(Image::new(&protocol), place);
        }
        Some(Err(why)) => {
            let why = Paragraph::new(plain(&why).into_owned()).wrap(Wrap { trim: true });
            frame.render_widget(why.style(weak), room);
        }
        None => frame.render_widget(Paragraph::new("\u{b7}").style(weak).centered(), room),
    }
}
