//! What a suite's results say about it. It is the same on every machine that has the suite
//! in a folder of its own.

use std::path::Path;

use builder::cache::{Key, KeyBuilder};

use super::Given;
use super::list::{self, Entry};
use crate::error::Error;
use crate::exec::Kmod;
use crate::maker::{self, LAB};
use crate::run::{Lab, Machine};
use crate::shard::Shard;
use crate::tested::Head;

impl Lab<'_> {
    /// The head of the results of a suite, of which `entries` are all programs.
    pub fn head_of_suite(
        &self,
        machine: &Machine,
        suite: &Path,
        entries: &[Entry],
        given: &Given,
        repeat: usize,
        shard: Option<Shard>,
    ) -> Result<Head, Error> {
        let mut key = given_key(maker::sources(Key::builder("suite"))?, given, repeat);
        for addition in &self.kernel.with {
            key = key.text("kernel with", addition.name());
        }
        Ok(Head {
            lab: LAB.to_owned(),
            kernel: machine.kernel.release.clone(),
            suite: name(suite),
            list: list_key(suite, entries).finish().to_string(),
            machine: key.finish().to_string(),
            programs: entries.len(),
            shard,
        })
    }
}

/// The last part of a path.
fn name(suite: &Path) -> String {
    let whole = suite.canonicalize();
    let named = suite.file_name().or_else(|| whole.as_ref().ok()?.file_name());
    named.unwrap_or_default().to_string_lossy().into_owned()
}

/// What the list says. Where it is does not count.
fn list_key(suite: &Path, entries: &[Entry]) -> KeyBuilder {
    let folder = list::folder(suite);
    entries.iter().fold(Key::builder("list"), |key, Entry { name, program, args, skips }| {
        let program = program.strip_prefix(folder).unwrap_or(program).to_string_lossy();
        let key = key.text("name", name).text("program", &program).bytes("skips", skips);
        args.iter().fold(key, |key, arg| key.text("argument", arg))
    })
}

/// What each program is given. Files of the host count by their names, because they are
/// elsewhere on another machine.
fn given_key(key: KeyBuilder, given: &Given, repeat: usize) -> KeyBuilder {
    let Given { env, kmods, files, with, timeout, memory, user } = given;
    let file = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut key = env.iter().fold(key, |key, (name, value)| key.text("env", name).text("=", value));
    for kmod in kmods {
        key = match kmod {
            Kmod::File { path, params } => key.text("kmod", &file(path)).text(":", params),
            Kmod::Source { source, .. } => {
                key.text("source", &file(&source.folder)).text(":", &source.params)
            }
        };
    }
    key = files.iter().fold(key, |key, carry| key.text("file", &carry.guest));
    key = with.iter().fold(key, |key, program| key.text("with", &file(program)));
    key.text("timeout", &format!("{timeout:?}"))
        .text("memory", &memory.to_string())
        .text("user", user.name)
        .text("repeat", &repeat.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn entry(name: &str, program: &str, args: &[&str]) -> Entry {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        Entry { name: name.to_owned(), program: program.into(), args, skips: vec![4] }
    }

    #[test]
    fn a_list_is_what_it_says_wherever_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("list");
        std::fs::write(&list, "").unwrap();
        let key = |list: &Path, entries: &[Entry]| list_key(list, entries).finish();
        let here = key(&list, &[entry("a", &folder.path().join("a").to_string_lossy(), &[])]);
        let there = key(Path::new("list"), &[entry("a", "a", &[])]);
        assert_eq!(here, there);
        let list = Path::new("list");
        for other in [
            vec![],
            vec![entry("b", "a", &[])],
            vec![entry("a", "b", &[])],
            vec![entry("a", "a", &["-i"])],
            vec![entry("a", "a", &[]), entry("a", "a", &[])],
        ] {
            assert_ne!(key(list, &other), there, "{other:?}");
        }
    }

    #[test]
    fn a_suite_has_the_last_name_of_its_path() {
        assert_eq!(name(Path::new("/opt/ltp/runtest/syscalls")), "syscalls");
        let folder = tempfile::tempdir().unwrap();
        let last = folder.path().canonicalize().unwrap();
        let last = last.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(name(&folder.path().join(".")), last);
    }

    #[test]
    fn every_option_counts() {
        let given = || Given {
            env: vec![("A".to_owned(), "1".to_owned())],
            kmods: vec![],
            files: vec![],
            with: vec![],
            timeout: Duration::from_secs(60),
            memory: 0,
            user: protocol::STUDENT,
        };
        let key = |given: &Given, repeat| given_key(Key::builder("x"), given, repeat).finish();
        let usual = key(&given(), 1);
        assert_eq!(key(&given(), 1), usual);
        assert_ne!(key(&given(), 2), usual);
        let changes: [fn(&mut Given); 7] = [
            |given| given.env[0].1 = "2".to_owned(),
            |given| given.kmods.push("a.ko".parse().unwrap()),
            |given| given.files.push("a:/b".parse().unwrap()),
            |given| given.with.push("/bin/sh".into()),
            |given| given.timeout = Duration::from_secs(61),
            |given| given.memory = 1,
            |given| given.user = protocol::USERS[0],
        ];
        for change in changes {
            let mut other = given();
            change(&mut other);
            assert_ne!(key(&other, 1), usual, "{other:?}");
        }
    }
}
