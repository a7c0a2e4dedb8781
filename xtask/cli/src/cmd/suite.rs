use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use lab::error::Error;
use lab::exec::Kmod;
use lab::exec::outcome::FAILED;
use lab::exec::request::{self, Carry};
use lab::record_file::RecordFile;
use lab::shard::Shard;
use lab::suite::Given;
use lab::suite::list::{self, Entry};
use lab::tested::{self, Before, Document};
use lab::whole;
use process::interrupt;
use protocol::User;

use crate::books::write;
use crate::context::Context;
use crate::kernel_with::KernelWith;
use crate::outcome::{Outcome, Result};
use crate::ui::{outln, print};

/// Run many programs in the lab's machine, each as `exec` runs one, and judge them by their
/// exit status
///
/// The suite is a folder of executables or of installed kselftests, or a list. A list's
/// line is a program, or a name and a command as in LTP's `runtest` files, or
/// `collection:program` as in kselftest-list.txt; the output of
/// `run_kselftest.sh --summary` is a list too. Programs are relative to the list's folder;
/// LTP's are also found in ../testcases/bin.
///
/// Status 0 means passed, 4 of a kselftest and 32 of an LTP test skipped, any other
/// failed. Nothing of a suite runs on the host.
///
/// The exit status is 0 if every program passed or was skipped, 1 if some did not, and 125
/// if some did not run, or the lab, the host or the command line was at fault. Files are
/// written completely or not at all.
///
/// Example: cargo xtask suite /opt/ltp/runtest/syscalls --json results.json
#[derive(Args)]
pub struct Suite {
    /// A folder or a list
    #[arg(required_unless_present = "merge", value_name = "FOLDER|LIST")]
    suite: Option<PathBuf>,

    /// How many machines run at the same time [default: one for each core]
    #[arg(long)]
    jobs: Option<usize>,

    /// Run the Kth of N parts of the suite
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,

    /// Run nothing, but join the JSON of all parts of a suite, and write what is asked for
    #[arg(
        long,
        value_name = "FILE",
        num_args = 1..,
        conflicts_with_all = [
            "suite", "jobs", "shard", "repeat", "record", "kmod", "names", "file", "with", "env",
            "guest_timeout", "memory", "user",
        ]
    )]
    merge: Vec<PathBuf>,

    /// Run each program N times, and say how its runs differ
    #[arg(long, value_name = "N", default_value = "1", value_parser = times)]
    repeat: usize,

    /// Say what has changed since these results: the JSON of an earlier call, or KTAP from
    /// anywhere
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,

    /// Write the results as KTAP
    #[arg(long, value_name = "PATH")]
    ktap: Option<PathBuf>,

    /// Write the results as JUnit
    #[arg(long, value_name = "PATH")]
    junit: Option<PathBuf>,

    /// Write the results as JSON
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,

    /// Keep the results and the run of each program in a file, for `show`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Load a module before each program, with parameters if given
    #[arg(long, value_name = "FILE.ko[:PARAMS]")]
    kmod: Vec<Kmod>,

    #[command(flatten)]
    kernel_with: KernelWith,

    /// Copy a file or a folder into each machine
    #[arg(long, value_name = "HOST:GUEST")]
    file: Vec<Carry>,

    /// Bring another program of this host along, with everything that it needs
    #[arg(long, value_name = "PROGRAM")]
    with: Vec<String>,

    /// Set an environment variable; the defaults are PATH and HOME
    #[arg(long, value_name = "NAME=VALUE", value_parser = request::variable)]
    env: Vec<(String, String)>,

    /// Guest time after which a program is killed: at the same instruction on a quick and
    /// on a busy host. A second is 31 million instructions
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = request::seconds)]
    guest_timeout: Duration,

    /// Give each machine as much memory more: M or G
    #[arg(long, value_name = "SIZE", default_value = "0M", hide_default_value = true, value_parser = request::size)]
    memory: u64,

    /// The user of the programs: root, student or nobody
    #[arg(long, value_name = "NAME", default_value = "root", value_parser = request::user)]
    user: User,
}

impl Suite {
    pub fn run(self, context: &Context) -> Result {
        // Look at these first, so that a mistake is found before the programs run.
        for file in [&self.ktap, &self.junit, &self.json, &self.record].into_iter().flatten() {
            whole::check(file)?;
        }
        let before = self.compare.as_deref().map(Before::read).transpose()?;
        let Some(suite) = &self.suite else {
            let parts = self.merge.iter().map(|file| tested::read_part(file));
            let document = tested::merge(parts.collect::<std::result::Result<_, _>>()?)?;
            let names = document.tests.iter().map(|test| test.name.clone()).collect();
            return self.told(&document, before.as_ref(), &names);
        };
        let entries = list::read(suite)?;
        let names = entries.iter().map(|entry| entry.name.clone()).collect();
        let part: Vec<Entry> = self.shard.unwrap_or(Shard::WHOLE).take(&entries).cloned().collect();
        let lab = context.lab_with("suite", self.kernel_with.additions())?;
        let machine = lab.machine()?;
        let jobs = self.jobs.unwrap_or(lab.kernel.jobs);
        let given = Given {
            env: self.env.clone(),
            kmods: self.kmod.clone(),
            files: self.file.clone(),
            with: request::find_all(&self.with)?,
            timeout: self.guest_timeout,
            memory: self.memory,
            user: self.user,
        };
        let head = lab.head_of_suite(&machine, suite, &entries, &given, self.repeat, self.shard)?;
        let records = self.record.is_some();
        let tested = lab.suite(&machine, &part, &given, self.repeat, jobs, records)?;
        interrupt::check().map_err(Error::file("run all of", suite))?;

        let (tests, records): (Vec<_>, Vec<_>) = tested.into_iter().unzip();
        let document = Document::new(head, tests);
        if let Some(path) = &self.record {
            RecordFile::of_suite(&lab, &machine, &document, records)?.write(path)?;
        }
        self.told(&document, before.as_ref(), &names)
    }

    /// Writes and prints everything that was asked for. `names` are those of the whole
    /// suite.
    fn told(
        &self,
        document: &Document,
        before: Option<&Before>,
        names: &BTreeSet<String>,
    ) -> Result {
        write(self.ktap.as_deref(), || document.ktap())?;
        write(self.junit.as_deref(), || document.junit())?;
        write(self.json.as_deref(), || document.json())?;
        print(&document.text());
        if let (Some(before), Some(path)) = (before, &self.compare) {
            let changes = before.changes(document, names);
            let since = if changes.is_empty() { "nothing has changed" } else { "changed" };
            outln!("{since} since {}", path.display());
            for change in changes {
                outln!("  {change}");
            }
        }
        Ok(outcome(document))
    }
}

/// The exit status for results.
pub fn outcome(document: &Document) -> Outcome {
    match document.has_errors() {
        true => Outcome::of_program(FAILED),
        false => Outcome::success_if(document.passed()),
    }
}

/// Parses a positive number.
fn times(s: &str) -> std::result::Result<usize, String> {
    s.parse()
        .ok()
        .filter(|times| *times > 0)
        .ok_or_else(|| format!("`{s}` is not a number of runs"))
}
