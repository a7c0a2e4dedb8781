//! Archives of the kernel's source: checked, then unpacked.
//!
//! Nothing is unpacked whose checksum is not known: a tarball cut off by a bad
//! line looks like a whole one until its last block.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::{KernelError, debian, kernel_org};
use crate::host::stream::stream;

/// Checksums known by heart, by file name.
const PINNED: [(&str, &str); 2] =
    [(kernel_org::FILE, kernel_org::SHA256), (debian::FILE, debian::SHA256)];

/// The sha256 that a person's archive should have: known by heart, or in the
/// file `ARCHIVE.sha256` beside it, as sha256sum(1) writes it.
pub fn expected(archive: &Path) -> Result<String, KernelError> {
    let name = archive.file_name().unwrap_or_default();
    if let Some((_, sum)) = PINNED.iter().find(|(file, _)| name == *file) {
        return Ok((*sum).to_owned());
    }
    let mut sums = archive.as_os_str().to_owned();
    sums.push(".sha256");
    let (path, sums) = (archive.to_owned(), PathBuf::from(sums));
    let text = fs::read_to_string(&sums).unwrap_or_default();
    let is_sum = |word: &&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    match text.split_whitespace().find(is_sum) {
        Some(sum) => Ok(sum.to_lowercase()),
        None => Err(KernelError::NoChecksum { path, sums }),
    }
}

/// Checks the sha256 of an archive.
pub fn check(archive: &Path, expected: &str) -> Result<(), KernelError> {
    let failed = |source| KernelError::ReadSource { path: archive.to_owned(), source };
    let mut hash = Sha256::new();
    std::io::copy(&mut fs::File::open(archive).map_err(failed)?, &mut hash).map_err(failed)?;
    let found = format!("{:x}", hash.finalize());
    if found == expected {
        return Ok(());
    }
    let (path, expected) = (archive.to_owned(), expected.to_owned());
    Err(KernelError::WrongChecksum { path, expected, found })
}

/// Unpacks a tarball, or the tarball in a Debian package, so that the kernel's
/// `Makefile` comes to lie in `folder`. `scratch` is an empty folder to use.
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
            reason: "the package holds no tarball in `usr/src`",
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
        .arg(folder)
        // Where the tarball was made in blocks, xz unpacks them on all cores.
        .env("XZ_DEFAULTS", "--threads=0");
    run(command, "tar", tarball)
}

/// Runs a program that unpacks, and makes one reason of what it complains of.
fn run(mut command: Command, program: &'static str, archive: &Path) -> Result<(), KernelError> {
    command.env("LC_ALL", "C");
    let (status, tail) = stream(command, |_| Ok(()))
        .map_err(|source| KernelError::Start { program: program.to_owned(), source })?;
    if status.success() {
        return Ok(());
    }
    let text = tail.text();
    let full = "No space left on device";
    let reason = match text.lines().next() {
        // One complaint for each of thousands of files, of which the last that
        // had any room says how far it came.
        _ if text.contains(full) || text.contains(": Wrote only ") => full.to_owned(),
        Some(line) => line.to_owned(),
        None => format!("{program} ended with {status}"),
    };
    Err(KernelError::Unpack { path: archive.to_owned(), reason })
}
