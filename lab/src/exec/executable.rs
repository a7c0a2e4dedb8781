//! The files that a host executable needs besides itself.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use host::on_path;

use super::elf::{self, Image, NoImage};
use super::linker::{Linker, Missing};

/// Why a host program cannot run in the guest.
#[derive(Debug, thiserror::Error)]
pub enum ExecutableError {
    #[error("failed to find `{program}`")]
    NotFound { program: String },
    #[error("failed to read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("failed to copy `{}`: it is {kind}, not a file, folder or link", path.display())]
    Special { path: PathBuf, kind: &'static str },
    #[error("failed to run `{}`: it is not a Linux executable", path.display())]
    NotExecutable { path: PathBuf },
    #[error("failed to run `{}`: it is made for {architecture}, the machine is x86-64", path.display())]
    Foreign { path: PathBuf, architecture: String },
    #[error("failed to run `{}`: the host lacks its interpreter `{interpreter}`", path.display())]
    NoInterpreter { path: PathBuf, interpreter: String },
    #[error("failed to run `{}`: `{needer}` needs `{library}`, which {}", path.display(), not_found(places))]
    NoLibrary { path: PathBuf, needer: String, library: String, places: Vec<String> },
    #[error("failed to run `{}`: `{library}`, which `{needer}` needs, is not a library", path.display())]
    BadLibrary { path: PathBuf, needer: String, library: String },
}

fn not_found(places: &[String]) -> String {
    match places {
        [] => "is not there".to_owned(),
        _ => format!("was not found in: {}", places.join(", ")),
    }
}

impl Explain for ExecutableError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            // It may be a limit of the host.
            ExecutableError::Read { source, .. } => source.exit_status(),
            _ => ExitStatus::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            ExecutableError::NotFound { program } if !program.contains('/') => {
                Some(format!("a program that is not on PATH needs a slash: `./{program}`"))
            }
            ExecutableError::NotExecutable { .. } => {
                Some("an ELF executable, or a script that begins with #!, can be run".to_owned())
            }
            ExecutableError::NoInterpreter { path, interpreter } if interpreter.ends_with('\r') => {
                let path = path.display();
                Some(format!(
                    "its lines end as Windows has them, with a carriage return: \
                     sed -i 's/\\r$//' {path}"
                ))
            }
            ExecutableError::NoInterpreter { interpreter, .. } => Some(format!(
                "install `{interpreter}`, or carry the script along and name its interpreter: \
                 exec --file SCRIPT:/tmp/script -- INTERPRETER /tmp/script"
            )),
            ExecutableError::NoLibrary { .. } => Some(
                "install the library, carry it to one of these places with --file, or link the \
                 program statically: `gcc -static`"
                    .to_owned(),
            ),
            ExecutableError::NotFound { .. }
            | ExecutableError::Read { .. }
            | ExecutableError::Special { .. }
            | ExecutableError::BadLibrary { .. }
            | ExecutableError::Foreign { .. } => None,
        }
    }
}

/// How the kernel starts an executable.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// Directly, or through the dynamic linker that it names.
    Elf(Image),
    /// Through the interpreter named in its first line, with everything that follows as one
    /// argument.
    Script { interpreter: String, argument: String },
}

/// The maximum number of interpreters. An interpreter may be a script itself, and the
/// kernel follows this many (`exec_binprm`, fs/exec.c).
const INTERPRETERS_MAX: u32 = 5;

/// The maximum length of a script's first line: `BINPRM_BUF_SIZE`.
const FIRST_LINE_MAX: u64 = 256;

/// What the guest already has.
#[derive(Debug, Clone, Copy)]
pub struct Guest<'a> {
    /// Host files, keyed by their path in the guest.
    pub files: &'a BTreeMap<String, PathBuf>,
    /// Where links in the guest lead, keyed by their path.
    pub links: &'a BTreeMap<String, String>,
    /// Whether `/bin/sh` exists.
    pub shell: bool,
}

/// How many links a path may lead through: `MAXSYMLINKS`, include/linux/namei.h.
const LINKS_MAX: u32 = 40;

impl Guest<'_> {
    fn has(&self, path: &str) -> bool {
        self.shell && path == "/bin/sh" || self.files.contains_key(&self.real(path))
    }

    /// The host file that the guest has, or will have, at a path.
    fn file(&self, path: &str) -> PathBuf {
        let real = self.real(path);
        match self.files.get(&real) {
            Some(host) => host.clone(),
            // The host's folders may be links, so its own `..` counts.
            None if real == without_steps(path) => path.into(),
            None => real.into(),
        }
    }

    /// A path without `..` and links, as the guest follows them.
    pub(super) fn real(&self, path: &str) -> String {
        let mut left: Vec<&str> = path.rsplit('/').collect();
        let (mut real, mut followed) = (String::new(), 0);
        while let Some(part) = left.pop() {
            match part {
                "" | "." => {}
                ".." => real.truncate(real.rfind('/').unwrap_or(0)),
                part => {
                    let next = format!("{real}/{part}");
                    match self.links.get(&next).filter(|_| followed < LINKS_MAX) {
                        Some(target) => {
                            followed += 1;
                            if target.starts_with('/') {
                                real.clear();
                            }
                            left.extend(target.rsplit('/'));
                        }
                        None => real = next,
                    }
                }
            }
        }
        if real.is_empty() { "/".to_owned() } else { real }
    }
}

/// A file that an executable needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// The path under which others need it: absolute, possibly with `..`.
    pub path: String,
    pub host: PathBuf,
}

/// The host files that an executable needs, starting with itself. None of them is run,
/// because they may be a stranger's.
pub fn needs(path: &Path, guest: Guest<'_>) -> Result<Vec<Needs>, ExecutableError> {
    needs_with_itself(0, path, guest)
}

/// The host files that an executable needs besides itself, if its path in the guest is
/// another one.
pub fn needs_elsewhere(
    path: &Path,
    place: &str,
    guest: Guest<'_>,
) -> Result<Vec<Needs>, ExecutableError> {
    needs_at(0, path, place, guest)
}

/// The host files that a library needs which a program with this linker loads while it
/// runs. Empty if one is missing, because that is found out only if the program does so.
pub fn needs_of_library(path: &Path, linker: &str, guest: Guest<'_>) -> Vec<Needs> {
    let Ok(image) = Image::read(path) else { return Vec::new() };
    loaded(path, &path.to_string_lossy(), image, linker, guest).unwrap_or_default()
}

fn needs_with_itself(
    depth: u32,
    path: &Path,
    guest: Guest<'_>,
) -> Result<Vec<Needs>, ExecutableError> {
    // A program's `$ORIGIN` is its real folder (proc_pid_exe(5)).
    let real = std::fs::canonicalize(path).map_err(read_error(path))?;
    let others = needs_at(depth, path, &real.to_string_lossy(), guest)?;
    Ok([Needs::at(&path.to_string_lossy())].into_iter().chain(others).collect())
}

fn needs_at(
    depth: u32,
    path: &Path,
    place: &str,
    guest: Guest<'_>,
) -> Result<Vec<Needs>, ExecutableError> {
    if depth > INTERPRETERS_MAX {
        return Err(ExecutableError::NotExecutable { path: path.to_owned() });
    }
    let (interpreter, argument) = match kind(path)? {
        Kind::Script { interpreter, argument } => (interpreter, argument),
        Kind::Elf(image) => {
            let Some(linker) = image.interpreter.clone() else { return Ok(Vec::new()) };
            return loaded(path, place, image, &linker, guest);
        }
    };
    let lacks = |interpreter: &str| ExecutableError::NoInterpreter {
        path: path.to_owned(),
        interpreter: interpreter.to_owned(),
    };
    let mut files = Vec::new();
    if !guest.has(&interpreter) {
        let file = PathBuf::from(&interpreter);
        if !file.is_file() {
            return Err(lacks(&interpreter));
        }
        files = needs_with_itself(depth + 1, &file, guest)?;
    }
    if let Some(program) = started_by_env(&interpreter, &argument) {
        let file = on_path(program).ok_or_else(|| lacks(program))?;
        files.extend(needs_with_itself(depth + 1, &file, guest)?);
    }
    Ok(files)
}

/// The program that env(1) starts as a script's interpreter.
fn started_by_env<'a>(interpreter: &str, argument: &'a str) -> Option<&'a str> {
    if Path::new(interpreter).file_name()? != "env" || argument.is_empty() {
        return None;
    }
    // Only with -S does it split its one argument.
    let Some(words) =
        argument.strip_prefix("-S").or_else(|| argument.strip_prefix("--split-string="))
    else {
        return Some(argument);
    };
    let mut words = words.split_whitespace();
    loop {
        match words.next()? {
            "-u" | "-C" => drop(words.next()),
            word if word.starts_with('-') || word.contains('=') => {}
            word => return Some(word),
        }
    }
}

/// A program's linker, the linker's configuration, and the libraries that it loads.
fn loaded(
    path: &Path,
    place: &str,
    image: Image,
    interpreter: &str,
    guest: Guest<'_>,
) -> Result<Vec<Needs>, ExecutableError> {
    let host = |path: &str| guest.file(path);
    let lacks = || ExecutableError::NoInterpreter {
        path: path.to_owned(),
        interpreter: interpreter.to_owned(),
    };
    let is_linker = Image::read(&host(interpreter));
    if !interpreter.starts_with('/') || !is_linker.is_ok_and(|it| it.interpreter.is_none()) {
        return Err(lacks());
    }
    let linker = Linker::new(interpreter, &host);
    let libraries = linker.libraries(place, image).map_err(|missing| {
        let path = path.to_owned();
        match missing {
            Missing::Nowhere { library, needer, places } => {
                ExecutableError::NoLibrary { path, needer, library, places }
            }
            Missing::Damaged { library, needer } => {
                ExecutableError::BadLibrary { path, needer, library }
            }
        }
    })?;
    let configuration = Some(linker.configuration()).filter(|path| host(path).is_file());
    let paths = libraries.iter().map(String::as_str).chain([interpreter]).chain(configuration);
    Ok(paths.map(|path| Needs { path: path.to_owned(), host: host(path) }).collect())
}

impl Needs {
    fn at(path: &str) -> Needs {
        Needs { path: path.to_owned(), host: path.into() }
    }
}

pub(super) fn read_error(path: &Path) -> impl FnOnce(io::Error) -> ExecutableError {
    let path = path.to_owned();
    |source| ExecutableError::Read { path, source }
}

fn kind(path: &Path) -> Result<Kind, ExecutableError> {
    let mut line = Vec::new();
    elf::open(path)
        .and_then(|file| file.take(FIRST_LINE_MAX).read_to_end(&mut line))
        .map_err(read_error(path))?;
    if let Some(line) = line.strip_prefix(b"#!") {
        let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        // As in the kernel, a carriage return is part of the name.
        let line = line.trim_matches([' ', '\t']);
        let (interpreter, argument) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        if !interpreter.is_empty() {
            let [interpreter, argument] =
                [interpreter, argument.trim_start_matches([' ', '\t'])].map(str::to_owned);
            return Ok(Kind::Script { interpreter, argument });
        }
    }
    Image::read(path).map(Kind::Elf).map_err(|error| match error {
        NoImage::Unreadable(source) => read_error(path)(source),
        NoImage::NotElf => ExecutableError::NotExecutable { path: path.to_owned() },
        NoImage::Foreign(architecture) => {
            ExecutableError::Foreign { path: path.to_owned(), architecture }
        }
    })
}

/// A path without `..`, for a guest in which no folder is a link.
pub fn without_steps(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The folders that must exist because a path leads upwards from them.
pub fn steps_from(path: &str) -> Vec<String> {
    let places = path.match_indices("/..");
    let folders = places.map(|(place, _)| &path[..place]).filter(|folder| !folder.is_empty());
    folders.map(without_steps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(bytes: &[u8]) -> Result<Kind, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        std::fs::write(&path, bytes).unwrap();
        let name = format!("{}/", folder.path().display());
        kind(&path).map_err(|e| e.to_string().replace(&name, ""))
    }

    #[test]
    fn scripts_name_their_interpreter() {
        let script = |interpreter: &str, argument: &str| {
            let [interpreter, argument] = [interpreter, argument].map(str::to_owned);
            Ok(Kind::Script { interpreter, argument })
        };
        assert_eq!(kind_of(b"#!/bin/sh\n"), script("/bin/sh", ""));
        assert_eq!(kind_of(b"#! /usr/bin/env -S  x y "), script("/usr/bin/env", "-S  x y"));
        assert_eq!(kind_of(b"#!/bin/sh\r\n"), script("/bin/sh\r", ""));
    }

    #[test]
    fn env_starts_another_interpreter() {
        let started = |argument| started_by_env("/usr/bin/env", argument);
        assert_eq!(started("bash"), Some("bash"));
        assert_eq!(started("-S perl -w"), Some("perl"));
        assert_eq!(started("-Sbash -x"), Some("bash"));
        assert_eq!(started("-S -i -u A B=c bash"), Some("bash"));
        assert_eq!((started(""), started("-S -i")), (None, None));
        // Without -S it is the name of one program.
        assert_eq!(started("bash -x"), Some("bash -x"));
        assert_eq!(started_by_env("/bin/sh", "bash"), None);
    }

    #[test]
    fn what_is_no_executable_is_refused() {
        let refused = "failed to run `program`: it is not a Linux executable".to_owned();
        assert_eq!(kind_of(b""), Err(refused.clone()));
        assert_eq!(kind_of(b"#!\n"), Err(refused.clone()));
        assert_eq!(kind_of(b"\x7fELF\x02\x01\x01"), Err(refused));
    }

    /// The files that a script or program needs in a guest that already has `has`.
    fn needs_beside(path: &Path, has: &[&str]) -> Result<Vec<Needs>, ExecutableError> {
        let files = has.iter().map(|&path| (path.to_owned(), PathBuf::from(path))).collect();
        needs(path, Guest { files: &files, links: &BTreeMap::new(), shell: false })
    }

    #[test]
    fn a_path_is_followed_as_in_the_guest() {
        let links = [("/a/l", "b"), ("/a/b/up", "../../c"), ("/abs", "/x/y"), ("/loop", "loop")];
        let links = links.map(|(path, target)| (path.to_owned(), target.to_owned())).into();
        let guest = Guest { files: &BTreeMap::new(), links: &links, shell: false };
        for (path, real) in [
            ("/a//./f", "/a/f"),
            ("/a/l/f", "/a/b/f"),
            // `..` leads out of where the link leads to.
            ("/a/l/up/../f", "/f"),
            ("/abs/../f", "/x/f"),
            ("/loop/f", "/loop/f"),
            ("/..", "/"),
        ] {
            assert_eq!(guest.real(path), real, "{path}");
        }
    }

    #[test]
    fn a_dynamic_program_needs_its_linker_and_libraries() {
        let program = std::env::current_exe().unwrap();
        let files = needs_beside(&program, &[]).unwrap();
        assert_eq!(files[0].host, program);
        for name in ["libc.so", "ld-linux", "ld.so.cache"] {
            assert!(files.iter().any(|file| file.path.contains(name)), "{name}: {files:?}");
        }
    }

    #[test]
    fn steps_upwards_are_made() {
        assert_eq!(without_steps("/a/b/../c//./d/"), "/a/c/d");
        assert_eq!(without_steps("/../a"), "/a");
        assert_eq!(steps_from("/a/bin/../lib/../x/f"), ["/a/bin", "/a/lib"]);
        assert_eq!(steps_from("/a/b"), [""; 0]);
    }

    #[test]
    fn a_script_that_interprets_itself_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, format!("#!{}\n", script.display())).unwrap();
        let error = needs_beside(&script, &[]).unwrap_err();
        assert!(matches!(error, ExecutableError::NotExecutable { .. }), "{error}");
    }

    #[test]
    fn a_script_without_its_interpreter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, "#!/nowhere/python\n").unwrap();
        let error = needs_beside(&script, &[]).unwrap_err();
        assert!(error.to_string().ends_with("the host lacks its interpreter `/nowhere/python`"));
        let files = needs_beside(&script, &["/nowhere/python"]).unwrap();
        assert_eq!(files, [Needs::at(&script.to_string_lossy())]);
    }
}
