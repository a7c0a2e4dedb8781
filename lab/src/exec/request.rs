//! A person's request, and its form on the command line.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use builder::guest::kmod_folder::Trust;
use explain::{ExitStatus, Explain};
use host::on_path;
use protocol::session::Brought;
use protocol::{LAB, TraceEvent, User};

use super::executable::{ExecutableError, without_steps};
use crate::error::Error;

/// A program to run, and everything that it should find.
#[derive(Debug, Clone)]
pub struct Request {
    /// The executable's absolute path, which is the same in the guest.
    pub program: PathBuf,
    /// Its name as the person typed it.
    pub argv0: String,
    pub args: Vec<String>,
    /// Variables to add to the environment or to replace in it.
    pub env: Vec<(String, String)>,
    /// Modules to load before the program starts, in this order.
    pub kmods: Vec<Kmod>,
    pub files: Vec<Carry>,
    /// Programs of the host that come along, with everything that they need.
    pub with: Vec<PathBuf>,
    pub out: Vec<Fetch>,
    /// A folder of the host for the modules that are built.
    pub kmod_out: Option<PathBuf>,
    /// Whether the kernel log is shown as it comes.
    pub console: bool,
    /// Trace events to record.
    pub events: Vec<TraceEvent>,
    /// The time on the host's clock after which the program is killed. `None` for no
    /// limit.
    pub timeout: Option<Duration>,
    /// The guest time after which the program is killed. `None` for no limit.
    pub guest_timeout: Option<Duration>,
    /// Memory that the program wants, bytes.
    pub memory: u64,
    pub user: User,
}

/// A module to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kmod {
    /// `FILE.ko` or `FILE.ko:PARAMETERS`.
    File { path: PathBuf, params: String },
    /// A folder with a Kbuild or Makefile. Its modules are built first.
    Source { source: KmodSource, trust: Trust },
}

/// `DIR` or `DIR:PARAMETERS`: a folder with the source of modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmodSource {
    pub folder: PathBuf,
    pub params: String,
}

/// `HOST:GUEST`: a file or folder of the host, and its path in the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carry {
    pub host: PathBuf,
    pub guest: String,
}

impl Carry {
    /// PID 1's instruction for a file. `None` for a folder.
    pub(super) fn brought(&self) -> Option<Brought> {
        let name = self.host.file_name().filter(|_| !self.host.is_dir())?;
        let name = name.to_string_lossy().into_owned();
        Some(Brought { guest: self.guest.clone(), name })
    }
}

/// `GUEST:HOST`: a file of the guest, and the path for it on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    pub guest: String,
    pub host: PathBuf,
}

impl Request {
    /// A request for a program and nothing else.
    pub fn new(program: &str, args: Vec<String>) -> Result<Request, ExecutableError> {
        Ok(Request {
            program: find(program)?,
            argv0: program.to_owned(),
            args,
            env: Vec::new(),
            kmods: Vec::new(),
            files: Vec::new(),
            with: Vec::new(),
            out: Vec::new(),
            kmod_out: None,
            console: false,
            events: Vec::new(),
            timeout: None,
            guest_timeout: None,
            memory: 0,
            user: protocol::USERS[0],
        })
    }

    /// The program's path in the guest.
    pub(super) fn guest_path(&self) -> String {
        without_steps(&self.program.to_string_lossy())
    }

    /// The program's whole environment: `PATH`, `HOME`, and the person's variables.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let given = |name: &str| self.env.iter().any(|(given, _)| given == name);
        let mut env = Vec::new();
        let path = format!("{LAB}:/bin:/sbin:/usr/bin:/usr/sbin");
        for (name, value) in [("PATH", path.as_str()), ("HOME", self.user.home)] {
            if !given(name) {
                env.push((name.to_owned(), value.to_owned()));
            }
        }
        env.extend(self.env.iter().cloned());
        env
    }
}

/// Finds several programs.
pub fn find_all(programs: &[String]) -> Result<Vec<PathBuf>, ExecutableError> {
    programs.iter().map(|program| find(program)).collect()
}

/// Finds a program as execvp(3) does: along `PATH` if its name has no slash.
fn find(program: &str) -> Result<PathBuf, ExecutableError> {
    let found = match program.contains('/') {
        true => Some(PathBuf::from(program)),
        false => on_path(program),
    };
    found
        .and_then(|path| std::path::absolute(path).ok())
        .filter(|path| path.to_str().is_some())
        .ok_or_else(|| ExecutableError::NotFound { program: program.to_owned() })
}

/// Nothing can be copied out to this place.
#[derive(Debug, thiserror::Error)]
#[error("failed to write `{}`: {reason}", path.display())]
struct NoPlace {
    path: PathBuf,
    reason: &'static str,
}

impl Explain for NoPlace {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }
}

impl Fetch {
    /// Checks that there is a place for the file or folder, before anything runs.
    pub(super) fn look(&self) -> Result<(), Error> {
        let place = self.host.parent().filter(|parent| *parent != Path::new(""));
        let reason = match place.unwrap_or(Path::new(".")).is_dir() {
            false => "there is no such folder",
            true if self.host.is_dir() => "there is a folder with this name",
            true => return Ok(()),
        };
        Err(NoPlace { path: self.host.clone(), reason }.into())
    }
}

impl Kmod {
    /// Checks that it exists. Otherwise the build would complain about missing content.
    pub(super) fn look(&self) -> Result<(), Error> {
        match self {
            Kmod::File { path, .. } => fs_err::File::open(path).map(drop)?,
            Kmod::Source { source, .. } => fs_err::read_dir(&source.folder).map(drop)?,
        }
        Ok(())
    }
}

impl FromStr for Kmod {
    type Err = String;

    fn from_str(s: &str) -> Result<Kmod, String> {
        let (path, params) = match s.split_once(".ko:") {
            Some((path, params)) => (format!("{path}.ko"), params),
            None => (s.to_owned(), ""),
        };
        if !path.ends_with(".ko") {
            return Err(format!("`{s}` is not FILE.ko or FILE.ko:PARAMETERS"));
        }
        Ok(Kmod::File { path: path.into(), params: params.to_owned() })
    }
}

impl FromStr for KmodSource {
    type Err = String;

    fn from_str(s: &str) -> Result<KmodSource, String> {
        let (folder, params) = match s.split_once(':') {
            Some((folder, params)) if params.contains('=') => (folder, params),
            _ => (s, ""),
        };
        match folder.is_empty() {
            true => Err(format!("`{s}` is not DIR or DIR:NAME=VALUE")),
            false => Ok(KmodSource { folder: folder.into(), params: params.to_owned() }),
        }
    }
}

impl FromStr for Carry {
    type Err = String;

    fn from_str(s: &str) -> Result<Carry, String> {
        match s.rsplit_once(':') {
            Some((host, guest)) if !host.is_empty() && is_absolute(guest) => {
                Ok(Carry { host: host.into(), guest: guest.to_owned() })
            }
            _ => Err(format!("`{s}` is not HOST:GUEST with an absolute path in the guest")),
        }
    }
}

impl FromStr for Fetch {
    type Err = String;

    fn from_str(s: &str) -> Result<Fetch, String> {
        match s.split_once(':') {
            Some((guest, host)) if !host.is_empty() && is_absolute(guest) => {
                Ok(Fetch { guest: guest.to_owned(), host: host.into() })
            }
            _ => Err(format!("`{s}` is not GUEST:HOST with an absolute path in the guest")),
        }
    }
}

/// Whether a path is absolute and has no `..`.
fn is_absolute(guest: &str) -> bool {
    guest.len() > 1 && guest.starts_with('/') && Path::new(guest).iter().all(|part| part != "..")
}

/// Parses `NAME=VALUE`. The value may be empty and may contain `=`.
pub fn variable(s: &str) -> Result<(String, String), String> {
    match s.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{s}` is not NAME=VALUE")),
    }
}

/// Parses a positive number of seconds.
pub fn seconds(s: &str) -> Result<Duration, String> {
    s.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|time| time.as_millis() > 0)
        .ok_or_else(|| format!("`{s}` is not a number of seconds"))
}

/// Parses a size, such as 512M or 2G, into bytes.
pub fn size(s: &str) -> Result<u64, String> {
    let parsed =
        [("M", 1 << 20), ("G", 1 << 30)].into_iter().find_map(|(unit, bytes): (_, u64)| {
            s.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(bytes)
        });
    parsed.ok_or_else(|| format!("`{s}` is not a size such as 512M or 2G"))
}

/// Parses the name of one of the guest's users.
pub fn user(s: &str) -> Result<User, String> {
    protocol::user(s).ok_or_else(|| {
        let names: Vec<&str> = protocol::USERS.iter().map(|user| user.name).collect();
        format!("the guest has no user `{s}`, but {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_may_have_parameters() {
        let file =
            |path: &str, params: &str| Kmod::File { path: path.into(), params: params.into() };
        assert_eq!("a/b.ko".parse(), Ok(file("a/b.ko", "")));
        assert_eq!("b.ko:x=1 y=a:b".parse(), Ok(file("b.ko", "x=1 y=a:b")));
        assert!("b.o".parse::<Kmod>().is_err());
        let source = |folder: &str, params: &str| {
            Ok(KmodSource { folder: folder.into(), params: params.to_owned() })
        };
        assert_eq!("a:b".parse(), source("a:b", ""));
        assert_eq!("a:x=1 y=b:c".parse(), source("a", "x=1 y=b:c"));
        assert!(":x=1".parse::<KmodSource>().is_err());
    }

    #[test]
    fn places_in_the_guest_are_absolute() {
        let carry = Carry { host: "a:b".into(), guest: "/x".to_owned() };
        assert_eq!("a:b:/x".parse(), Ok(carry));
        let fetch = Fetch { guest: "/x".to_owned(), host: "a:b".into() };
        assert_eq!("/x:a:b".parse(), Ok(fetch));
        for wrong in ["a", "a:", ":/x", "a:x", "a:/../x", "a:/"] {
            assert!(wrong.parse::<Carry>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn variables_may_hold_anything() {
        assert_eq!(variable("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert_eq!(variable("A="), Ok(("A".to_owned(), String::new())));
        assert!(variable("A").is_err() && variable("=b").is_err());
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(size("512M"), Ok(512 << 20));
        assert_eq!(size("2G"), Ok(2 << 30));
        for wrong in ["", "M", "512", "-1M", "1.5G", "99999999999G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_environment_is_whole() {
        let mut request = Request::new("/bin/true", Vec::new()).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        request.env = vec![pair("A", "1"), pair("HOME", "/x")];
        let path = pair("PATH", "/lab:/bin:/sbin:/usr/bin:/usr/sbin");
        assert_eq!(request.environment(), [path, pair("A", "1"), pair("HOME", "/x")]);
    }

    #[test]
    fn a_program_is_looked_for_along_the_path() {
        let request = Request::new("sh", Vec::new()).unwrap();
        assert!(request.program.is_absolute() && request.program.ends_with("sh"));
        assert_eq!(request.argv0, "sh");
        let error = Request::new("no-such-program", Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "failed to find `no-such-program`");
    }
}
