//! Compiles the harness of an exercise. Its mistakes are the lab's, not the student's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use builder::cache::{Key, KeyBuilder, is_an_editors};
use builder::guest::{kmods, programs};
use builder::host::toolchain::Toolchain;
use fs_err as fs;

use super::program::{flags, rustc};
use super::{CompileError, Compiler, Exercise, FLAGS, NAMELESS, PROGRAM, STUDENT};

/// The kind of the cache's entries.
const KIND: &str = "submissions";

/// Additional flags for the lab's own code.
const HARNESS_FLAGS: &[&str] = &["-Dwarnings"];

impl Compiler<'_> {
    /// The file of an exercise's harness: its own, or the binary of the crate that starts
    /// a student's program.
    pub fn harness(&self, exercise: &Exercise) -> Result<PathBuf, CompileError> {
        match exercise.harness() {
            Some(folder) => self.own_harness(exercise, &folder),
            None => {
                let folder = builder::root().join(STUDENT);
                let built = programs::build(&builder::root(), &folder, self.cache, self.progress)?;
                Ok(built.folder.join("student"))
            }
        }
    }

    fn own_harness(&self, exercise: &Exercise, folder: &Path) -> Result<PathBuf, CompileError> {
        let files = Files::read(folder)?;
        let flags = flags(&[FLAGS, HARNESS_FLAGS].concat());
        let key = |toolchain: &Toolchain, crates: &Key| {
            let key = toolchain
                .add(Key::builder("harness"))
                .text("flags", &flags.join("\0"))
                .text("named", NAMELESS)
                .text("crates", &crates.to_string());
            files.add(key).finish()
        };
        // It is the lab's own, so a pack's is used as it is.
        if let Some(packed) = Toolchain::of_pack() {
            let key = key(&packed, &self.crates_key(&packed, exercise)?);
            if let Some(entry) = self.cache.find(KIND, &key) {
                return Ok(entry.join(PROGRAM));
            }
        }
        let toolchain = Toolchain::here(self.cache)?;
        let crates = &self.crates(exercise)?;
        let key = key(&toolchain, &crates.key);
        let entry = self.cache.entry(KIND, &key, self.progress, |target| {
            let build = kmods::workplace(target)?;
            files.write(build.path())?;
            let finished = rustc(&toolchain, &flags, build.path(), crates)?;
            if !finished.succeeded() {
                let shown = format!("{}/", folder.display());
                let output = finished.output.replace(&format!("{NAMELESS}/"), &shown);
                return Err(CompileError::Harness { folder: folder.to_owned(), output });
            }
            fs::copy(build.path().join(PROGRAM), target.join(PROGRAM))?;
            Ok::<(), CompileError>(())
        })?;
        Ok(entry.join(PROGRAM))
    }
}

/// The files of a harness by their names. Read once, so that the key is that of what is
/// compiled.
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// Reads all files in the folder but those of editors.
    fn read(folder: &Path) -> std::io::Result<Files> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !is_an_editors(&name) {
                files.insert(name, fs::read(entry.path())?);
            }
        }
        Ok(Files(files))
    }

    fn add(&self, key: KeyBuilder) -> KeyBuilder {
        self.0.iter().fold(key, |key, (name, content)| key.bytes(name, content))
    }

    fn write(&self, folder: &Path) -> std::io::Result<()> {
        self.0.iter().try_for_each(|(name, content)| fs::write(folder.join(name), content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a folder with these files, changes it, and says whether the key has changed.
    fn is_new(change: impl FnOnce(&Path)) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let key = || Files::read(folder.path()).unwrap().add(Key::builder("x")).finish();
        fs::write(folder.path().join("main.rs"), "mod part;\nfn main() {}\n").unwrap();
        fs::write(folder.path().join("part.rs"), "// 1\n").unwrap();
        let before = key();
        change(folder.path());
        key() != before
    }

    #[test]
    fn every_file_of_a_harness_counts() {
        assert!(is_new(|folder| fs::write(folder.join("main.rs"), "fn main() {}\n").unwrap()));
        assert!(is_new(|folder| fs::write(folder.join("part.rs"), "// 2\n").unwrap()));
        assert!(is_new(|folder| fs::write(folder.join("new.rs"), "").unwrap()));
        assert!(is_new(|folder| {
            fs::rename(folder.join("part.rs"), folder.join("other.rs")).unwrap();
        }));
        assert!(!is_new(|folder| fs::write(folder.join("part.rs"), "// 1\n").unwrap()));
    }

    #[test]
    fn what_is_compiled_is_what_was_read() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(from.path().join("main.rs"), "fn main() {}\n").unwrap();
        fs::write(from.path().join(".main.rs.swp"), "half").unwrap();
        std::os::unix::fs::symlink("person@host.1:2", from.path().join(".#main.rs")).unwrap();
        let files = Files::read(from.path()).unwrap();
        files.write(to.path()).unwrap();
        let names: Vec<_> =
            fs::read_dir(to.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["main.rs"]);
        assert!(!is_new(|folder| fs::write(folder.join("part.rs~"), "half").unwrap()));
    }
}
