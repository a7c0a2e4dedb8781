//! The host, with the help of the cache: versions of programs, and the toolchain.

mod told;
pub mod toolchain;

use ::host::{HostError, InstallPolicy, Kit, RUSTC, Talk, ask};

use crate::cache::Cache;
use crate::pack;

pub use told::{told, version_line};

/// Makes sure that the host has everything that a command needs, as
/// [`ensure`](::host::ensure) does. Asks a program for its version only if its file has
/// changed.
pub fn ensure(
    cache: &Cache,
    command: &str,
    policy: InstallPolicy,
    talk: &Talk<'_>,
) -> Result<(), HostError> {
    let remembered = |program: &std::path::Path, arg: &str| {
        // If the cache fails, ask the program directly: the next use of the cache reports
        // the error. If `program` is rustup's rustc, ask the compiler that rustup
        // chooses.
        let is_rustc = program.file_name().is_some_and(|name| name == RUSTC);
        let program = &toolchain::rustc().ok().filter(|_| is_rustc).unwrap_or(program.to_owned());
        told(cache, program, &[arg]).ok().or_else(|| ask(program, arg))
    };
    ::host::ensure(command, kit(), policy, &remembered, talk)
}

/// What the lab has here.
pub fn kit() -> Kit {
    if pack::here().is_some() { Kit::Pack } else { Kit::Checkout }
}
