//! A folder that comes out of the machine, as an archive that anybody may have made.

use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use explain::{ExitStatus, Explain};
use tar::{Archive, EntryType};

/// A folder could not be written. Nothing of it is there.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the folder `{}`: {source}", path.display())]
pub struct FolderError {
    path: PathBuf,
    source: io::Error,
}

impl Explain for FolderError {
    fn exit_status(&self) -> ExitStatus {
        self.source.exit_status()
    }
}

/// Makes the folder `target` from an archive, whole or not at all. There must be no such
/// folder yet. Links, permissions and times are kept. FIFOs, sockets and devices are not.
///
/// Nothing is written outside the folder: a path that leads out of it is an error, and
/// links are made last, so that nothing is written through one.
pub fn unpack(archive: &[u8], target: &Path) -> Result<(), FolderError> {
    let failed = |source| FolderError { path: target.to_owned(), source };
    let around = target.parent().filter(|around| *around != Path::new(""));
    let new = tempfile::Builder::new()
        .prefix(".unfinished-")
        .tempdir_in(around.unwrap_or(Path::new(".")))
        .map_err(failed)?;
    fill(archive, new.path()).map_err(failed)?;
    fs::rename(new.path(), target).map_err(failed)?;
    // It has another name now, so there is nothing to remove.
    let _ = new.keep();
    Ok(())
}

fn fill(archive: &[u8], folder: &Path) -> io::Result<()> {
    let (mut links, mut folders) = (Vec::new(), Vec::new());
    for entry in Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = folder.join(below(&entry.path()?)?);
        let header = entry.header();
        // Without the bits that give a program its file's owner.
        let mode = Permissions::from_mode(header.mode()? & 0o777);
        let time = UNIX_EPOCH + Duration::from_secs(header.mtime()?.min(u32::MAX.into()));
        match header.entry_type() {
            EntryType::Directory => {
                fs::create_dir_all(&path)?;
                folders.push((path, mode, time));
            }
            EntryType::Regular => {
                if let Some(around) = path.parent() {
                    fs::create_dir_all(around)?;
                }
                let mut file = File::create_new(&path)?;
                let len = entry.size();
                if io::copy(&mut entry.by_ref().take(len), &mut file)? != len {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                file.set_permissions(mode)?;
                file.set_modified(time)?;
            }
            EntryType::Symlink => {
                let target = entry.link_name()?.ok_or(io::ErrorKind::InvalidData)?;
                links.push((path, target.into_owned()));
            }
            _ => {}
        }
    }
    for (path, target) in links {
        symlink(target, path)?;
    }
    // A folder's time changes with what is put into it, and it may forbid that.
    for (path, mode, time) in folders.into_iter().rev() {
        File::open(&path)?.set_modified(time)?;
        fs::set_permissions(&path, mode)?;
    }
    Ok(())
}

/// The part of a path below the archive's one folder.
fn below(path: &Path) -> io::Result<PathBuf> {
    let is_name = |part: &Component<'_>| matches!(part, Component::Normal(_));
    match path.components().all(|part| is_name(&part)) {
        true => Ok(path.components().skip(1).collect()),
        false => Err(io::Error::other(format!("its `{}` leads out of it", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of entries: a type, a path, and a link's target or a file's content.
    fn archive(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (kind, path, text) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(0o4755);
            header.set_mtime(1_000_000_000);
            // The builder refuses what an attacker writes.
            header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
            if *kind == EntryType::Symlink {
                header.set_link_name(text).unwrap();
            }
            let text = if *kind == EntryType::Regular { text } else { "" };
            header.set_size(text.len() as u64);
            header.set_cksum();
            archive.append(&header, text.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap()
    }

    const FILE: EntryType = EntryType::Regular;
    const FOLDER: EntryType = EntryType::Directory;
    const LINK: EntryType = EntryType::Symlink;

    #[test]
    fn a_folder_comes_out_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("target");
        let entries = [
            (FOLDER, "f", ""),
            (FOLDER, "f/empty", ""),
            (FILE, "f/file", "text"),
            (LINK, "f/link", "../file"),
            (EntryType::Fifo, "f/fifo", ""),
        ];
        unpack(&archive(&entries), &target).unwrap();
        assert_eq!(fs::read(target.join("file")).unwrap(), b"text");
        assert_eq!(fs::read_link(target.join("link")).unwrap(), Path::new("../file"));
        assert!(!target.join("fifo").exists());
        for name in ["", "empty", "file"] {
            let meta = fs::metadata(target.join(name)).unwrap();
            assert_eq!(meta.permissions().mode() & 0o7777, 0o755, "{name}");
            let time = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
            assert_eq!(meta.modified().unwrap(), time, "{name}");
        }
    }

    #[test]
    fn nothing_is_written_outside() {
        let said = |entries: &[(EntryType, &str, &str)]| {
            let root = tempfile::tempdir().unwrap();
            let outside = root.path().join("outside");
            fs::create_dir(&outside).unwrap();
            let here = root.path().join("here");
            fs::create_dir(&here).unwrap();
            let error = unpack(&archive(entries), &here.join("target")).unwrap_err();
            assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
            // Nothing is left, whole or half.
            assert_eq!(fs::read_dir(&here).unwrap().count(), 0);
            error.source.to_string()
        };
        assert_eq!(said(&[(FILE, "f/../../x", "")]), "its `f/../../x` leads out of it");
        assert_eq!(said(&[(FILE, "/x", "")]), "its `/x` leads out of it");
        // The link is made when the folder is there.
        let through = [(LINK, "f/a", "../../outside"), (FILE, "f/a/x", "")];
        assert!(said(&through).contains("File exists"));
        let twice = [(FILE, "f/a", "1"), (FILE, "f/a", "2")];
        assert!(said(&twice).contains("File exists"));
    }
}
