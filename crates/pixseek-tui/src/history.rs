//! Stores earlier queries in a file, one per line, the latest last.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// The number of queries kept. `read` rewrites a file with more than twice as many lines.
const KEPT: usize = 1000;
/// The most bytes to read: `append` writes no larger file.
const LARGEST: u64 = 16 << 20;

/// Reads the queries, the latest first and each once. A file that cannot be read counts as empty.
pub fn read(file: &Path) -> Vec<String> {
    let mut text = Vec::new();
    if let Ok(file) = File::open(file) {
        let _ = file.take(LARGEST).read_to_end(&mut text);
    }
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().count();
    let mut queries: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for query in text.lines().rev().filter(|line| !line.trim().is_empty()) {
        if queries.len() < KEPT && seen.insert(query) {
            queries.push(query.to_owned());
        }
    }
    if lines > 2 * KEPT {
        // If this fails, the file only stays long.
        let _ = replace(file, &queries);
    }
    queries
}

/// Appends a query by a single write, so that the lines of two programs do not mix.
pub fn append(file: &Path, query: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        pixseek_files::make_folder(folder)?;
    }
    let mut file = pixseek_files::options()
        .append(true)
        .create(true)
        .open(file)?;
    let line = query.replace(char::is_control, " ");
    file.write_all(format!("{line}\n").as_bytes())
}

/// Deletes a query.
pub fn forget(file: &Path, query: &str) -> io::Result<()> {
    let mut queries = read(file);
    queries.retain(|earlier| earlier != query);
    replace(file, &queries)
}

fn replace(file: &Path, queries: &[String]) -> io::Result<()> {
    pixseek_files::remove_unfinished(file);
    let lines: Vec<&str> = queries.iter().rev().map(String::as_str).collect();
    pixseek_files::replace(file, format!("{}\n", lines.join("\n")).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{KEPT, append, forget, read};

    #[test]
    fn the_latest_query_is_first_and_the_file_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/history");
        assert!(read(&file).is_empty());
        for query in ["dog", "cat", "a\nb", "dog"] {
            append(&file, query).unwrap();
        }
        assert_eq!(read(&file), ["dog", "a b", "cat"]);
        #[cfg(unix)]
        for (path, mode) in [(&*file, 0o600), (file.parent().unwrap(), 0o700)] {
            let permissions = path.metadata().unwrap().permissions();
            let found = std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777;
            assert_eq!(found, mode, "{}", path.display());
        }
        forget(&file, "a b").unwrap();
        assert_eq!(read(&file), ["dog", "cat"]);
        for number in 0..2 * KEPT {
            append(&file, &number.to_string()).unwrap();
        }
        assert_eq!(read(&file).len(), KEPT);
        assert_eq!(
            std::fs::read_to_string(&file).unwrap().lines().count(),
            KEPT
        );
        assert_eq!(read(&file)[0], (2 * KEPT - 1).to_string());
    }
}
