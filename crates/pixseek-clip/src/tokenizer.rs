//! Typed text to token ids, as the model's own training pipeline made them.

use crate::{Cleaning, ClipError, TextConfig, TextPooling};
use std::path::Path;
use tokenizers::{
    PaddingDirection, PaddingParams, PaddingStrategy, TruncationDirection, TruncationParams,
    TruncationStrategy,
};

/// A model's `tokenizer.json`, set to the text tower's context.
pub struct Tokenizer {
    encoder: tokenizers::Tokenizer,
    cleaning: Cleaning,
    /// The id of [`TextConfig::blanked`], which is replaced by 0.
    blanked: Option<u32>,
}

impl Tokenizer {
    /// Reads a `tokenizer.json` and sets truncation and padding to the tower's context.
    ///
    /// Truncation makes room for the special tokens, so end-of-text survives any length.
    /// The padding id is the file's own; without one it is 0, as in OpenCLIP.
    ///
    /// # Errors
    ///
    /// When the file is broken, or its ids do not fit the tower's vocabulary.
    pub fn from_bytes(path: &Path, json: &[u8], config: &TextConfig) -> Result<Self, ClipError> {
        let broken = |source| ClipError::Tokenizer {
            path: path.into(),
            source,
        };
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(json).map_err(broken)?;
        let wanted = config.padding.clone();
        let wanted = wanted.and_then(|token| Some((tokenizer.token_to_id(&token)?, token)));
        let (pad_id, pad_token) = match (wanted, tokenizer.get_padding()) {
            (Some(padding), _) => padding,
            (None, Some(padding)) => (padding.pad_id, padding.pad_token.clone()),
            (None, None) => (0, String::new()),
        };
        tokenizer
            .with_truncation(Some(TruncationParams {
                max_length: config.context_length,
                strategy: TruncationStrategy::LongestFirst,
                stride: 0,
                direction: TruncationDirection::Right,
            }))
            .map_err(broken)?;
        tokenizer.with_padding(Some(PaddingParams {
            strategy: PaddingStrategy::Fixed(config.context_length),
            direction: PaddingDirection::Right,
            pad_to_multiple_of: None,
            pad_id,
            pad_type_id: 0,
            pad_token,
        }));
        let blanked = config.blanked.as_ref().map(|token| {
            let id = tokenizer.token_to_id(token);
            id.ok_or_else(|| ClipError::Vocabulary {
                path: path.into(),
                what: format!("it has no token {token}"),
            })
        });
        let tokenizer = Self {
            cleaning: config.cleaning,
            blanked: blanked.transpose()?,
            encoder: tokenizer,
        };
        tokenizer.check(path, config)?;
        Ok(tokenizer)
    }

    /// Token ids of `text`: start-of-text, its tokens, end-of-text, padding; as many as
    /// the tower's context has positions.
    ///
    /// # Errors
    ///
    /// When the tokenizer itself fails, which no text has been seen to cause.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ClipError> {
        let encoding = self
            .encoder
            .encode_fast(self.cleaning.apply(text), true)
            .map_err(ClipError::Tokenize)?;
        let mut ids = encoding.get_ids().to_vec();
        for id in ids.iter_mut().filter(|id| Some(**id) == self.blanked) {
            *id = 0;
        }
        Ok(ids)
    }

    /// Refuses a tokenizer with ids or an end-of-text token that the tower does not know.
    fn check(&self, path: &Path, config: &TextConfig) -> Result<(), ClipError> {
        let misfit = |what| {
            Err(ClipError::Vocabulary {
                path: path.into(),
                what,
            })
        };
        let vocabulary = self.encoder.get_vocab_size(true);
        if vocabulary > config.vocabulary {
            return misfit(format!(
                "it has {vocabulary} tokens, the text tower {}",
                config.vocabulary
            ));
        }
        let empty = self.encode("")?;
        if empty.len() != config.context_length {
            return misfit(format!(
                "an empty text has {} tokens, the text tower {} positions",
                empty.len(),
                config.context_length
            ));
        }
        if let TextPooling::EndOfText(id) = config.pooling
            && !empty.contains(&id)
        {
            return misfit(format!("it does not end a text with token {id}"));
        }
        Ok(())
    }
}

/// Letters that are written as one character: `ftfy.chardata.LIGATURES`.
const LIGATURES: [(char, &str); 19] = [
    ('\u{132}', "IJ"),
    ('\u{133}', "ij"),
    ('\u{149}', "'n"),
    ('\u{1f1}', "DZ"),
    ('\u{1f2}', "Dz"),
    ('\u{1f3}', "dz"),
    ('\u{1c4}', "D\u{17d}"),
    ('\u{1c5}', "D\u{17e}"),
    ('\u{1c6}', "d\u{17e}"),
    ('\u{1c7}', "LJ"),
    ('\u{1c8}', "Lj"),
    ('\u{1c9}', "lj"),
    ('\u{fb00}', "ff"),
    ('\u{fb01}', "fi"),
    ('\u{fb02}', "fl"),
    ('\u{fb03}', "ffi"),
    ('\u{fb04}', "ffl"),
    ('\u{fb05}', "\u{17f}t"),
    ('\u{fb06}', "st"),
];

impl Cleaning {
    fn apply(self, text: &str) -> String {
        match self {
            Self::WhiteSpace => clean(text),
            Self::LowerCase => clean(text).to_lowercase(),
            // Google's `canonicalize_text`: an underscore separates words, other punctuation does
            // not.
            Self::NoPunctuation => clean(text)
                .to_lowercase()
                .replace('_', " ")
                .replace(|c: char| c.is_ascii_punctuation(), "")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
        }
    }
}

/// CLIP's cleaning (`basic_clean`, `whitespace_clean`), as far as typed text
/// needs it: entities are characters, curly quotes straight, ligatures and full-width forms
/// plain letters, control characters gone. Left out: `ftfy`'s guessing at text that was
/// decoded with the wrong character set, which a terminal does not produce.
fn clean(text: &str) -> String {
    // Twice, as in the reference: web captions are often escaped twice.
    let once = htmlize::unescape(text);
    let unescaped = htmlize::unescape(once.as_ref());
    let mut plain = String::with_capacity(unescaped.len());
    for c in unescaped.chars() {
        match c {
            '\u{2018}'..='\u{201b}' | '\u{2bc}' => plain.push('\''),
            '\u{201c}'..='\u{201f}' => plain.push('"'),
            c if let Some((_, letters)) = LIGATURES.iter().find(|(l, _)| *l == c) => {
                plain.push_str(letters);
            }
            '\u{ff01}'..='\u{ff5e}' => {
                plain.extend(char::from_u32(u32::from(c) - 0xff01 + u32::from('!')));
            }
            '\u{3000}' | '\t' | '\n' | '\r' | '\u{c}' => plain.push(' '),
            '\0'..='\u{1f}' | '\u{7f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => {}
            c => plain.push(c),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
