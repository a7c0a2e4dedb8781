//! A program's version, remembered until the program's file changes.
//!
//! Starting QEMU just for its version costs a twentieth of a lesson.

use std::path::Path;

use host::on_path;
use process::Command;

use crate::cache::{Cache, CacheError, Key, stamp};
use crate::progress::Silent;

/// The kind of the cache's entries.
const KIND: &str = "versions";

/// The file in an entry.
const FILE: &str = "stdout";

/// Returns what a program prints to its standard output when run with `args`. Runs it
/// only if its file has changed since the last time.
pub fn told(cache: &Cache, program: &Path, args: &[&str]) -> Result<String, CacheError> {
    let key = Key::builder("version")
        .text("program", &stamp(program))
        .text("args", &args.join("\0"))
        .finish();
    let entry = cache.entry(KIND, &key, &Silent, |folder| {
        let failed = |source| CacheError::Read { path: program.to_owned(), source };
        let mut command = Command::new(program);
        command.args(args).env("LC_ALL", "C");
        let output = command.output().map_err(failed)?;
        let path = folder.join(FILE);
        std::fs::write(&path, output.stdout).map_err(|source| CacheError::Write { path, source })
    })?;
    let path = entry.join(FILE);
    let bytes = std::fs::read(&path).map_err(|source| CacheError::Read { path, source })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first line of a program's version output. `None` if the program is not on the PATH
/// or prints nothing.
pub fn version_line(cache: &Cache, name: &str) -> Option<String> {
    let told = told(cache, &on_path(name)?, &["--version"]).ok()?;
    told.lines().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_program_is_asked_again_only_when_it_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("cache")).unwrap();
        let (program, runs) = (folder.path().join("program"), folder.path().join("runs"));
        let install = |version: &str| {
            // Move it into place, because a program that is open for writing cannot be
            // run.
            let new = folder.path().join("new");
            let script = format!("#!/bin/sh\necho {version} $1\necho >>{}\n", runs.display());
            std::fs::write(&new, script).unwrap();
            std::fs::set_permissions(&new, PermissionsExt::from_mode(0o755)).unwrap();
            std::fs::rename(new, &program).unwrap();
        };
        install("7.2");
        for _ in 0..2 {
            assert_eq!(told(&cache, &program, &["--version"]).unwrap(), "7.2 --version\n");
        }
        assert_eq!(std::fs::read(&runs).unwrap().len(), 1);
        install("10.0");
        assert_eq!(told(&cache, &program, &["--version"]).unwrap(), "10.0 --version\n");
        assert_eq!(std::fs::read(&runs).unwrap().len(), 2);
    }
}
