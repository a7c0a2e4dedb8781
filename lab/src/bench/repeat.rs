//! Runs a lesson many times and checks whether all runs are the same, byte for byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use builder::cache::{Cache, Key};
use fs_err as fs;
use story::lesson::Name;

use super::busy::busily;
use super::document::{Measured, Row, Unit};
use crate::error::Error;
use crate::fingerprint::Fingerprint;
use crate::plan::{Options, Plan};
use crate::reference::{Host, lab_key};
use crate::report;
use crate::run::{Lab, Machine, Run};
use crate::whole;

/// Runs each of the lessons `times` times, on as many machines at a time as there are cores,
/// beside `loops` busy loops. Returns one row per lesson.
///
/// Earlier runs of the same lesson on the same host count too, so a thousand runs can be
/// spread over several calls.
pub fn rows(
    lab: &Lab<'_>,
    machine: &Machine,
    lessons: &[Name],
    times: usize,
    loops: usize,
) -> Result<Vec<Row>, Error> {
    let host = Host::here(lab, machine)?.key().to_string();
    busily(loops, || {
        let rows = lessons.iter().map(|name| {
            let plan = Plan::new(lab.course.read(name)?, Options::default());
            let lab_half = lab_key(lab, &plan)?.to_string();
            let key = Key::builder("repeat").text("host", &host).text("lab", &lab_half).finish();
            let counts = Mutex::new(Counts::read(&lab.cache, &key));
            let missing = times.saturating_sub(counts.lock().expect("it is new").total());
            let total = Some(times as u64);
            let stage = lab.progress.begin(name.as_str(), total);
            let result = repeat(lab, machine, &plan, missing, &|run| {
                let (found, text) = (Fingerprint::new(&run.record)?, report::text(&plan, &run));
                let mut counts = counts.lock().expect("no run panicked");
                counts.add(found, text)?;
                stage.step(counts.total() as u64, "");
                Ok(())
            });
            drop(stage);
            result?;
            let counts = counts.into_inner().expect("no run panicked");
            Ok(Row {
                what: format!("identical runs of {name}"),
                unit: Unit::Runs,
                bar: Some(times as f64),
                measured: counts.measured(),
            })
        });
        rows.collect()
    })
}

/// Runs a plan `times` times, on as many machines at a time as there are cores. Passes on
/// each run.
pub fn repeat(
    lab: &Lab<'_>,
    machine: &Machine,
    plan: &Plan,
    times: usize,
    tell: &(dyn Fn(Run) -> Result<(), Error> + Sync),
) -> Result<(), Error> {
    let begun = AtomicUsize::new(0);
    let many = || -> Result<(), Error> {
        while begun.fetch_add(1, Ordering::Relaxed) < times {
            tell(lab.run(machine, plan)?)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..lab.kernel.jobs).map(|_| scope.spawn(many)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no run panicked"))
    })
}

/// How many of a lesson's runs had each fingerprint. Kept in the cache, with a person's
/// text for each fingerprint.
struct Counts {
    folder: PathBuf,
    by_fingerprint: BTreeMap<String, usize>,
}

impl Counts {
    const FILE: &str = "counts";

    /// Reads the counts of earlier calls.
    fn read(cache: &Cache, key: &Key) -> Counts {
        let folder = cache.root().join("repeat").join(key.to_string());
        let text = fs::read_to_string(folder.join(Counts::FILE)).unwrap_or_default();
        let parse = |line: &str| {
            let (fingerprint, count) = line.split_once(' ')?;
            Some((fingerprint.to_owned(), count.parse().ok()?))
        };
        Counts { folder, by_fingerprint: text.lines().filter_map(parse).collect() }
    }

    fn add(&mut self, found: Fingerprint, shown: String) -> Result<(), Error> {
        let fingerprint = found.to_string();
        let is_new = !self.by_fingerprint.contains_key(&fingerprint);
        let sample = self.folder.join(format!("{fingerprint}.txt"));
        *self.by_fingerprint.entry(fingerprint).or_default() += 1;
        let mut text = String::new();
        for (fingerprint, count) in &self.by_fingerprint {
            let _ = writeln!(text, "{fingerprint} {count}");
        }
        fs::create_dir_all(&self.folder)?;
        if is_new {
            fs::write(sample, shown)?;
        }
        Ok(whole::write(&self.folder.join(Counts::FILE), text.as_bytes())?)
    }

    fn total(&self) -> usize {
        self.by_fingerprint.values().sum()
    }

    fn measured(self) -> Measured {
        let of = self.total();
        let most = self.by_fingerprint.into_iter().max_by_key(|&(_, count)| count);
        let (fingerprint, same) = most.unwrap_or_default();
        Measured::Same { same, of, fingerprint, texts: self.folder }
    }
}
