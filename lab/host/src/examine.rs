//! Examines the host. Nothing here changes it.

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::needs::{Kit, NEEDS, Need, Probe, RUSTC, Version, Wanted};

/// One need, and whether the host meets it.
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
        /// As the program reports it, if it reports one.
        version: Option<String>,
    },
    TooOld {
        place: PathBuf,
        version: String,
    },
    Missing,
}

impl Finding {
    pub fn is_met(&self) -> bool {
        matches!(self.state, State::Found { .. })
    }
}

/// Names what is missing, for a person: `flex`, or `gcc 11 or newer (there is 10.2.1)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Need { name, minimum, .. } = self.need;
        match (&self.state, minimum) {
            (State::TooOld { version, .. }, Some(minimum)) => {
                write!(f, "{name} {minimum} or newer (there is {version})")
            }
            _ => f.write_str(name),
        }
    }
}

/// Returns what a program prints to its standard output when run with one argument, or
/// `None` if the program cannot be run.
pub type Ask<'a> = &'a dyn Fn(&Path, &str) -> Option<String>;

/// Runs the program to get its answer.
pub fn ask(program: &Path, arg: &str) -> Option<String> {
    let output = Command::new(program).arg(arg).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Looks for everything that the lab needs or can use. Runs each program that it finds
/// once, with `--version`.
pub fn examine() -> Vec<Finding> {
    NEEDS.iter().map(|need| find(need, true, &ask)).collect()
}

/// The findings that keep the lab from working.
pub fn missing(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    let unmet = |finding: &&Finding| !finding.is_met() && finding.need.wanted == Wanted::ByAll;
    findings.iter().filter(unmet)
}

/// What a command needs or can use and the host lacks. Only programs with a minimum are
/// asked for their version.
pub fn lacking(command: &str, kit: Kit, ask: Ask<'_>) -> Vec<Finding> {
    // rustc has just built this program, and Cargo knows which version it wants.
    let wanted = |need: &&Need| {
        (need.is_needed_by(command) || need.is_used_by(command))
            && need.is_wanted_in(kit)
            && need.name != RUSTC
    };
    NEEDS
        .iter()
        .filter(wanted)
        .map(|need| find(need, need.minimum.is_some(), ask))
        .filter(|finding| !finding.is_met())
        .collect()
}

/// Those of some needs that the host lacks, by their names.
pub(crate) fn lacking_of(names: &[&str]) -> Vec<Finding> {
    let named = NEEDS.iter().filter(|need| names.contains(&need.name));
    let found = named.map(|need| find(need, false, &ask));
    found.filter(|finding| !finding.is_met()).collect()
}

fn find(need: &'static Need, version: bool, ask: Ask<'_>) -> Finding {
    let Some(place) = place(need) else { return Finding { need, state: State::Missing } };
    let version = match need.probe {
        Probe::Program { version_arg } if version => {
            ask(&place, version_arg).and_then(|told| version_in(&told))
        }
        _ => None,
    };
    Finding { need, state: judge(need, place, version) }
}

/// Judges whether a version is new enough.
fn judge(need: &Need, place: PathBuf, version: Option<String>) -> State {
    match (version, need.minimum) {
        (Some(version), Some(minimum)) if numbers(&version) < Some(minimum) => {
            State::TooOld { place, version }
        }
        (version, _) => State::Found { place, version },
    }
}

/// Where the host has what is needed, if anywhere.
fn place(need: &Need) -> Option<PathBuf> {
    match need.probe {
        Probe::Program { .. } => on_path(need.name),
        Probe::File { places } => places.iter().map(PathBuf::from).find(|path| path.exists()),
    }
}

/// Finds a program on the PATH, as execvp(3) does.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The first part of a text that looks like a version: digits and dots, with at least one
/// dot between digits.
fn version_in(text: &str) -> Option<String> {
    let word = |c: char| !(c.is_ascii_digit() || c == '.');
    text.split(word)
        .map(|word| word.trim_matches('.'))
        .find(|word| word.contains('.'))
        .map(str::to_owned)
}

/// The major and minor numbers of a version.
fn numbers(version: &str) -> Option<Version> {
    let mut parts = version.split('.').map(str::parse);
    Some(Version(parts.next()?.ok()?, parts.next()?.ok()?))
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
        assert_eq!(of("GNU Make 4.3\n"), "4.3");
        assert_eq!(of("rustc 1.95.0 (59807616e 2026-04-14)"), "1.95.0");
        assert_eq!(version_in("BusyBox"), None);
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(numbers("7.2.22") >= Some(Version(7, 2)));
        assert!(numbers("10.0") >= Some(Version(7, 2)));
        assert!(numbers("6.9") < Some(Version(7, 2)));
    }

    #[test]
    fn an_older_version_is_named_beside_the_oldest_that_will_do() {
        let gcc = NEEDS.iter().find(|need| need.name == "gcc").unwrap();
        let told = |version: &str| {
            let state = judge(gcc, "/usr/bin/gcc".into(), Some(version.to_owned()));
            Finding { need: gcc, state }.to_string()
        };
        assert_eq!(told("10.2.1"), "gcc 11 or newer (there is 10.2.1)");
        assert_eq!(told("12.2.0"), "gcc");
    }

    #[test]
    fn a_program_is_a_file_that_can_be_executed() {
        assert!(on_path("sh").is_some());
        assert_eq!(on_path("no-such-program"), None);
        assert!(!is_program(Path::new("/etc/passwd")));
    }
}
