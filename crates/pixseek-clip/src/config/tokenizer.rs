//! Settings of a `tokenizer_config.json` that its `tokenizer.json` may lack.

use serde::Deserialize;

#[derive(Deserialize)]
struct TokenizerFile {
    #[serde(default)]
    pad_token: Option<Token>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Token {
    Word(String),
    Added { content: String },
}

/// Reads the token that fills rows up to the context.
pub(super) fn padding_token(json: Option<&[u8]>) -> Result<Option<String>, serde_json::Error> {
    let file: Option<TokenizerFile> = json.map(serde_json::from_slice).transpose()?;
    let token = file.and_then(|file| file.pad_token);
    Ok(token.map(|token| match token {
        Token::Word(word) | Token::Added { content: word } => word,
    }))
}
