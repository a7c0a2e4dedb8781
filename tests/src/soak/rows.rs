//! The table of faults. `docs/reliability.md` has the same one.

use super::Became::{self, Error, Killed, Right};
use super::fault::{Damage, Fault, When, Whom};
use super::world::What::{self, Check, Exec, Grade, Run, Shell};

/// A fault, the commands that may meet it, and what may become of them.
pub struct Row {
    /// Tests and the document use this name.
    pub name: &'static str,
    pub fault: Fault,
    pub commands: &'static [What],
    pub expected: &'static [Became],
}

const ALL: &[What] = &[Run, Check, Grade, Exec, Shell];
/// These print only what they have found out.
const PRINTING: &[What] = &[Run, Check, Exec];
/// These compile a person's file each time.
const COMPILING: &[What] = &[Check, Grade];

const fn row(
    name: &'static str,
    fault: Fault,
    commands: &'static [What],
    expected: &'static [Became],
) -> Row {
    Row { name, fault, commands, expected }
}

const fn cache(damage: Damage, when: When) -> Fault {
    Fault::Cache(damage, when)
}

// A file that goes just before QEMU opens it makes an error.
pub const ROWS: &[Row] = &[
    row("the-lab-is-killed", Fault::Kill(Whom::Lab), ALL, &[Killed]),
    row("qemu-is-killed", Fault::Kill(Whom::Qemu), ALL, &[Right, Error]),
    row("a-compiler-is-killed", Fault::Kill(Whom::Compiler), COMPILING, &[Right, Error]),
    row("the-lab-is-stopped", Fault::Stop(Whom::Lab), ALL, &[Right]),
    row("qemu-is-stopped", Fault::Stop(Whom::Qemu), ALL, &[Right, Error]),
    row("a-cache-file-is-cut", cache(Damage::Cut, When::Before), ALL, &[Right]),
    row("a-cache-file-is-flipped", cache(Damage::Flip, When::Before), ALL, &[Right]),
    row("a-cache-file-is-removed", cache(Damage::Remove, When::Before), ALL, &[Right]),
    row("a-cache-file-is-cut-in-use", cache(Damage::Cut, When::InUse), ALL, &[Right, Error]),
    row("a-cache-file-is-flipped-in-use", cache(Damage::Flip, When::InUse), ALL, &[Right, Error]),
    row("a-cache-file-is-removed-in-use", cache(Damage::Remove, When::InUse), ALL, &[Right, Error]),
    row(
        "a-cache-entry-is-removed-in-use",
        cache(Damage::RemoveEntry, When::InUse),
        ALL,
        &[Right, Error],
    ),
    row("two-cleans-at-once", Fault::Cleans, &[Run, Check], &[Right]),
    row(
        "a-full-disk",
        Fault::Mount("mount -t tmpfs -o size=300k tmpfs \"$CACHE/submissions\""),
        COMPILING,
        &[Error],
    ),
    row(
        "no-room-in-tmpdir",
        Fault::Mount("mount -t tmpfs -o size=4k tmpfs \"$TMPDIR\""),
        ALL,
        &[Right],
    ),
    row("few-descriptors", Fault::Shell("ulimit -n 16"), ALL, &[Error]),
    row("little-memory", Fault::Shell("ulimit -v 300000"), ALL, &[Error]),
    row("few-processes", Fault::FewProcesses, ALL, &[Right, Error]),
    row("stdout-is-closed", Fault::ClosedStdout, PRINTING, &[Right]),
    row("stdout-is-full", Fault::Shell("exec >/dev/full"), PRINTING, &[Error]),
];
