//! Looking at the host. Nothing here changes anything.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::needs::{NEEDS, Need, Probe};
use super::told::told;
use crate::cache::{Cache, CacheError};
use crate::vm::command::QEMU;

/// One need, and how the host meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub need: &'static Need,
    pub state: State,
}

/// How a need is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Found {
        place: PathBuf,
        /// As the program tells it, where it has one.
        version: Option<String>,
    },
    TooOld {
        place: PathBuf,
        version: String,
    },
    Missing,
}

/// Looks for everything that the lab needs or can use, versions included.
/// Runs each program found once, with `--version`.
pub fn examine() -> Vec<Finding> {
    NEEDS.iter().map(|need| Finding { need, state: state(need) }).collect()
}

/// Those findings that keep the lab from working.
pub fn missing(findings: &[Finding]) -> Vec<&'static Need> {
    let unmet = |finding: &&Finding| !matches!(finding.state, State::Found { .. });
    findings.iter().filter(unmet).map(|f| f.need).filter(|need| !need.optional).collect()
}

/// What is missing of what is needed, and of optional things named in `also`.
/// Of all programs only QEMU is asked for
/// its version: Debian 12 has one that is just new enough.
pub(super) fn lacking(cache: &Cache, also: &[&str]) -> Result<Vec<&'static Need>, CacheError> {
    let mut lacking = Vec::new();
    let wanted = |need: &&Need| !need.optional || also.contains(&need.name);
    for need in NEEDS.iter().filter(wanted) {
        // rustc just built the lab, and distributions' own is often too old.
        if need.name != "rustc" && !meets(need, cache)? {
            lacking.push(need);
        }
    }
    Ok(lacking)
}

fn meets(need: &Need, cache: &Cache) -> Result<bool, CacheError> {
    let Some(place) = place(need) else { return Ok(false) };
    if need.name != QEMU {
        return Ok(true);
    }
    let Probe::Program { version_arg } = need.probe else { return Ok(true) };
    let version = version_in(&told(cache, &place, version_arg)?);
    Ok(matches!(judge(need, place, version), State::Found { .. }))
}

fn state(need: &Need) -> State {
    let Some(place) = place(need) else { return State::Missing };
    let version = match need.probe {
        Probe::Program { version_arg } => version(&place, version_arg),
        Probe::File { .. } => None,
    };
    judge(need, place, version)
}

/// Whether a version that was found will do.
fn judge(need: &Need, place: PathBuf, version: Option<String>) -> State {
    match (version, need.minimum) {
        (Some(version), Some(minimum)) if numbers(&version) < Some(minimum) => {
            State::TooOld { place, version }
        }
        (version, _) => State::Found { place, version },
    }
}

/// Where a need is met, if anywhere.
fn place(need: &Need) -> Option<PathBuf> {
    match need.probe {
        Probe::Program { .. } => on_path(need.name),
        Probe::File { places } => places.iter().map(PathBuf::from).find(|path| path.exists()),
    }
}

/// Looks a program up the way execvp(3) does.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn version(program: &Path, arg: &str) -> Option<String> {
    let output = Command::new(program).arg(arg).output().ok()?;
    version_in(&String::from_utf8_lossy(&output.stdout))
}

/// The first thing in a text that looks like a version: digits and points,
/// with at least one point between digits.
fn version_in(text: &str) -> Option<String> {
    let word = |c: char| !(c.is_ascii_digit() || c == '.');
    text.split(word)
        .map(|word| word.trim_matches('.'))
        .find(|word| word.contains('.'))
        .map(str::to_owned)
}

/// Major and minor number of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        let of = |text| version_in(text).unwrap();
        assert_eq!(of("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\n"), "7.2.22");
        assert_eq!(of("gcc (Debian 12.2.0-14+deb12u1) 12.2.0\n"), "12.2.0");
        assert_eq!(of("xz (XZ Utils) 5.4.1\nliblzma 5.4.1\n"), "5.4.1");
        assert_eq!(of("rustc 1.95.0 (59807616e 2026-04-14)"), "1.95.0");
        assert_eq!(version_in("BusyBox"), None);
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(numbers("7.2.22") >= Some((7, 2)));
        assert!(numbers("10.0") >= Some((7, 2)));
        assert!(numbers("6.9") < Some((7, 2)));
    }

    #[test]
    fn a_program_is_a_file_that_can_be_executed() {
        assert!(on_path("sh").is_some());
        assert_eq!(on_path("no-such-program"), None);
        assert!(!is_program(Path::new("/etc/passwd")));
        assert!(!is_program(Path::new("/etc")));
    }

    #[test]
    fn optional_things_are_not_missing() {
        let findings: Vec<_> =
            NEEDS.iter().map(|need| Finding { need, state: State::Missing }).collect();
        let missing = missing(&findings);
        assert!(missing.iter().any(|need| need.name == "flex"));
        assert!(!missing.iter().any(|need| need.name == "gdb"));
    }
}
