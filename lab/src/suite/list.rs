//! What a suite consists of: the executables of a folder, or the lines of a list. Other
//! projects' lists are read as they are.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::SuiteError;
use crate::tested::ktap;

/// The list that comes with installed kselftests, in their folder.
const KSELFTEST_LIST: &str = "kselftest-list.txt";
/// Exit statuses by which a program says that it cannot be run here: of kselftests
/// (`KSFT_SKIP`) and of LTP (`TCONF`). In LTP, 4 is a warning.
const KSELFTEST_SKIPS: u8 = 4;
const LTP_SKIPS: u8 = 32;

/// A program of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<String>,
    /// Exit statuses that mean that it was skipped.
    pub skips: Vec<u8>,
}

/// Reads a folder or a list. Programs in a list are relative to the list's folder.
pub fn read(path: &Path) -> Result<Vec<Entry>, SuiteError> {
    let entries = if fs::metadata(path)?.is_dir() {
        let list = path.join(KSELFTEST_LIST);
        match list.is_file() {
            true => of_list(path, &fs::read_to_string(list)?),
            false => of_folder(path)?,
        }
    } else {
        of_list(folder(path), &fs::read_to_string(path)?)
    };
    match entries.is_empty() {
        true => Err(SuiteError::Empty { path: path.to_owned() }),
        false => Ok(entries),
    }
}

/// The folder that the programs of a folder or list are relative to.
pub fn folder(path: &Path) -> &Path {
    if path.is_dir() {
        return path;
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new("."))
}

/// Every file that somebody may execute, sorted by name.
fn of_folder(folder: &Path) -> Result<Vec<Entry>, SuiteError> {
    let mut entries = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let meta = fs::metadata(&path)?;
        if meta.is_file() && meta.permissions().mode() & 0o111 != 0 {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let skips = vec![KSELFTEST_SKIPS, LTP_SKIPS];
            entries.push(Entry { name, program: path, args: Vec::new(), skips });
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// Reads a list. Each line is one of these:
///
/// - `program`, a path;
/// - `name program arguments…`, as in LTP's `runtest`;
/// - `collection:program`, as in `kselftest-list.txt`;
/// - a result of `run_kselftest.sh --summary`, whose other lines are passed over.
fn of_list(folder: &Path, text: &str) -> Vec<Entry> {
    let results: Vec<_> = text.lines().filter_map(ktap::Line::parse).collect();
    if !results.is_empty() {
        return results.iter().map(|line| kselftest(folder, &line.name)).collect();
    }
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut words = shlex::split(line).unwrap_or_else(|| vec![line.to_owned()]);
            match words.len() {
                0 | 1 => plain(folder, line),
                _ => {
                    let name = words.remove(0);
                    let program = of_ltp(folder, &words.remove(0));
                    Entry { name, program, args: words, skips: vec![LTP_SKIPS] }
                }
            }
        })
        .collect()
}

fn plain(folder: &Path, line: &str) -> Entry {
    let is_kselftest = !line.contains('/') && line.split(':').count() == 2;
    if is_kselftest {
        return kselftest(folder, line);
    }
    let skips = vec![KSELFTEST_SKIPS, LTP_SKIPS];
    Entry { name: line.to_owned(), program: folder.join(line), args: Vec::new(), skips }
}

/// An installed kselftest: `collection:program` is in the collection's folder.
fn kselftest(folder: &Path, name: &str) -> Entry {
    let program = folder.join(name.replacen(':', "/", 1));
    Entry { name: name.to_owned(), program, args: Vec::new(), skips: vec![KSELFTEST_SKIPS] }
}

/// A program of LTP. As installed, the lists are in `runtest` and the programs beside it.
fn of_ltp(folder: &Path, program: &str) -> PathBuf {
    let installed = folder.join("../testcases/bin").join(program);
    let beside = folder.join(program);
    if !beside.exists() && installed.exists() { installed } else { beside }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, program: &str, args: &[&str], skips: &[u8]) -> Entry {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        Entry { name: name.to_owned(), program: program.into(), args, skips: skips.to_vec() }
    }

    fn entries(text: &str) -> Vec<Entry> {
        of_list(Path::new("/s"), text)
    }

    #[test]
    fn a_runtest_file_of_ltp() {
        let text = "# DESCRIPTION: system calls\n\nabort01 abort01\n\
                    fork13 fork13 -i 1000000\ncp01 cp_tests.sh -f \"a b\"\n";
        assert_eq!(
            entries(text),
            [
                entry("abort01", "/s/abort01", &[], &[32]),
                entry("fork13", "/s/fork13", &["-i", "1000000"], &[32]),
                entry("cp01", "/s/cp_tests.sh", &["-f", "a b"], &[32]),
            ]
        );
    }

    #[test]
    fn the_programs_of_ltp_are_beside_its_lists() {
        let folder = tempfile::tempdir().unwrap();
        let (runtest, bin) = (folder.path().join("runtest"), folder.path().join("testcases/bin"));
        for folder in [&runtest, &bin] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(bin.join("abort01"), "").unwrap();
        let program = runtest.join("../testcases/bin/abort01");
        assert_eq!(of_list(&runtest, "abort01 abort01\n")[0].program, program);
    }

    #[test]
    fn kselftests_are_in_their_collections() {
        let expected = [
            entry("signal:sas", "/s/signal/sas", &[], &[4]),
            entry("timers:posix_timers", "/s/timers/posix_timers", &[], &[4]),
        ];
        assert_eq!(entries("signal:sas\ntimers:posix_timers\n"), expected);
        let summary = "TAP version 13\n1..2\n# selftests: signal: sas\n# ok 1 a check of it\n\
                       ok 1 selftests: signal: sas\n\
                       not ok 2 selftests: timers: posix_timers # exit=1\n";
        assert_eq!(entries(summary), expected);
    }

    #[test]
    fn a_plain_list_has_a_program_a_line() {
        let both = &[4, 32];
        let expected = [entry("a", "/s/a", &[], both), entry("/bin/true", "/bin/true", &[], both)];
        assert_eq!(entries("a\n/bin/true\n"), expected);
    }

    #[test]
    fn a_folder_has_its_executables() {
        let folder = tempfile::tempdir().unwrap();
        for (name, mode) in [("b", 0o755), ("a", 0o700), ("readme", 0o644)] {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        }
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        let names: Vec<String> =
            read(folder.path()).unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn an_empty_list_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        std::fs::write(&list, "# nothing\n").unwrap();
        let error = read(&list).unwrap_err().to_string();
        assert_eq!(error, format!("there is nothing to run in `{}`", list.display()));
    }
}
