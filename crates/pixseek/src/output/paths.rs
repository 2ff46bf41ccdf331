//! Writes paths to JSON, which can only hold UTF-8.

use serde_json::Value;
use std::fmt::Write as _;

/// Adds a path to an object as `path`. If it is not UTF-8, also adds its bytes as `path_hex`, so
/// that a script can still open the file.
pub fn put_path(object: &mut Value, path: &[u8]) {
    object["path"] = String::from_utf8_lossy(path).into();
    if std::str::from_utf8(path).is_err() {
        object["path_hex"] = hex(path).into();
    }
}

/// Adds a list of paths to an object as `name`. If one of them is not UTF-8, also adds a list
/// `name_hex` with its bytes at the same position and null for the others.
pub fn put_paths(object: &mut Value, name: &str, paths: &[Vec<u8>]) {
    let texts = paths.iter().map(|path| String::from_utf8_lossy(path));
    object[name] = texts.collect();
    let hex_of_odd = |path: &Vec<u8>| std::str::from_utf8(path).err().map(|_| hex(path));
    let odd: Vec<Option<String>> = paths.iter().map(hex_of_odd).collect();
    if odd.iter().any(Option::is_some) {
        object[format!("{name}_hex")] = odd.into();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::{put_path, put_paths};
    use serde_json::json;

    #[test]
    fn paths_that_are_not_utf8_are_added_in_hex() {
        let check = |path: &[u8], expected| {
            let mut object = json!({});
            put_path(&mut object, path);
            assert_eq!(object, expected);
        };
        check("/é".as_bytes(), json!({ "path": "/é" }));
        check(
            b"/caf\xe9",
            json!({ "path": "/caf\u{fffd}", "path_hex": "2f636166e9" }),
        );
        let mut object = json!({});
        put_paths(&mut object, "folded", &[b"/a".to_vec(), b"\xe9".to_vec()]);
        assert_eq!(
            object,
            json!({ "folded": ["/a", "\u{fffd}"], "folded_hex": [null, "e9"] })
        );
        put_paths(&mut object, "others", &[b"/a".to_vec()]);
        assert_eq!(object["others"], json!(["/a"]));
        assert_eq!(object.get("others_hex"), None);
    }
}
