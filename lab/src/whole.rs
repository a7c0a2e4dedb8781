//! Writes files completely or not at all: the file has the old or the new content, never
//! a part.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc;

/// Writes a file. Something that is not a regular file, such as a device or a pipe, is
/// written to directly. Errors name the file.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_by(path, |file| file.write_all(bytes))
}

/// The same for a file that `fill` writes piece by piece.
pub fn write_by<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let mut failed = None;
    let written = replace(path, |file| {
        fill(file).map_err(|error| {
            failed = Some(error);
            io::ErrorKind::Other.into()
        })
    });
    if let Some(error) = failed {
        return Err(error);
    }
    Ok(written.map_err(|e| {
        io::Error::new(e.kind(), format!("failed to write `{}`: {e}", path.display()))
    })?)
}

/// Checks that a file could be written now, without changing it. Errors name the file.
pub fn check(path: &Path) -> io::Result<()> {
    could(path)
        .map_err(|e| io::Error::new(e.kind(), format!("cannot write `{}`: {e}", path.display())))
}

fn could(path: &Path) -> io::Result<()> {
    match kind(path)? {
        // Opening a pipe would wait for its reader.
        Place::Taken(Some(meta)) if meta.file_type().is_fifo() => Ok(()),
        Place::Taken(_) => File::options().write(true).open(path).map(drop),
        Place::File(path, _) => {
            let new = unfinished(&path)?;
            take(&new)?;
            fs::remove_file(new)
        }
    }
}

/// Where the bytes of a file go.
enum Place {
    /// A device or something else that exists.
    Taken(Option<fs::Metadata>),
    /// A regular file that there is, or that there will be.
    File(PathBuf, Option<fs::Metadata>),
}

fn kind(path: &Path) -> io::Result<Place> {
    let before = match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        result => Some(result?),
    };
    // `/dev/stdout` may be a file that another process has open too.
    let is_taken = ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder));
    if is_taken || before.as_ref().is_some_and(|meta| !meta.is_file()) {
        return Ok(Place::Taken(before));
    }
    // If the path is a link, keep the link and replace its target.
    let path = if before.is_some() { path.canonicalize()? } else { path.to_owned() };
    Ok(Place::File(path, before))
}

/// The place next to a file where its new content is written first.
fn unfinished(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    Ok(path.with_file_name(format!(".{}.unfinished", name.to_string_lossy())))
}

fn replace(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let (path, before) = match kind(path)? {
        Place::Taken(_) => {
            return fill(&mut File::options().write(true).create(true).truncate(true).open(path)?);
        }
        Place::File(path, before) => (path, before),
    };
    let new = unfinished(&path)?;
    let mut file = take(&new)?;
    let written = (|| {
        fill(&mut file)?;
        if let Some(before) = before {
            file.set_permissions(before.permissions())?;
        }
        fs::rename(&new, &path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// Opens an empty file that no other process writes to. The file may exist already, left
/// by a killed process or about to be renamed by a running one.
fn take(path: &Path) -> io::Result<File> {
    loop {
        let mut options = File::options();
        options.write(true).create(true).truncate(false).custom_flags(libc::O_NOFOLLOW);
        let file = options.open(path)?;
        file.lock()?;
        let inode = |meta: fs::Metadata| meta.ino();
        if fs::symlink_metadata(path).map(inode).ok() == file.metadata().map(inode).ok() {
            file.set_len(0)?;
            return Ok(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_and_stays_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        write(&file, b"old, and longer").unwrap();
        fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        // The leftover of a killed process.
        fs::write(folder.path().join(".file.unfinished"), "half, and longer than all").unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(folder.path()), ["file", "link"]);
        assert!(link.is_symlink());
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        write(&file, b"old").unwrap();
        symlink("/nowhere", folder.path().join(".file.unfinished")).unwrap();
        assert!(write(&file, b"new").is_err());
        assert_eq!(fs::read(&file).unwrap(), b"old");
    }

    #[test]
    fn whether_a_file_can_be_written_is_known_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        write(&path("old"), b"old").unwrap();
        fs::create_dir(path("folder")).unwrap();
        nix::unistd::mkfifo(&path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        for there in ["old", "new", "pipe"] {
            check(&path(there)).unwrap();
        }
        check(Path::new("/dev/null")).unwrap();
        for wrong in ["folder", "none/new", "old/new"] {
            let error = check(&path(wrong)).unwrap_err().to_string();
            let told = format!("cannot write `{}`: ", path(wrong).display());
            assert!(error.starts_with(&told), "{error}");
        }
        assert_eq!(names(folder.path()), ["folder", "old", "pipe"]);
        assert_eq!(fs::read(path("old")).unwrap(), b"old");
    }

    #[test]
    fn a_device_takes_what_comes() {
        write(Path::new("/dev/null"), b"text").unwrap();
        let error = write(Path::new("/dev/full"), b"text").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
