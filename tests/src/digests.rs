//! The exact bytes of each lesson's run on the hosts named in `tests/digests.lock`.
//!
//! A line gives the run's fingerprint for a lesson and a host, and the key of the lab's
//! own inputs. If neither the host nor the lab's inputs have changed, another fingerprint
//! is a fault. If the lab's inputs have changed, the line is stale and must be made
//! again. A host without lines has no digests, so its tests are skipped.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::reference::{Host, lab_key};
use lab::run::{Lab, Machine};
use libtest_mimic::{Completion, Failed};

use crate::lessons::{plans, story_name};
use crate::pairs::{Pair, Pairs};
use crate::snapshots::{is_accepting, reference_host};
use crate::{Test, kept};

const HEADER: &str = "\
# The fingerprint of each lesson's run on each reference host: `cargo xtask test
# --accept digests` makes the lines of this host anew, tests/hosts/run those of all.
";

/// The content of the lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Lock {
    /// The hosts by name: their key, and a description.
    hosts: BTreeMap<String, (String, String)>,
    /// By lesson and host: the key of the lab's inputs, and the fingerprint.
    lines: BTreeMap<(String, String), (String, String)>,
}

/// This host in the lock file.
struct Here {
    /// `None` if the file does not have it.
    name: Option<String>,
    host: Host,
    /// Locked while the file is changed.
    file: Mutex<()>,
}

/// One test per lesson.
pub fn all(
    lab: &Arc<Lab<'static>>,
    machine: &Machine,
    pairs: &Arc<Pairs>,
) -> Result<Vec<Test>, Error> {
    let host = Host::here(lab, machine)?;
    let key = host.key().to_string();
    let known = Lock::read().hosts.into_iter().find(|(_, (theirs, _))| *theirs == key);
    let name = reference_host().or(known.map(|(name, _)| name));
    let here = Arc::new(Here { name, host, file: Mutex::new(()) });
    let test = |plan: Plan| {
        let (lab, pairs, here) = (Arc::clone(lab), Arc::clone(pairs), Arc::clone(&here));
        let name = format!("digests::{}", plan.job.program);
        Test::that_may_be_skipped(name, move || compare(&lab, &pairs, &here, &plan))
    };
    Ok(plans(lab, Options::default())?.into_iter().map(test).collect())
}

/// Whether this is the first of the reference hosts. Something that must be shown on one
/// host only is shown there.
pub fn is_first_reference(lab: &Lab<'_>, machine: &Machine) -> Result<bool, Error> {
    let key = Host::here(lab, machine)?.key().to_string();
    let lock = Lock::read();
    Ok(lock.hosts.first_key_value().is_some_and(|(_, (theirs, _))| *theirs == key))
}

fn compare(lab: &Lab<'_>, pairs: &Pairs, here: &Here, plan: &Plan) -> Result<Completion, Failed> {
    let Some(host) = &here.name else {
        return Ok(Completion::ignored_with("no line of tests/digests.lock knows this host"));
    };
    let pair = pairs.of(plan)?;
    let name = format!("digests::{}", plan.job.program);
    kept::keeping(&name, &pair.record, || match pair.passed {
        true => compare_pair(lab, &pair, here, host, plan),
        false => Err(pair.text.clone().into()),
    })
}

fn compare_pair(
    lab: &Lab<'_>,
    pair: &Pair,
    here: &Here,
    host: &str,
    plan: &Plan,
) -> Result<Completion, Failed> {
    let place = (story_name(&plan.lesson, plan.job.program.as_str()), host.to_owned());
    let found = (lab_key(lab, plan)?.to_string(), pair.fingerprint.to_string());
    if is_accepting() {
        here.accept(place, found)?;
        return Ok(Completion::Completed);
    }
    let again = "make it again: cargo xtask test --accept digests";
    match Lock::read().lines.get(&place) {
        Some(line) if *line == found => Ok(Completion::Completed),
        Some((lab, _)) if *lab != found.0 => {
            Err(format!("the digest is stale: the lab's own inputs have changed. {again}").into())
        }
        Some(_) => Err("the run's bytes are not those that this host gave before, and nothing \
                        that they depend on has changed"
            .into()),
        None => Err(format!("the host `{host}` has no digest of this lesson: {again}").into()),
    }
}

impl Here {
    /// Writes a line, and replaces the host that had this host's name.
    fn accept(&self, place: (String, String), found: (String, String)) -> Result<(), Failed> {
        let _guard = self.file.lock().expect("nobody panics with the lock held");
        let mut lock = Lock::read();
        let host = (self.host.key().to_string(), self.host.to_string());
        if lock.hosts.get(&place.1) != Some(&host) {
            lock.lines.retain(|(_, name), _| *name != place.1);
            lock.hosts.insert(place.1.clone(), host);
        }
        lock.lines.insert(place, found);
        std::fs::write(Lock::path(), lock.text())?;
        Ok(())
    }
}

impl Lock {
    fn path() -> PathBuf {
        builder::root().join("tests/digests.lock")
    }

    /// The content of the file. Empty if there is no file.
    fn read() -> Lock {
        Lock::parse(&std::fs::read_to_string(Lock::path()).unwrap_or_default())
    }

    fn parse(text: &str) -> Lock {
        let mut lock = Lock::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            let Ok([first, second, third, rest]) = <[&str; 4]>::try_from(words) else { continue };
            let [second, third, rest] = [second, third, rest].map(str::to_owned);
            if first == "host" {
                lock.hosts.insert(second, (third, rest));
            } else {
                lock.lines.insert((first.to_owned(), second), (third, rest));
            }
        }
        lock
    }

    fn text(&self) -> String {
        let mut text = HEADER.to_owned();
        for (name, (key, what)) in &self.hosts {
            let _ = writeln!(text, "host {name} {key} {what}");
        }
        for ((lesson, host), (lab, fingerprint)) in &self.lines {
            let _ = writeln!(text, "{lesson} {host} {lab} {fingerprint}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text =
            format!("{HEADER}host debian-12 0a gcc: 12; ld: 2.40\nsigchld debian-12 1b 2c\n");
        let lock = Lock::parse(&text);
        assert_eq!(lock.hosts["debian-12"], ("0a".into(), "gcc: 12; ld: 2.40".into()));
        let place = ("sigchld".to_owned(), "debian-12".to_owned());
        assert_eq!(lock.lines[&place], ("1b".into(), "2c".into()));
        assert_eq!(lock.text(), text);
    }
}
