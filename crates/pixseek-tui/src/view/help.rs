//! Every key, from the one table.

use super::ACCENT;
use crate::keymap::KEYS;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

pub fn draw(frame: &mut Frame, area: Rect) {
    let mut lines: Vec<(Vec<&str>, &str)> = Vec::new();
    // Keys without words belong to the ones above them.
    for binding in KEYS {
        match lines.last_mut() {
            Some((keys, _)) if binding.words.is_empty() => {
                if !keys.contains(&binding.key) {
                    keys.push(binding.key);
                }
            }
            _ => lines.push((vec![binding.key], binding.words)),
        }
    }
    let lines = lines.into_iter().map(|(keys, words)| {
        Line::from(vec![
            Span::styled(format!("  {:<28}", keys.join(" ")), ACCENT),
            Span::raw(words),
        ])
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}
