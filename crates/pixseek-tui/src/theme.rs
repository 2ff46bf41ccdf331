//! Colours, and what stands for them where there are none.

use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;
use std::str::FromStr;

/// How things look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Signs, scores and filters.
    pub accent: Style,
    /// What matters less.
    pub weak: Style,
    /// What matters more.
    pub strong: Style,
    /// Mistakes.
    pub wrong: Style,
    /// Marks.
    pub marked: Style,
    /// What is under the cursor.
    pub selected: Style,
}

/// Names of what has a colour, for the configuration.
pub const COLOURS: [&str; 4] = ["accent", "weak", "wrong", "marked"];

impl Theme {
    /// Without colours.
    #[must_use]
    pub const fn plain() -> Self {
        let style = Style::new();
        Self {
            accent: style,
            weak: style.add_modifier(Modifier::DIM),
            strong: style.add_modifier(Modifier::BOLD),
            wrong: style.add_modifier(Modifier::BOLD),
            marked: style.add_modifier(Modifier::BOLD),
            selected: style.add_modifier(Modifier::REVERSED),
        }
    }

    /// The default colours, with others in their places: `accent = "#ff8800"`.
    ///
    /// # Errors
    ///
    /// The name or colour that is not known, in words.
    pub fn coloured(colours: &BTreeMap<String, String>) -> Result<Self, String> {
        let plain = Self::plain();
        let mut theme = Self {
            accent: plain.accent.fg(Color::Cyan),
            wrong: Style::new().fg(Color::Red),
            marked: plain.marked.fg(Color::Yellow),
            ..plain
        };
        for (name, colour) in colours {
            let style = match name.as_str() {
                "accent" => &mut theme.accent,
                "weak" => &mut theme.weak,
                "wrong" => &mut theme.wrong,
                "marked" => &mut theme.marked,
                _ => {
                    let known = COLOURS.join(", ");
                    return Err(format!("theme: {name} is not known; there are {known}"));
                }
            };
            let colour = Color::from_str(colour).map_err(|_| {
                format!("theme: {colour} is no colour; cyan, light-red, 208 or #ff8800 are")
            })?;
            *style = style.remove_modifier(Modifier::DIM).fg(colour);
        }
        Ok(theme)
    }
}

#[cfg(test)]
mod tests {
    use super::Theme;
    use ratatui::style::Color;
    use std::collections::BTreeMap;

    #[test]
    fn colours_are_read_or_refused_by_name() {
        let theme = |name: &str, colour: &str| {
            Theme::coloured(&BTreeMap::from([(name.into(), colour.into())]))
        };
        assert_eq!(
            theme("accent", "#ff8800").unwrap().accent.fg,
            Some(Color::Rgb(255, 136, 0))
        );
        assert_eq!(
            theme("weak", "light-red").unwrap().weak.fg,
            Some(Color::LightRed)
        );
        assert!(
            theme("accent", "warm")
                .unwrap_err()
                .contains("warm is no colour")
        );
        assert!(
            theme("acent", "red")
                .unwrap_err()
                .contains("there are accent")
        );
        assert_eq!(Theme::plain().accent.fg, None);
    }
}
