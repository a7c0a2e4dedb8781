//! Copies files into a folder that a stranger's Makefile has written to. Writes only what
//! has changed, and follows no link that was left there.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::symlink;
use fs_err::{self as fs, File};

/// The origin of something in the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A copy of this file.
    File(PathBuf),
    /// A link to this path.
    Link(PathBuf),
}

/// The content of a copy, keyed by the path in it.
pub type Files = BTreeMap<PathBuf, Origin>;

/// Makes a folder contain these files, in addition to what was built there. Returns
/// whether anything has changed.
///
/// Changed files get the current time, so that make notices them.
pub fn update(folder: &Path, files: &Files) -> io::Result<bool> {
    let mut changed = false;
    for (path, origin) in files {
        make_parents(folder, path)?;
        let to = folder.join(path);
        match origin {
            Origin::File(from) => changed |= copy(from, &to)?,
            Origin::Link(target) if fs::read_link(&to).is_ok_and(|it| it == *target) => {}
            Origin::Link(target) => {
                remove(&to)?;
                symlink(target, to)?;
                changed = true;
            }
        }
    }
    Ok(changed)
}

/// Copies a file unless the copy is equal. Returns whether it was not.
fn copy(from: &Path, to: &Path) -> io::Result<bool> {
    let bytes = fs::read(from)?;
    let mode = 0o600 | from.metadata()?.permissions().mode() & 0o755;
    let is_same = fs::symlink_metadata(to).is_ok_and(|meta| {
        meta.is_file()
            && meta.len() == bytes.len() as u64
            && meta.permissions().mode() & 0o777 == mode
    });
    if is_same && fs::read(to)? == bytes {
        return Ok(false);
    }
    remove(to)?;
    let mut file = File::create_new(to)?;
    file.write_all(&bytes)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(true)
}

/// Makes the folders above a path, and replaces whatever is in their place.
fn make_parents(folder: &Path, path: &Path) -> io::Result<()> {
    let mut parents: Vec<&Path> = path.ancestors().skip(1).collect();
    parents.pop(); // The empty path.
    for parent in parents.into_iter().rev() {
        let parent = folder.join(parent);
        if !fs::symlink_metadata(&parent).is_ok_and(|meta| meta.is_dir()) {
            remove(&parent)?;
            fs::create_dir(&parent)?;
        }
    }
    Ok(())
}

/// Removes whatever is at a path. If it is a link, removes the link itself.
pub fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(e) => Err(e),
    };
    match removed {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// All files below a folder, as sorted relative paths. Links are not followed.
pub fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(folder.join(&below))? {
            let entry = entry?;
            let path = below.join(entry.file_name());
            match entry.file_type()? {
                kind if kind.is_dir() => open.push(path),
                kind if kind.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    struct Fixture {
        folder: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Fixture {
            let folder = tempfile::tempdir().unwrap();
            for name in ["from", "to", "else"] {
                fs::create_dir(folder.path().join(name)).unwrap();
            }
            Fixture { folder }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        /// Copies these files, each with its text.
        fn update(&self, texts: &[(&str, &str)]) -> bool {
            let files = texts.iter().map(|(name, text)| {
                let from = self.path("from").join(name.replace('/', "-"));
                fs::write(&from, text).unwrap();
                (PathBuf::from(name), Origin::File(from))
            });
            update(&self.path("to"), &files.collect()).unwrap()
        }

        fn time(&self, name: &str) -> SystemTime {
            fs::metadata(self.path(name)).unwrap().modified().unwrap()
        }
    }

    #[test]
    fn only_what_has_changed_is_written() {
        let fixture = Fixture::new();
        assert!(fixture.update(&[("a", "1"), ("sub/b", "1")]));
        assert!(!fixture.update(&[("a", "1"), ("sub/b", "1")]));
        let old = SystemTime::UNIX_EPOCH;
        for name in ["to/a", "to/sub/b"] {
            let file = File::options().write(true).open(fixture.path(name)).unwrap();
            file.set_modified(old).unwrap();
        }
        fs::write(fixture.path("to/built"), "").unwrap();
        assert!(fixture.update(&[("a", "1"), ("sub/b", "2")]));
        assert_eq!(fixture.time("to/a"), old);
        assert!(fixture.time("to/sub/b") > old);
        assert_eq!(fs::read(fixture.path("to/sub/b")).unwrap(), b"2");
        let files = files_below(&fixture.path("to")).unwrap();
        assert_eq!(files, ["a", "built", "sub/b"].map(PathBuf::from));
    }

    #[test]
    fn links_that_were_left_are_not_followed() {
        let fixture = Fixture::new();
        let secret = fixture.path("else/file");
        fs::write(&secret, "mine").unwrap();
        // Links instead of a file and of a folder.
        symlink(&secret, fixture.path("to/file")).unwrap();
        symlink(fixture.path("else"), fixture.path("to/sub")).unwrap();
        fixture.update(&[("file", "new"), ("sub/file", "new")]);
        assert_eq!(fs::read(&secret).unwrap(), b"mine");
        assert_eq!(fs::read(fixture.path("to/file")).unwrap(), b"new");
        assert_eq!(fs::read(fixture.path("to/sub/file")).unwrap(), b"new");
        assert_eq!(
            files_below(&fixture.path("to")).unwrap(),
            ["file", "sub/file"].map(PathBuf::from)
        );
    }
}
