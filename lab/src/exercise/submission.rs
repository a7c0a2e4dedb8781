//! Takes a student's file from an untrusted folder.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use builder::cache::Key;
use explain::{ExitStatus, Explain};
use nix::libc;

/// The maximum length of a submission, bytes.
pub const MAX_LEN: u64 = 256 << 10;

/// The file that describes the task, next to the student's file.
pub const TASK: &str = "TASK.md";

/// Whether a name is that of something that no student wrote: the task, or what macOS and
/// Windows leave in folders and archives.
pub fn is_litter(name: &str) -> bool {
    const LITTER: [&str; 5] = [TASK, "__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"];
    LITTER.contains(&name) || name.starts_with("._")
}

/// The name in `names` that was probably meant to be `wanted`.
pub fn near<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let (stem, end) = wanted.rsplit_once('.').unwrap_or((&wanted, ""));
    names.into_iter().find(|name| {
        let name = name.to_lowercase();
        // `main (1).rs`, `main.rs.txt`, `mian.rs`.
        name.starts_with(stem) && name.ends_with(end)
            || name.starts_with(&wanted)
            || strsim::levenshtein(&name, &wanted) * 3 <= wanted.len()
    })
}

/// A student's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The name in messages: the folder's name and the file's.
    pub shown: PathBuf,
    pub text: String,
    /// The names of other files in the folder, sorted. They are not looked at.
    pub ignored: Vec<String>,
}

/// Why a file was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no `{}`{}", path.display(), but(near))]
    Missing {
        path: PathBuf,
        /// A file that was probably meant.
        near: Option<String>,
    },
    #[error("`{}` is {what}, not a plain file", path.display())]
    NotPlain { path: PathBuf, what: &'static str },
    #[error("`{}` is {what}, not a folder", path.display())]
    NotFolder { path: PathBuf, what: &'static str },
    #[error("`{}` is longer than {} KiB", path.display(), MAX_LEN >> 10)]
    TooLong { path: PathBuf },
    #[error("`{}` is not UTF-8 text", path.display())]
    NotText { path: PathBuf },
    #[error("`{}` cannot be unpacked: {reason}", path.display())]
    Archive { path: PathBuf, reason: String },
    #[error("failed to read `{}`: {reason}", path.display())]
    Read { path: PathBuf, reason: String },
}

fn but(near: &Option<String>) -> String {
    near.as_ref().map_or_else(String::new, |near| format!(", but `{near}` looks like it"))
}

impl Explain for Refused {
    fn exit_status(&self) -> ExitStatus {
        match self {
            // A correct file may exist, so this is not the student's fault.
            Refused::Read { .. } => ExitStatus::Vm,
            _ => ExitStatus::Usage,
        }
    }
}

impl Submission {
    /// Takes only the file `name` from `folder`, and never follows a symbolic link.
    pub fn take(folder: &Path, name: &str) -> Result<Submission, Refused> {
        // Messages must not reveal where the folder is.
        let shown_folder = PathBuf::from(folder.file_name().unwrap_or_default());
        let shown = shown_folder.join(name);
        let failed = Refused::read(&shown);
        match fs::symlink_metadata(folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return Err(Refused::missing(shown_folder));
            }
            Err(e) => return Err(failed(e)),
            Ok(metadata) if !metadata.is_dir() => {
                let what = kind(metadata.file_type());
                return Err(Refused::NotFolder { path: shown_folder, what });
            }
            Ok(_) => {}
        }
        let mut ignored = Vec::new();
        for entry in fs::read_dir(folder).map_err(&failed)? {
            let other = entry.map_err(&failed)?.file_name().to_string_lossy().into_owned();
            if other != name && !is_litter(&other) {
                ignored.push(other);
            }
        }
        ignored.sort();
        Submission::read(&folder.join(name), shown, ignored)
    }

    /// Takes the file at `path`, and never follows a symbolic link.
    pub fn read(path: &Path, shown: PathBuf, ignored: Vec<String>) -> Result<Submission, Refused> {
        let failed = Refused::read(&shown);
        match fs::symlink_metadata(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let name = shown.file_name().unwrap_or_default().to_string_lossy();
                let near = near(&name, ignored.iter().map(String::as_str)).map(str::to_owned);
                return Err(Refused::Missing { path: shown, near });
            }
            Err(e) => return Err(failed(e)),
            Ok(metadata) if !metadata.is_file() => {
                return Err(Refused::NotPlain { path: shown, what: kind(metadata.file_type()) });
            }
            Ok(_) => {}
        }
        // The file may have become a link or a pipe in the meantime. Then opening fails
        // or nothing is read, but nothing blocks.
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(path)
            .map_err(&failed)?;
        let mut bytes = Vec::new();
        file.take(MAX_LEN + 1).read_to_end(&mut bytes).map_err(&failed)?;
        if bytes.len() as u64 > MAX_LEN {
            return Err(Refused::TooLong { path: shown });
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Submission { shown, text, ignored }),
            Err(_) => Err(Refused::NotText { path: shown }),
        }
    }
}

impl Submission {
    /// The hash of the text: two submissions with the same one are copies.
    pub fn key(&self) -> String {
        Key::builder("handed in").text("text", &self.text).finish().to_string()
    }
}

impl Refused {
    /// There is no such file or folder, nor one like it.
    pub fn missing(path: PathBuf) -> Refused {
        Refused::Missing { path, near: None }
    }

    /// For an error in reading a file that messages call `shown`.
    pub fn read(shown: &Path) -> impl Fn(io::Error) -> Refused + use<> {
        let path = shown.to_owned();
        move |e| Refused::Read { path: path.clone(), reason: e.to_string() }
    }
}

fn kind(file_type: fs::FileType) -> &'static str {
    if file_type.is_symlink() {
        "a symbolic link"
    } else if file_type.is_dir() {
        "a folder"
    } else if file_type.is_file() {
        "a file"
    } else {
        "a device, pipe or socket"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_the_named_file_is_taken_and_the_rest_is_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("main.rs"), "fn main() {}").unwrap();
        fs::write(folder.path().join("build.rs"), "x").unwrap();
        fs::create_dir(folder.path().join(".cargo")).unwrap();
        let taken = Submission::take(folder.path(), "main.rs").unwrap();
        assert_eq!(taken.text, "fn main() {}");
        assert_eq!(taken.ignored, [".cargo", "build.rs"]);
    }

    #[test]
    fn what_no_student_wrote_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["main.rs", "TASK.md", ".DS_Store", "._main.rs", "TASK.md.orig"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("__MACOSX")).unwrap();
        let taken = Submission::take(folder.path(), "main.rs").unwrap();
        assert_eq!(taken.ignored, ["TASK.md.orig"]);
    }

    #[test]
    fn a_file_that_was_probably_meant_is_told_and_not_taken() {
        for (other, is_near) in [
            ("Main.rs", true),
            ("mian.rs", true),
            ("main (1).rs", true),
            ("main.rs.txt", true),
            ("main-final.rs", true),
            ("solution.rs", false),
            ("Makefile", false),
            ("main.c.orig", false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("x")).unwrap();
            fs::write(folder.path().join("x").join(other), "").unwrap();
            let refused = Submission::take(&folder.path().join("x"), "main.rs").unwrap_err();
            let but =
                if is_near { format!(", but `{other}` looks like it") } else { String::new() };
            assert_eq!(refused.to_string(), format!("there is no `x/main.rs`{but}"));
        }
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        symlink("/etc/passwd", path("link.rs")).unwrap();
        symlink(folder.path(), path("linked")).unwrap();
        fs::create_dir(path("folder.rs")).unwrap();
        nix::unistd::mkfifo(&path("pipe.rs"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::write(path("long.rs"), vec![b' '; MAX_LEN as usize + 1]).unwrap();
        fs::write(path("bytes.rs"), [0xff]).unwrap();
        let refused = |folder: &Path, name: &str| {
            let error = Submission::take(folder, name).unwrap_err().to_string();
            error.split_once("` ").map_or(error.clone(), |(_, what)| what.to_owned())
        };
        for (name, what) in [
            ("link.rs", "is a symbolic link, not a plain file"),
            ("folder.rs", "is a folder, not a plain file"),
            ("pipe.rs", "is a device, pipe or socket, not a plain file"),
            ("long.rs", "is longer than 256 KiB"),
            ("bytes.rs", "is not UTF-8 text"),
        ] {
            assert_eq!(refused(folder.path(), name), what);
        }
        assert_eq!(refused(&path("linked"), "main.rs"), "is a symbolic link, not a folder");
        assert!(matches!(Submission::take(folder.path(), "main.rs"), Err(Refused::Missing { .. })));
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_missing() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        for (below, name) in [("file/lesson", "main.rs"), (".", &"x".repeat(300))] {
            let error = Submission::take(&folder.path().join(below), name).unwrap_err();
            assert!(matches!(error, Refused::Read { .. }), "{error}");
        }
    }
}
