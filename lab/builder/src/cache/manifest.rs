//! Manifests: the files of a cache entry, to detect damage.
//!
//! A file whose size and time of change are unchanged counts as intact, as in git's
//! index. A file that was touched is read and its hash compared. So an intact entry costs
//! one `lstat` per file and no reading. Symbolic links and empty folders are not listed.

use std::fs::{self, Metadata};
use std::io::{BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{CacheError, sha256};

/// The file name of the manifest in an entry's folder.
pub const NAME: &str = ".manifest";

/// The first line. Another number makes every older entry a damaged one.
const HEADER: &str = "upcall manifest 1";

/// Which files of an entry are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// All files, at any depth.
    All,
    /// Only files directly in the entry's folder. For a kernel's source, because looking
    /// at 80,000 files would cost more than it saves.
    Top,
}

/// How thoroughly to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Hash only files that were touched.
    Touched,
    /// Hash every file.
    Everything,
}

/// Writes the manifest of a folder that has just been filled.
pub fn write(folder: &Path, listing: Listing) -> Result<(), CacheError> {
    let mut names = Vec::new();
    list(folder, "", listing, &mut names)?;
    // `readdir` returns no fixed order.
    names.sort();
    let path = folder.join(NAME);
    let failed = |source| CacheError::Write { path: path.clone(), source };
    let mut out = BufWriter::new(fs::File::create(&path).map_err(failed)?);
    writeln!(out, "{HEADER}").map_err(failed)?;
    for name in names {
        let file = folder.join(&name);
        let line = Line::of(&file).map_err(|source| CacheError::Read { path: file, source })?;
        writeln!(out, "{} {} {} {name}", line.hash, line.size, line.changed).map_err(failed)?;
    }
    out.flush().map_err(failed)
}

/// A manifest for the same files elsewhere, where all of them were changed at one time, in
/// seconds since 1970.
pub fn dated(manifest: &str, seconds: u64) -> String {
    let dated = |line: &str| {
        let Some((Line { hash, size, .. }, name)) = Line::parse(line) else {
            return format!("{line}\n");
        };
        format!("{hash} {size} {} {name}\n", i128::from(seconds) * 1_000_000_000)
    };
    manifest.lines().map(dated).collect()
}

/// The name and the hash of each file in a manifest.
pub fn hashes(manifest: &str) -> impl Iterator<Item = (&str, String)> {
    manifest.lines().filter_map(|line| Line::parse(line).map(|(line, name)| (name, line.hash)))
}

/// Says what is wrong with a folder, or `None` if everything matches its manifest.
pub fn damage(folder: &Path, depth: Depth) -> Option<String> {
    let text = match fs::read_to_string(folder.join(NAME)) {
        Ok(text) => text,
        Err(e) => return Some(format!("`{NAME}`: {e}")),
    };
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Some(format!("`{NAME}` is not a manifest"));
    }
    lines.find_map(|line| damage_of(folder, line, depth))
}

fn damage_of(folder: &Path, line: &str, depth: Depth) -> Option<String> {
    let Some((expected, name)) = Line::parse(line) else {
        return Some(format!("`{NAME}` is cut off"));
    };
    let path = folder.join(name);
    let meta = match fs::symlink_metadata(&path) {
        Ok(meta) => meta,
        Err(e) => return Some(format!("`{name}`: {e}")),
    };
    if meta.len() != expected.size {
        return Some(format!("`{name}` has {} bytes instead of {}", meta.len(), expected.size));
    }
    if depth == Depth::Touched && changed(&meta) == expected.changed {
        return None;
    }
    match sha256(&path) {
        Ok(hash) if hash == expected.hash => None,
        Ok(_) => Some(format!("`{name}` was changed")),
        Err(e) => Some(format!("`{name}`: {e}")),
    }
}

struct Line {
    hash: String,
    /// Size in bytes.
    size: u64,
    /// Time in nanoseconds since 1970.
    changed: i128,
}

impl Line {
    fn of(path: &Path) -> std::io::Result<Line> {
        let meta = fs::symlink_metadata(path)?;
        Ok(Line { hash: sha256(path)?, size: meta.len(), changed: changed(&meta) })
    }

    fn parse(line: &str) -> Option<(Line, &str)> {
        let mut words = line.splitn(4, ' ');
        let hash = words.next()?.to_owned();
        let size = words.next()?.parse().ok()?;
        let changed = words.next()?.parse().ok()?;
        Some((Line { hash, size, changed }, words.next()?))
    }
}

/// The time of a file's last content change, in nanoseconds since 1970.
fn changed(meta: &Metadata) -> i128 {
    i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec())
}

/// Collects the names of regular files, relative to the entry's folder.
fn list(
    folder: &Path,
    prefix: &str,
    listing: Listing,
    names: &mut Vec<String>,
) -> Result<(), CacheError> {
    let failed = |source| CacheError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{prefix}{}", entry.file_name().display());
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_file() {
            names.push(name);
        } else if kind.is_dir() && listing == Listing::All {
            list(&entry.path(), &format!("{name}/"), listing, names)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("a"), "one").unwrap();
        fs::write(folder.path().join("sub/b c"), "two").unwrap();
        folder
    }

    #[test]
    fn damage_is_named() {
        let folder = folder();
        let path = folder.path();
        write(path, Listing::All).unwrap();
        assert_eq!(damage(path, Depth::Touched), None);
        assert_eq!(damage(path, Depth::Everything), None);

        fs::write(path.join("sub/b c"), "tw").unwrap();
        assert_eq!(damage(path, Depth::Touched).unwrap(), "`sub/b c` has 2 bytes instead of 3");
        fs::write(path.join("sub/b c"), "owt").unwrap();
        assert_eq!(damage(path, Depth::Touched).unwrap(), "`sub/b c` was changed");
        // Touched, but with the same content.
        fs::write(path.join("sub/b c"), "two").unwrap();
        assert_eq!(damage(path, Depth::Touched), None);
        fs::remove_file(path.join("a")).unwrap();
        let missing = "`a`: No such file or directory (os error 2)";
        assert_eq!(damage(path, Depth::Touched).unwrap(), missing);
    }

    #[test]
    fn a_change_that_keeps_size_and_time_is_found_by_hashing() {
        let folder = folder();
        let file = folder.path().join("a");
        write(folder.path(), Listing::All).unwrap();
        let time = fs::metadata(&file).unwrap().modified().unwrap();
        fs::write(&file, "eno").unwrap();
        fs::File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
        assert_eq!(damage(folder.path(), Depth::Touched), None);
        assert_eq!(damage(folder.path(), Depth::Everything).unwrap(), "`a` was changed");
    }

    #[test]
    fn a_dated_manifest_fits_files_of_that_time() {
        let folder = folder();
        write(folder.path(), Listing::All).unwrap();
        let path = folder.path().join(NAME);
        let text = fs::read_to_string(&path).unwrap();
        let names: Vec<&str> = hashes(&text).map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "sub/b c"]);
        fs::write(&path, dated(&text, 1)).unwrap();
        // Nothing is hashed, so a change that keeps the time is not found.
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        for name in ["a", "sub/b c"] {
            fs::write(folder.path().join(name), "abc").unwrap();
            let file = fs::File::options().write(true).open(folder.path().join(name)).unwrap();
            file.set_modified(time).unwrap();
        }
        assert_eq!(damage(folder.path(), Depth::Touched), None);
        assert_eq!(damage(folder.path(), Depth::Everything).unwrap(), "`a` was changed");
    }

    #[test]
    fn only_the_top_is_listed_if_so_wanted() {
        let folder = folder();
        write(folder.path(), Listing::Top).unwrap();
        fs::remove_file(folder.path().join("sub/b c")).unwrap();
        assert_eq!(damage(folder.path(), Depth::Everything), None);
    }

    #[test]
    fn a_cut_off_manifest_is_damage() {
        let folder = folder();
        write(folder.path(), Listing::All).unwrap();
        let path = folder.path().join(NAME);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..HEADER.len() + 10]).unwrap();
        assert_eq!(damage(folder.path(), Depth::Touched).unwrap(), "`.manifest` is cut off");
        fs::write(&path, "").unwrap();
        assert_eq!(damage(folder.path(), Depth::Touched).unwrap(), "`.manifest` is not a manifest");
    }
}
