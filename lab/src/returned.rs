//! What came back from a machine, and what is needed to read it: a run can be read again
//! from this, without the machine.

use std::collections::BTreeMap;
use std::time::Duration;

use builder::guest::payload::PayloadFile;
use protocol::Job;
use story::timeline::Timeline;
use trace::record::{LoadedModule, Record};
use trace::{Inputs, Symbols};

use crate::error::Error;

/// What a machine left that ended.
#[derive(Debug, Clone)]
pub struct Returned {
    /// The job, with the nonce of this run.
    pub job: Job,
    /// The modules of the payload.
    pub modules: Elves,
    /// The record, as PID 1 sent it.
    pub record: Vec<u8>,
    /// The kernel log.
    pub log: String,
    /// See [`vm::Finished::registers`].
    pub registers: String,
    /// Whether the machine booted instead of resuming from a checkpoint.
    pub booted: bool,
    /// The time from the start of QEMU to its end.
    pub elapsed: Duration,
}

/// `.ko` files, keyed by the names that the kernel gives the modules.
pub type Elves = BTreeMap<String, Vec<u8>>;

/// Reads the module files of a payload.
pub fn elves(modules: &[PayloadFile]) -> Result<Elves, Error> {
    let read = |file: &PayloadFile| Ok((file.guest.module_name(), fs_err::read(&file.host)?));
    modules.iter().map(read).collect()
}

/// The timeline of a record. `kernel` has the functions of the kernel.
pub fn timeline(kernel: &Symbols, modules: &Elves, record: &Record) -> Result<Timeline, Error> {
    let symbols = symbols(kernel, modules, record)?;
    let inputs = Inputs {
        pages: &record.trace,
        stats: Some(&record.trace_stats),
        formats: &record.formats,
        symbols: &symbols,
        modules,
    };
    Ok(Timeline::new(&trace::decode(&inputs)?))
}

/// The functions of the kernel and of the modules that a record names.
pub fn symbols(kernel: &Symbols, modules: &Elves, record: &Record) -> Result<Symbols, Error> {
    // If a module is loaded at the end but was not at the start, and no event reports its
    // loading, its address at the end counts.
    let later = record.modules.iter();
    let later = later.filter(|end| record.first_modules.iter().all(|m| m.name != end.name));
    with_modules(kernel, modules, record.first_modules.iter().chain(later))
}

/// The functions of the kernel and of the loaded modules.
pub fn with_modules<'a>(
    kernel: &Symbols,
    modules: &Elves,
    loaded: impl IntoIterator<Item = &'a LoadedModule>,
) -> Result<Symbols, Error> {
    let mut symbols = kernel.clone();
    for LoadedModule { name, text_address } in loaded {
        if let Some(elf) = modules.get(name) {
            symbols.add_module(name, *text_address, elf)?;
        }
    }
    Ok(symbols)
}
