//! Checks and unpacks archives of the kernel's source.
//!
//! An archive with an unknown checksum is never unpacked: a download that was cut off
//! looks complete until its last block.

use fs_err as fs;
use std::path::{Path, PathBuf};

use process::{Command, stream};

use super::KernelError;
use super::pinned::PINNED;

/// Checks a person's archive, whose sha256 is `found`. The sum must be in the lab's own
/// table or in the file `ARCHIVE.sha256` beside the archive, in the format of
/// sha256sum(1).
pub fn check(archive: &Path, found: &str) -> Result<(), KernelError> {
    if PINNED.iter().any(|pinned| pinned.sha256 == found) {
        return Ok(());
    }
    let mut sums = archive.as_os_str().to_owned();
    sums.push(".sha256");
    let (path, sums) = (archive.to_owned(), PathBuf::from(sums));
    let text = fs::read_to_string(&sums).unwrap_or_default();
    let is_sum = |word: &&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let Some(expected) = text.split_whitespace().find(is_sum).map(str::to_lowercase) else {
        return Err(KernelError::NoChecksum { path, sums });
    };
    if expected == found {
        return Ok(());
    }
    Err(KernelError::WrongChecksum { path, expected, found: found.to_owned() })
}

/// Unpacks a tarball, or the tarball in a Debian package, so that the kernel's `Makefile`
/// is directly in `folder`. `scratch` is an empty folder for temporary files.
pub fn unpack(archive: &Path, folder: &Path, scratch: &Path) -> Result<(), KernelError> {
    if archive.extension().is_none_or(|extension| extension != "deb") {
        return untar(archive, folder);
    }
    let mut command = Command::new("dpkg-deb");
    command.arg("--extract").arg(archive).arg(scratch);
    run(command, "dpkg-deb", archive)?;
    let sources = scratch.join("usr/src");
    let tarball = fs::read_dir(&sources)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains(".tar."));
    match tarball {
        Some(tarball) => untar(&tarball, folder),
        None => Err(KernelError::NotSource {
            path: archive.to_owned(),
            reason: "the package holds no tarball in `usr/src`".to_owned(),
        }),
    }
}

fn untar(tarball: &Path, folder: &Path) -> Result<(), KernelError> {
    let mut command = Command::new("tar");
    command
        .arg("--extract")
        .arg("--no-same-owner")
        .arg("--strip-components=1")
        .arg("--file")
        .arg(tarball)
        .arg("--directory")
        .arg(folder);
    run(command, "tar", tarball)
}

/// Runs a program that unpacks, and turns its complaints into one reason.
fn run(mut command: Command, program: &'static str, archive: &Path) -> Result<(), KernelError> {
    // The person's own options for tar and xz in the environment must not apply.
    let inherited = ["PATH", "TMPDIR"].into_iter();
    let inherited = inherited.filter_map(|name| Some((name, std::env::var_os(name)?)));
    command.env_clear().envs(inherited).env("LC_ALL", "C");
    // If the tarball has several blocks, xz unpacks them on all cores.
    command.env("XZ_DEFAULTS", "--threads=0");
    let (status, tail) = stream(command, |_| Ok(()))
        .map_err(|source| KernelError::Start { program: program.to_owned(), source })?;
    if status.success() {
        return Ok(());
    }
    let text = tail.text();
    let full = "No space left on device";
    let reason = match text.lines().next() {
        // On a full disk there is one complaint for each of thousands of files, so name
        // only the cause.
        _ if text.contains(full) || text.contains(": Wrote only ") => full.to_owned(),
        Some(line) => line.to_owned(),
        None => format!("{program} ended with {status}"),
    };
    Err(KernelError::Unpack { path: archive.to_owned(), reason })
}
