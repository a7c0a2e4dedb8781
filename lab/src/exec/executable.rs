//! What an executable of the host needs beside itself.

use std::io::Read;
use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use object::Architecture;
use object::read::elf::{ElfFile, ElfFile32, ElfFile64, FileHeader, ProgramHeader};
use process::Command;

/// Why a program of the host cannot be run in the guest.
#[derive(Debug, thiserror::Error)]
pub enum ExecutableError {
    #[error("failed to find `{program}`")]
    NotFound { program: String },
    #[error("failed to read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("failed to run `{}`: it is no executable of Linux", path.display())]
    NotExecutable { path: PathBuf },
    #[error("failed to run `{}`: it is made for {architecture}, the machine is x86-64", path.display())]
    Foreign { path: PathBuf, architecture: String },
    #[error("failed to run `{}`: the host lacks its interpreter `{interpreter}`", path.display())]
    NoInterpreter { path: PathBuf, interpreter: String },
    #[error("failed to run `{}`: the host lacks its library `{library}`", path.display())]
    NoLibrary { path: PathBuf, library: String },
    #[error("failed to list the libraries of `{}`: `{interpreter}` {reason}", path.display())]
    List { path: PathBuf, interpreter: String, reason: String },
}

impl Explain for ExecutableError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        match self {
            ExecutableError::NotFound { program } if !program.contains('/') => {
                Some(format!("a program that is not on PATH needs a slash: `./{program}`"))
            }
            ExecutableError::NotExecutable { .. } => {
                Some("an ELF executable, or a script that begins with #!, can be run".to_owned())
            }
            ExecutableError::NoInterpreter { interpreter, .. } => Some(format!(
                "install `{interpreter}`, or carry the script along and name its interpreter: \
                 exec --file SCRIPT:/tmp/script -- INTERPRETER /tmp/script"
            )),
            ExecutableError::NoLibrary { .. } => {
                Some("link the program statically: `gcc -static`".to_owned())
            }
            ExecutableError::List { .. } => Some(
                "link the program statically, or carry each library along with --file".to_owned(),
            ),
            ExecutableError::NotFound { .. }
            | ExecutableError::Read { .. }
            | ExecutableError::Foreign { .. } => None,
        }
    }
}

/// How an executable is started.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// By the kernel alone.
    Static,
    /// By a dynamic linker, which finds the libraries.
    Dynamic { linker: String },
    /// By an interpreter named in its first line.
    Script { interpreter: String },
}

/// An interpreter may be a script itself; so often, and no further, does the
/// kernel follow (`exec_binprm`, fs/exec.c).
const INTERPRETERS_MAX: u32 = 5;

/// The files of the host that an executable needs, itself included, each at
/// its own path. `has` says which of them the guest has by other means.
pub fn needs(path: &Path, has: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>, ExecutableError> {
    needs_at(0, path, has)
}

fn needs_at(
    depth: u32,
    path: &Path,
    has: &dyn Fn(&str) -> bool,
) -> Result<Vec<PathBuf>, ExecutableError> {
    if depth > INTERPRETERS_MAX {
        return Err(ExecutableError::NotExecutable { path: path.to_owned() });
    }
    let mut files = vec![path.to_owned()];
    let interpreter = match kind(path)? {
        Kind::Static => None,
        Kind::Dynamic { linker } => {
            files.extend(libraries(path, &linker)?);
            Some(linker)
        }
        Kind::Script { interpreter } => Some(interpreter),
    };
    if let Some(interpreter) = interpreter.filter(|interpreter| !has(interpreter)) {
        let file = PathBuf::from(&interpreter);
        if !file.is_file() {
            return Err(ExecutableError::NoInterpreter { path: path.to_owned(), interpreter });
        }
        files.extend(needs_at(depth + 1, &file, has)?);
    }
    Ok(files)
}

fn kind(path: &Path) -> Result<Kind, ExecutableError> {
    let failed = |source| ExecutableError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(failed)?;
    if let Some(line) = bytes.strip_prefix(b"#!") {
        let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        if let Some(interpreter) = line.split_whitespace().next() {
            return Ok(Kind::Script { interpreter: interpreter.to_owned() });
        }
    }
    let none = || ExecutableError::NotExecutable { path: path.to_owned() };
    match object::FileKind::parse(&*bytes).map_err(|_| none())? {
        object::FileKind::Elf64 => {
            elf(path, &ElfFile64::<object::Endianness>::parse(&*bytes).map_err(|_| none())?)
        }
        object::FileKind::Elf32 => {
            elf(path, &ElfFile32::<object::Endianness>::parse(&*bytes).map_err(|_| none())?)
        }
        _ => Err(none()),
    }
}

fn elf<H: FileHeader>(path: &Path, file: &ElfFile<'_, H>) -> Result<Kind, ExecutableError> {
    use object::{Object, ObjectKind};
    let none = || ExecutableError::NotExecutable { path: path.to_owned() };
    match file.architecture() {
        Architecture::X86_64 | Architecture::I386 => {}
        other => {
            let architecture = format!("{other:?}");
            return Err(ExecutableError::Foreign { path: path.to_owned(), architecture });
        }
    }
    // A position-independent executable is a dynamic object by its type.
    if !matches!(file.kind(), ObjectKind::Executable | ObjectKind::Dynamic) {
        return Err(none());
    }
    for header in file.elf_program_headers() {
        if let Ok(Some(linker)) = header.interpreter(file.endian(), file.data()) {
            return Ok(Kind::Dynamic { linker: String::from_utf8_lossy(linker).into_owned() });
        }
    }
    Ok(Kind::Static)
}

/// Asks the dynamic linker itself, which runs nothing of the program: it knows
/// its search paths, caches and defaults best.
fn libraries(path: &Path, linker: &str) -> Result<Vec<PathBuf>, ExecutableError> {
    if !Path::new(linker).is_file() {
        let (path, interpreter) = (path.to_owned(), linker.to_owned());
        return Err(ExecutableError::NoInterpreter { path, interpreter });
    }
    let failed = |reason: String| ExecutableError::List {
        path: path.to_owned(),
        interpreter: linker.to_owned(),
        reason,
    };
    // Without the environment: the guest has none of the host's.
    let mut list = Command::new(linker);
    list.arg("--list").arg(path).env_clear();
    let output = list.output().map_err(|e| failed(format!("does not start: {e}")))?;
    if !output.ended.status.success() {
        return Err(failed(format!("ended with {}", output.ended.status)));
    }
    parse_list(&String::from_utf8_lossy(&output.stdout))
        .map_err(|library| ExecutableError::NoLibrary { path: path.to_owned(), library })
}

/// Parses lines such as `libc.so.6 => /lib/libc.so.6 (0x7f…)`; the error is a
/// library that was not found.
fn parse_list(text: &str) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for line in text.lines() {
        let (name, place) = match line.trim().split_once(" => ") {
            Some((name, place)) => (name, place),
            None => (line.trim(), line.trim()),
        };
        if place.starts_with("not found") {
            return Err(name.to_owned());
        }
        // Whatever has no path, such as linux-vdso.so.1, is no file.
        let file = place.rsplit_once(" (0x").map_or(place, |(file, _)| file);
        if file.starts_with('/') {
            files.push(file.into());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_libraries_are_parsed() {
        let list = "\tlinux-vdso.so.1 (0x00007ffc)\n\
                    \tlibselinux.so.1 => /lib/x86_64-linux-gnu/libselinux.so.1 (0x00007f1)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f2)\n";
        let paths = ["/lib/x86_64-linux-gnu/libselinux.so.1", "/lib64/ld-linux-x86-64.so.2"];
        assert_eq!(parse_list(list), Ok(paths.map(PathBuf::from).to_vec()));
        assert_eq!(parse_list("\tlibx.so => not found\n"), Err("libx.so".to_owned()));
    }

    fn kind_of(bytes: &[u8]) -> Result<Kind, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        std::fs::write(&path, bytes).unwrap();
        let name = format!("{}/", folder.path().display());
        kind(&path).map_err(|e| e.to_string().replace(&name, ""))
    }

    #[test]
    fn scripts_name_their_interpreter() {
        let script = |interpreter: &str| Ok(Kind::Script { interpreter: interpreter.to_owned() });
        assert_eq!(kind_of(b"#!/bin/sh\n"), script("/bin/sh"));
        assert_eq!(kind_of(b"#! /usr/bin/env -S x"), script("/usr/bin/env"));
    }

    #[test]
    fn what_is_no_executable_is_refused() {
        let refused = "failed to run `program`: it is no executable of Linux".to_owned();
        assert_eq!(kind_of(b""), Err(refused.clone()));
        assert_eq!(kind_of(b"#!\n"), Err(refused.clone()));
        assert_eq!(kind_of(b"\x7fELF\x02\x01\x01"), Err(refused));
    }

    #[test]
    fn this_test_is_a_dynamic_program() {
        let program = std::env::current_exe().unwrap();
        assert!(matches!(kind(&program), Ok(Kind::Dynamic { .. })));
        let files = needs(&program, &|_| false).unwrap();
        assert_eq!(files[0], program);
        assert!(files.iter().any(|file| file.to_string_lossy().contains("libc.so")), "{files:?}");
    }

    #[test]
    fn a_script_that_interprets_itself_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, format!("#!{}\n", script.display())).unwrap();
        let error = needs(&script, &|_| false).unwrap_err();
        assert!(matches!(error, ExecutableError::NotExecutable { .. }), "{error}");
    }

    #[test]
    fn a_script_without_its_interpreter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, "#!/nowhere/python\n").unwrap();
        let error = needs(&script, &|_| false).unwrap_err();
        assert!(error.to_string().ends_with("the host lacks its interpreter `/nowhere/python`"));
        assert_eq!(needs(&script, &|path| path == "/nowhere/python").unwrap(), [script]);
    }
}
