//! The command line proper: where it is, whether it is up to date, and how to build it.
//!
//! Asking Cargo whether anything has changed costs as much as the rest of
//! `cargo xtask list`. So a note is kept next to the program: the source files, which
//! Cargo lists, and their times. The launcher is in it too. Cargo has just made sure that
//! the launcher is current, so another compiler, other flags or another profile give
//! another launcher.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::SystemTime;

use host::PACK;

/// The name of the package and of its program.
const NAME: &str = "upcall";

/// The command line's program.
pub struct Program {
    pub path: PathBuf,
    /// Whether it must contain the tests.
    tests: bool,
    launcher: PathBuf,
    /// The folder of the checkout.
    root: PathBuf,
}

impl Program {
    /// The program in this launcher's folder, where Cargo puts it. `None` if Cargo did
    /// not start this launcher.
    pub fn beside_this(tests: bool) -> Option<Program> {
        let launcher = std::env::current_exe().ok()?;
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)?;
        let root = manifest.parent()?.to_owned();
        let path = match is_packed(&root) {
            true => root.join(NAME),
            false => launcher.with_file_name(NAME),
        };
        Some(Program { path, tests, launcher, root })
    }

    /// Whether this is a pack, which has the program itself and not its sources.
    pub fn is_packed(&self) -> bool {
        is_packed(&self.root)
    }

    /// Whether it exists and nothing that it was built from has changed. A program with
    /// the tests can do everything that one without can.
    pub fn is_current(&self) -> bool {
        self.is_as_noted(true) || !self.tests && self.is_as_noted(false)
    }

    /// Whether something that it was built from has changed.
    fn is_outdated(&self) -> bool {
        self.path.exists() && !self.is_as_noted(true) && !self.is_as_noted(false)
    }

    fn is_as_noted(&self, tests: bool) -> bool {
        let noted = std::fs::read_to_string(self.note_path()).unwrap_or_default();
        self.state(tests).is_some_and(|now| now == noted)
    }

    /// Records the sources of a build that began at `began`. If a file was changed since
    /// then, the program may contain its old content. Then nothing is recorded, and Cargo
    /// is asked the next time. The same happens if the note cannot be written.
    pub fn note(&self, began: SystemTime) {
        let unchanged = |file: &PathBuf| {
            file.metadata().and_then(|meta| meta.modified()).is_ok_and(|time| time < began)
        };
        if self.sources().is_some_and(|files| files.iter().all(unchanged))
            && let Some(state) = self.state(self.tests)
        {
            let new = self.path.with_extension(format!("note.{}", std::process::id()));
            let _ =
                std::fs::write(&new, state).and_then(|()| std::fs::rename(new, self.note_path()));
        }
    }

    /// Makes Cargo build it, with its progress on stderr.
    pub fn build(&self, cargo: &Path) -> std::io::Result<ExitStatus> {
        let mut command = Command::new(cargo);
        command.args(["build", "--package", NAME, "--manifest-path"]);
        command.arg(self.root.join("Cargo.toml"));
        if self.tests {
            command.args(["--features", "test"]);
        }
        // Data for faster rebuilds would make this build larger and slower. Only people
        // who change the lab need it.
        if !self.is_outdated() {
            command.env("CARGO_INCREMENTAL", "0");
        }
        // Variables that Cargo sets for the launcher must not affect the next build.
        for (name, _) in std::env::vars_os() {
            let text = name.to_str().unwrap_or_default();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name);
            }
        }
        command.status()
    }

    fn note_path(&self) -> PathBuf {
        self.path.with_extension("note")
    }

    /// The files that Cargo built it from.
    fn sources(&self) -> Option<BTreeSet<PathBuf>> {
        let made_of = std::fs::read_to_string(self.path.with_extension("d")).ok()?;
        let sources = dependencies(&made_of);
        let mut files: BTreeSet<PathBuf> = manifests(&self.root, &sources);
        files.extend(sources);
        Some(files)
    }

    /// The program and everything that it was built from, one per line. `None` if a file
    /// does not exist.
    fn state(&self, tests: bool) -> Option<String> {
        let mut files = self.sources()?;
        files.insert(self.launcher.clone());
        files.insert(self.path.clone());
        let mut state = format!("tests: {tests}\n");
        for file in files {
            let meta = file.metadata().ok()?;
            let (changed, nanoseconds) = (meta.mtime(), meta.mtime_nsec());
            let (inode, size) = (meta.ino(), meta.len());
            let path = file.display();
            writeln!(state, "{changed}.{nanoseconds:09} {inode} {size} {path}").ok()?;
        }
        Some(state)
    }
}

fn is_packed(root: &Path) -> bool {
    root.join(PACK).is_file()
}

/// Reads the rule that Cargo writes for make: `PROGRAM: FILE FILE…`, with backslashes
/// before spaces in names.
fn dependencies(rule: &str) -> BTreeSet<PathBuf> {
    let files = rule.lines().next().and_then(|line| line.split_once(": ")).unwrap_or_default().1;
    let mut names = vec![String::new()];
    let mut characters = files.chars();
    while let Some(character) = characters.next() {
        match (character, names.last_mut()) {
            (' ', _) => names.push(String::new()),
            ('\\', Some(name)) => name.extend(characters.next()),
            (_, Some(name)) => name.push(character),
            (_, None) => {}
        }
    }
    names.into_iter().filter(|name| !name.is_empty()).map(PathBuf::from).collect()
}

/// The workspace's files, and the manifests of the packages that these files belong to.
fn manifests(root: &Path, files: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let folders: BTreeSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
    let packages = folders.iter().flat_map(|folder| {
        folder.ancestors().take_while(|folder| *folder != root).map(|f| f.join("Cargo.toml"))
    });
    let of_workspace = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"].map(|f| root.join(f));
    packages.chain(of_workspace).filter(|file| file.exists()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_off_what_cargo_writes_for_make() {
        let rule = "/a/target/upcall: /a/lab/src/lib.rs /a\\ b/c\\\\d.rs\n\n/a/lab/src/lib.rs:\n";
        let expected = ["/a/lab/src/lib.rs", "/a b/c\\d.rs"].map(PathBuf::from);
        assert_eq!(dependencies(rule), BTreeSet::from(expected));
        assert_eq!(dependencies(""), BTreeSet::new());
    }

    /// A checkout with a program that was built from one file.
    fn program(root: &Path) -> Program {
        std::fs::create_dir_all(root.join("lab/src")).unwrap();
        let (path, source) = (root.join("upcall"), root.join("lab/src/lib.rs"));
        for file in ["Cargo.toml", "Cargo.lock", "lab/Cargo.toml", "lab/src/lib.rs", "upcall", "x"]
        {
            std::fs::write(root.join(file), file).unwrap();
        }
        let rule = format!("{}: {}\n", path.display(), source.display());
        std::fs::write(root.join("upcall.d"), rule).unwrap();
        Program { path, tests: false, launcher: root.join("x"), root: root.to_owned() }
    }

    #[test]
    fn any_change_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let program = program(folder.path());
        assert!(!program.is_current(), "nothing was noted yet");
        program.note(SystemTime::UNIX_EPOCH);
        assert!(!program.is_current(), "the sources were changed during that build");
        program.note(SystemTime::now());
        assert!(program.is_current());
        for file in ["Cargo.toml", "Cargo.lock", "lab/Cargo.toml", "lab/src/lib.rs", "upcall", "x"]
        {
            std::fs::write(folder.path().join(file), "other").unwrap();
            assert!(!program.is_current(), "{file}");
            program.note(SystemTime::now());
            assert!(program.is_current(), "{file}");
        }
        // Another file with the same size and time, as in a copied checkout.
        let source = folder.path().join("lab/src/lib.rs");
        std::fs::copy(&source, folder.path().join("copy")).unwrap();
        std::fs::rename(folder.path().join("copy"), &source).unwrap();
        assert!(!program.is_current());
        std::fs::remove_file(&source).unwrap();
        assert!(!program.is_current());
    }

    #[test]
    fn a_program_with_tests_serves_where_none_are_needed() {
        let folder = tempfile::tempdir().unwrap();
        let without = program(folder.path());
        let with = Program { tests: true, ..program(folder.path()) };
        with.note(SystemTime::now());
        assert!(with.is_current() && without.is_current());
        without.note(SystemTime::now());
        assert!(without.is_current() && !with.is_current());
    }
}
