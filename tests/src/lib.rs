//! The tests of `cargo xtask test`: unit tests, tidy, the command line on a miniature
//! course, every lesson against its story, and every exercise's stub, solution and
//! mutants.
//!
//! Each test is a named [`Trial`], so that a filter can select some and a report can name
//! each.

mod attacks;
mod book;
mod browser;
mod calls;
mod carried;
mod checkpoints;
mod circles;
mod classroom;
mod class;
mod clean;
mod cold;
mod command_line;
mod debug;
mod debug_kernel;
mod digests;
mod drawn;
mod editors;
mod endings;
mod exec;
mod exercises;
mod figures;
mod foreign;
mod full;
mod functions;
mod host_faults;
mod json_schema;
mod kept;
mod keys;
mod kernel_with;
mod kmod_src;
mod landlock;
mod interpreters;
mod lessons;
mod mine;
mod libraries;
mod map;
mod mistaken;
mod named;
mod odd_hosts;
mod pack;
mod pages;
mod pairs;
mod pty;
mod perturbed;
mod rebuilds;
mod recipes;
mod records;
mod registers;
mod repeated;
pub mod results;
mod room;
mod runs;
mod scaffold;
mod schemas;
mod scratch;
mod screen;
mod shared_wire;
mod sharing;
mod shell;
mod snapshots;
pub mod soak;
mod sources;
mod suite;
mod tables;
mod thorough;
mod tidy;
mod told;
mod walks;
mod watch;
mod without_work;

use std::sync::Arc;

use host::on_path;
use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::{Completion, Failed, Trial};

use pairs::Pairs;
use results::Results;
use runs::Runs;
pub use snapshots::{accept, compare_only};

/// All tests in a stable order. Each leaves its result in `results`.
pub fn all(
    lab: &Arc<Lab<'static>>,
    machine: &Arc<Machine>,
    results: &Results,
) -> Result<Vec<Trial>, Error> {
    let runs = Runs::new(lab, machine);
    let pairs = Pairs::new(&runs);
    let mut tests = lessons::all(lab, &pairs)?;
    tests.extend(digests::all(lab, machine, &pairs)?);
    tests.extend(perturbed::all(&runs)?);
    tests.extend(exercises::all(lab, machine)?);
    tests.extend(classroom::all(lab, machine)?);
    tests.push(class::small(lab)?);
    tests.extend(editors::all(lab, machine));
    tests.extend(watch::all(lab, machine)?);
    tests.extend(walks::all(lab, machine)?);
    tests.extend(attacks::all(lab, machine)?);
    tests.extend(without_work::all(lab, machine)?);
    tests.extend(landlock::all());
    tests.extend(host_faults::all(lab, machine)?);
    tests.extend(cold::all(&runs)?);
    tests.extend(checkpoints::all(lab, machine));
    tests.extend(rebuilds::all(lab));
    tests.extend(sharing::all(lab));
    tests.extend(pack::all(lab));
    tests.extend(scaffold::all(lab));
    tests.extend(registers::all(lab, machine)?);
    tests.extend(shared_wire::all(lab, machine)?);
    tests.extend(command_line::all(lab, machine)?);
    tests.extend(clean::all(lab));
    tests.extend(odd_hosts::all(lab));
    tests.extend(endings::all(lab, machine)?);
    tests.extend(told::all(lab, machine)?);
    tests.extend(exec::all(lab, machine)?);
    tests.extend(records::all(lab, machine)?);
    tests.extend(screen::all());
    tests.extend(pages::all(&runs));
    tests.extend(figures::all(&runs));
    tests.push(calls::test(&runs));
    tests.extend(schemas::all(&runs));
    tests.extend(mistaken::all(lab, machine));
    tests.extend(suite::all(lab, machine)?);
    tests.extend(recipes::all(lab, machine)?);
    tests.extend(libraries::all(lab, machine)?);
    tests.extend(kmod_src::all(lab, machine)?);
    tests.extend(mine::all(lab)?);
    tests.extend(carried::all(lab, machine)?);
    tests.extend(room::all(lab, machine)?);
    tests.extend(interpreters::all(lab, machine)?);
    tests.extend(shell::all(lab)?);
    tests.extend(foreign::all(machine)?);
    tests.extend(tidy::all(lab, machine)?);
    tests.extend(book::all(lab));
    tests.extend(repeated::all(lab, machine)?);
    tests.extend(soak::all(lab));
    tests.extend(sources::all());
    tests.push(named::faults(lab));
    let names = tests.iter().map(|test| test.name.clone());
    let names = names.chain(thorough::names(lab)?).collect();
    tests.push(named::in_documents(lab, names));
    Ok(tests.into_iter().map(|test| results.observe(test)).collect())
}

/// All tests, including those that need their own kernels, in a stable order. A kernel
/// without a test whose name contains `filter` is not built.
pub fn full(
    lab: &Arc<Lab<'static>>,
    machine: &Arc<Machine>,
    results: &Results,
    filter: Option<&str>,
) -> Result<Vec<Trial>, Error> {
    let mut trials = all(lab, machine, results)?;
    trials.extend(full::all(lab, machine, filter)?.into_iter().map(|test| results.observe(test)));
    Ok(trials)
}

/// Every lesson on the debug kernel, and gdb there, in a stable order.
pub fn on_debug_kernel(
    lab: &Arc<Lab<'static>>,
    machine: &Arc<Machine>,
    results: &Results,
) -> Result<Vec<Trial>, Error> {
    let mut tests = debug_kernel::all(lab, machine)?;
    tests.extend(debug::all(lab)?);
    tests.extend(thorough::all(lab, machine)?);
    Ok(tests.into_iter().map(|test| results.observe(test)).collect())
}

/// A test before it becomes a [`Trial`].
pub struct Test {
    name: String,
    run: Box<dyn FnOnce() -> Result<Completion, Failed> + Send>,
}

impl Test {
    fn new(name: String, run: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Test {
        Test::that_may_be_skipped(name, || run().map(|()| Completion::Completed))
    }

    /// A test that finds out itself whether it can run here, and why not.
    fn that_may_be_skipped(
        name: String,
        run: impl FnOnce() -> Result<Completion, Failed> + Send + 'static,
    ) -> Test {
        Test { name, run: Box::new(run) }
    }

    /// The same test under unusual conditions.
    fn within(self, what: &str) -> Test {
        Test { name: within(what, &self.name), ..self }
    }

    /// Skips the test if the host does not have an optional program.
    fn needs(self, program: impl Into<String>) -> Test {
        let program = program.into();
        Test::that_may_be_skipped(self.name, move || match on_path(&program) {
            Some(_) => (self.run)(),
            None => Ok(Completion::ignored_with(format!("the host has no {program}"))),
        })
    }
}

/// The name of a test under unusual conditions.
fn within(what: &str, name: &str) -> String {
    format!("full::{what}::{name}")
}
