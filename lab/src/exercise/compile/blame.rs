//! Decides whether a compile error is the file's fault or the host's.

use std::path::Path;

use builder::guest::kmods;
use builder::sandbox::{self, Finished, Status};
use tempfile::TempDir;

use super::CompileError;

/// A file to compile.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The name for the file in messages.
    pub path: &'a Path,
    pub text: &'a str,
    /// A file that compiles in its place if the host is in order.
    pub right: &'a str,
}

impl Source<'_> {
    /// Compiles the file in a folder of its own, below `target`. Returns the folder, and
    /// what the compiler printed all the same.
    ///
    /// If that fails and an error of the compiler has no place in the file, the host may be
    /// at fault: a full disk, a missing library, a killed part of the compiler. It is the
    /// file's fault only if the right file compiles on this host now and this one still
    /// does not.
    pub fn compile(
        self,
        target: &Path,
        compile: impl Fn(&Path, &str) -> Result<Finished, CompileError>,
        names_place: impl Fn(&str, &Path) -> bool,
    ) -> Result<(TempDir, String), CompileError> {
        let compile = |text: &str| -> Result<Result<(TempDir, String), Finished>, CompileError> {
            let folder = kmods::workplace(target)?;
            let finished = compile(folder.path(), text)?;
            // If it failed, its folder is removed here, which frees the disk.
            Ok(if finished.succeeded() { Ok((folder, finished.output)) } else { Err(finished) })
        };
        let first = match compile(self.text)? {
            Ok(compiled) => return Ok(compiled),
            Err(finished) => finished,
        };
        let file = self.path.to_owned();
        if names_place(&first.output, self.path) {
            return Err(CompileError::Compile { file, output: first.output });
        }
        self.explained(target, first)?;
        if let Err(Finished { output, .. }) = compile(self.right)? {
            let reason = "a correct file does not compile either".to_owned();
            return Err(CompileError::Unexplained { file, reason, output });
        }
        let again = match compile(self.text)? {
            // The problem was temporary.
            Ok(compiled) => return Ok(compiled),
            Err(finished) => self.explained(target, finished)?,
        };
        Err(match again.status {
            Status::Ended(status) if status.code().is_none() => CompileError::Excess { file },
            _ => CompileError::Compile { file, output: again.output },
        })
    }

    /// Fails if a problem of the host may explain why a compiler failed.
    fn explained(self, target: &Path, finished: Finished) -> Result<Finished, CompileError> {
        match finished.meddled().or_else(|| sandbox::lacking(target)) {
            None => Ok(finished),
            Some(reason) => {
                let (file, output) = (self.path.to_owned(), finished.output);
                Err(CompileError::Unexplained { file, reason, output })
            }
        }
    }
}

/// rustc's messages about a crate that it cannot load. They name the place in the file
/// that uses the crate, but the host may lack the crate.
const LOADING: &[&str] =
    &["[E0460]", "[E0461]", "[E0462]", "[E0463]", "[E0514]", "[E0519]", "[E0786]"];

/// The beginning of rustc's last message, which counts the others.
const SUMMARY: &str = "error: aborting due to";

/// Whether all errors of rustc have a place in the file. One without may be the host's
/// fault and the reason for others: if there is no memory for the standard library, no
/// name of it is found.
pub fn rustc_names_place(output: &str, file: &Path) -> bool {
    let place = format!("--> {}:", file.display());
    let mut errors = output
        .split("\n\n")
        .map(|message| message.trim_start_matches('\n'))
        .filter(|message| message.starts_with("error") && !message.starts_with(SUMMARY))
        .map(|message| {
            let (title, rest) = message.split_once('\n').unwrap_or((message, ""));
            let is_loading = LOADING.iter().any(|code| title.contains(code));
            !is_loading && rest.lines().any(|line| line.trim_start().starts_with(&place))
        })
        .peekable();
    errors.peek().is_some() && errors.all(|is_placed| is_placed)
}

/// Whether a C compiler gives an error with a place in the file. A `fatal error` does not
/// count: it is about a missing file.
pub fn cc_names_place(output: &str, file: &Path) -> bool {
    let file = format!("{}:", file.display());
    output.lines().any(|line| line.starts_with(&file) && line.contains(": error: "))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    const PLACE: &str = "error: this\n  --> main.rs:1:1\n";

    /// The verdict on a file if the compilers end like this, one after the other, and how
    /// often one ran.
    fn blamed(ends: &[(i32, &str)]) -> (String, usize) {
        let target = tempfile::tempdir().unwrap();
        let calls = Cell::new(0);
        let compile = |_: &Path, text: &str| {
            let call = calls.replace(calls.get() + 1);
            assert_eq!(text, ["student's", "right", "student's"][call]);
            let (status, output) = ends[call];
            let status = Status::Ended(ExitStatus::from_raw(status));
            Ok(Finished { status, output: output.to_owned() })
        };
        let source = Source { path: Path::new("main.rs"), text: "student's", right: "right" };
        let result = source.compile(target.path(), compile, rustc_names_place);
        (result.map_or_else(|e| e.to_string(), |_| "compiled".to_owned()), calls.get())
    }

    #[test]
    fn only_what_the_file_alone_explains_is_the_files() {
        const OK: i32 = 0;
        const FAILED: i32 = 1 << 8;
        const ABORTED: i32 = 6;
        const BUS: i32 = 7;
        const KILLED: i32 = 9;
        const CPU: i32 = 24;
        let its_own = "`main.rs` does not compile";
        let excess = "compiling `main.rs` takes more than a compiler gets: \
                      20 s, 1024 MiB of memory, files of 16 MiB";
        let hosts = |reason: &str| {
            format!("failed to compile `main.rs`, which need not be its fault: {reason}")
        };
        let either = hosts("a correct file does not compile either");
        let killed = hosts("it was ended by signal 9 (SIGKILL)");
        let bus = hosts("a part of it was ended by signal 7");
        let ld = "error: linking failed\n  = note: collect2: fatal error: ld terminated with \
                  signal 7 [Bus error]\n";
        for (ends, said, calls) in [
            (&[(OK, "")][..], "compiled", 1),
            (&[(FAILED, PLACE)], its_own, 1),
            // A library is missing on the host.
            (&[(FAILED, "error: linking failed\n"), (FAILED, "")], &either, 2),
            // A library was missing for a while.
            (&[(FAILED, "error: linking failed\n"), (OK, ""), (OK, "")], "compiled", 3),
            // The student asks for a library that does not exist.
            (&[(FAILED, "error: no -lx\n"), (OK, ""), (FAILED, "error: no -lx\n")], its_own, 3),
            (&[(ABORTED, ""), (OK, ""), (ABORTED, "")], excess, 3),
            (&[(CPU, ""), (OK, ""), (CPU, "")], excess, 3),
            (&[(KILLED, "")], &killed, 1),
            (&[(ABORTED, ""), (OK, ""), (KILLED, "")], &killed, 3),
            (&[(BUS, "")], &hosts("it was ended by signal 7 (SIGBUS)"), 1),
            (&[(FAILED, ld)], &bus, 1),
        ] {
            assert_eq!(blamed(ends), (said.to_owned(), calls), "{ends:?}");
        }
    }

    #[test]
    fn a_place_is_one_of_an_error_in_the_file() {
        let rustc = |output: &str| rustc_names_place(output, Path::new("a/main.rs"));
        assert!(rustc("error[E0308]: mismatched types\n  --> a/main.rs:2:5\n"));
        assert!(rustc("warning: x\n --> a/main.rs:1:1\n\nerror: y\n --> a/main.rs:2:2\n"));
        assert!(!rustc("warning: x\n --> a/main.rs:1:1\n\nerror: linking with `cc` failed\n"));
        assert!(!rustc("error[E0463]: can't find crate for `nix`\n --> a/main.rs:2:5\n"));
        assert!(!rustc("error: x\n --> /lib/main.rs:2:5\n"));
        let missing = "error[E0425]: cannot find type `Box`\n --> a/main.rs:2:5\n";
        let count = "error: aborting due to 2 previous errors\n";
        assert!(rustc(&format!("{missing}\n{missing}\n{count}")));
        let stub = "error: only metadata stub found for `rlib` dependency `core`\n";
        assert!(!rustc(&format!("{stub}\n{missing}\n{count}")));
        let map =
            "error[E0786]: found invalid metadata files for crate `std`\n --> a/main.rs:1:5\n";
        assert!(!rustc(&format!("{missing}\n{map}\n{count}")));
        let cc = |output: &str| cc_names_place(output, Path::new("a/lab_x.c"));
        assert!(cc("a/lab_x.c:3:1: error: expected `;`\n"));
        assert!(!cc("a/lab_x.c:3:1: warning: unused\n"));
        assert!(!cc("a/lab_x.c:3:10: fatal error: linux/x.h: No such file or directory\n"));
    }
}
