//! Styles of the screen: colours, or bold and dim text where there are no colours.

use crate::error::SettingError;
use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;
use std::str::FromStr;

/// The styles of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// The prompt, scores, filters and names of facts.
    pub accent: Style,
    /// Secondary text: hints, folders, dates.
    pub weak: Style,
    /// Emphasised text: the query, the name of the current photo.
    pub strong: Style,
    /// Mistakes in the query.
    pub wrong: Style,
    /// The marks of photos.
    pub marked: Style,
    /// The line, name or completion under the cursor.
    pub selected: Style,
    /// The bar beside the photo under the cursor.
    pub cursor: Style,
}

/// The names of the colours that the configuration can change.
pub const COLOURS: [&str; 6] = ["accent", "weak", "wrong", "marked", "selected", "cursor"];

impl Theme {
    /// Returns the styles without colours.
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
            cursor: style,
        }
    }

    /// Returns the default colours with some of them replaced, as in `accent = "#ff8800"`.
    ///
    /// # Errors
    ///
    /// When a name or a colour is not known.
    pub fn coloured(colours: &BTreeMap<String, String>) -> Result<Self, SettingError> {
        let plain = Self::plain();
        let mut theme = Self {
            accent: plain.accent.fg(Color::Cyan),
            cursor: plain.cursor.fg(Color::Cyan),
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
                "selected" => &mut theme.selected,
                "cursor" => &mut theme.cursor,
                _ => {
                    return Err(SettingError::ColourName {
                        name: name.clone(),
                        known: COLOURS.join(", "),
                    });
                }
            };
            let colour =
                Color::from_str(colour).map_err(|_| SettingError::Colour(colour.clone()))?;
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
    fn colours_are_read_and_unknown_ones_are_named() {
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
        let error = theme("accent", "warm").unwrap_err().to_string();
        assert!(error.contains("warm is an unknown colour"), "{error}");
        let error = theme("acent", "red").unwrap_err().to_string();
        assert!(error.contains("there are accent"), "{error}");
        assert_eq!(Theme::plain().accent.fg, None);
    }
}
