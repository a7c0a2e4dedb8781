//! The host, as the lab sees it: what the crate [`host`] finds, and what
//! programs told of their versions, which the cache remembers.

mod told;

pub use ::host::*;

use crate::cache::Cache;

pub(crate) use told::stamp;
pub use told::version_line;

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
        told::told(cache, program, arg).ok().or_else(|| ask(program, arg))
    };
    ::host::ensure(command, policy, &remembered, talk)
}
