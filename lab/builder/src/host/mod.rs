//! The host, with the cache: what programs told of their versions, and what
//! compiles.

mod told;
pub mod toolchain;

use ::host::{HostError, InstallPolicy, RUSTC, Talk, ask};

use crate::cache::Cache;

pub use told::{told, version_line};

/// Makes sure that the host has all that a command needs, as
/// [`ensure`](::host::ensure) does; a program is asked for its version only when
/// its file has changed.
pub fn ensure(
    cache: &Cache,
    command: &str,
    policy: InstallPolicy,
    talk: &Talk<'_>,
) -> Result<(), HostError> {
    let remembered = |program: &std::path::Path, arg: &str| {
        // What is wrong with the cache is said where it is used next.
        // rustup's compiler is one that it chooses anew each time.
        let is_rustc = program.file_name().is_some_and(|name| name == RUSTC);
        let program = &toolchain::rustc().ok().filter(|_| is_rustc).unwrap_or(program.to_owned());
        told(cache, program, &[arg]).ok().or_else(|| ask(program, arg))
    };
    ::host::ensure(command, policy, &remembered, talk)
}
