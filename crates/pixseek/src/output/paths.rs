//! Writes paths to JSON, which can only hold UTF-8.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A path as a string or, if it is not UTF-8, as `{"bytes": ..}` in base64, as ripgrep does: a
/// script can always open the file.
pub fn json_path(path: &[u8]) -> Value {
    match std::str::from_utf8(path) {
        Ok(text) => text.into(),
        Err(_) => json!({ "bytes": STANDARD.encode(path) }),
    }
}

#[cfg(test)]
mod tests {
    use super::json_path;
    use serde_json::json;

    #[test]
    fn paths_that_are_not_utf8_keep_their_bytes() {
        assert_eq!(json_path("/é".as_bytes()), json!("/é"));
        assert_eq!(json_path(b"/caf\xe9"), json!({ "bytes": "L2NhZuk=" }));
    }
}
