//! The table of faults.

use super::fault::{Damage, Fault, Whom};
use super::world::What::{self, Check, Exec, Grade, Run, Shell};

/// A fault, and the commands that it may hit.
pub struct Row {
    /// The fault's name in tests and in docs/reliability.md.
    pub name: &'static str,
    pub fault: Fault,
    pub befalls: &'static [What],
}

const ALL: &[What] = &[Run, Check, Grade, Exec, Shell];
/// Commands that print only their results.
const PRINTING: &[What] = &[Run, Check, Exec];
/// Commands that compile a person's file each time.
const COMPILING: &[What] = &[Check, Grade];

pub const ROWS: &[Row] = &[
    Row { name: "the-lab-is-killed", fault: Fault::Kill(Whom::Lab), befalls: ALL },
    Row { name: "qemu-is-killed", fault: Fault::Kill(Whom::Qemu), befalls: ALL },
    Row { name: "a-compiler-is-killed", fault: Fault::Kill(Whom::Compiler), befalls: COMPILING },
    Row { name: "the-lab-is-stopped", fault: Fault::Stop(Whom::Lab), befalls: ALL },
    Row { name: "qemu-is-stopped", fault: Fault::Stop(Whom::Qemu), befalls: ALL },
    Row { name: "a-cache-file-is-cut", fault: Fault::Cache(Damage::Cut), befalls: ALL },
    Row { name: "a-cache-file-is-flipped", fault: Fault::Cache(Damage::Flip), befalls: ALL },
    Row { name: "a-cache-file-is-removed", fault: Fault::Cache(Damage::Remove), befalls: ALL },
    Row { name: "the-cache-is-removed-in-use", fault: Fault::Cache(Damage::InUse), befalls: ALL },
    Row { name: "two-cleans-at-once", fault: Fault::Cleans, befalls: &[Run, Check] },
    Row {
        name: "a-full-disk",
        fault: Fault::Host("mount -t tmpfs -o size=300k tmpfs \"$CACHE/submissions\""),
        befalls: COMPILING,
    },
    Row {
        name: "no-room-in-tmpdir",
        fault: Fault::Host("mount -t tmpfs -o size=4k tmpfs \"$TMPDIR\""),
        befalls: ALL,
    },
    Row { name: "few-descriptors", fault: Fault::Host("ulimit -n 16"), befalls: ALL },
    Row { name: "little-memory-for-qemu", fault: Fault::Host("ulimit -v 500000"), befalls: ALL },
    Row { name: "few-processes", fault: Fault::FewProcesses, befalls: ALL },
    Row { name: "stdout-is-closed", fault: Fault::ClosedStdout, befalls: PRINTING },
    Row { name: "stdout-is-full", fault: Fault::Host("exec >/dev/full"), befalls: PRINTING },
];
