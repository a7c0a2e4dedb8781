//! Limits of the session (`ulimit`, setrlimit(2)). A failure that a limit explains names
//! the limit, since the host lacks nothing.

use std::error::Error;
use std::io;

use nix::errno::Errno;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

/// A limit: its resource, the shell's option for it, and what it counts in which unit.
struct Limit {
    resource: Resource,
    option: &'static str,
    what: &'static str,
    unit: u64,
    unit_name: &'static str,
}

const FILES: Limit = Limit {
    resource: Resource::RLIMIT_NOFILE,
    option: "-n",
    what: "open",
    unit: 1,
    unit_name: "files",
};
const LENGTH: Limit = Limit {
    resource: Resource::RLIMIT_FSIZE,
    option: "-f",
    what: "write files of",
    unit: 1 << 10,
    unit_name: "KiB",
};
const MEMORY: Limit = Limit {
    resource: Resource::RLIMIT_AS,
    option: "-v",
    what: "have an address space of",
    unit: 1 << 20,
    unit_name: "MiB",
};
const TIME: Limit = Limit {
    resource: Resource::RLIMIT_CPU,
    option: "-t",
    what: "use the processor for",
    unit: 1,
    unit_name: "s",
};
const PROCESSES: Limit = Limit {
    resource: Resource::RLIMIT_NPROC,
    option: "-u",
    what: "be one of",
    unit: 1,
    unit_name: "processes of a user",
};

impl Limit {
    /// Says what the limit allows a process. `None` if there is no such limit.
    fn told(&self) -> Option<String> {
        let (soft, _) = getrlimit(self.resource).ok()?;
        let Limit { option, what, unit, unit_name, .. } = self;
        let number = soft / unit;
        (soft != RLIM_INFINITY).then(|| {
            format!("`ulimit {option}` lets a process {what} {number} {unit_name} here: raise it")
        })
    }
}

/// Says which limit explains an error, if one does.
pub fn hint(error: &(dyn Error + 'static)) -> Option<String> {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    let errno = chain.filter_map(errno).last()?;
    let limit = match errno {
        Errno::EMFILE => FILES,
        Errno::EFBIG => LENGTH,
        Errno::ENOMEM => MEMORY,
        Errno::EAGAIN => PROCESSES,
        _ => return None,
    };
    limit.told()
}

fn errno(error: &(dyn Error + 'static)) -> Option<Errno> {
    let io = || error.downcast_ref::<io::Error>()?.raw_os_error().map(Errno::from_raw);
    error.downcast_ref::<Errno>().copied().or_else(io)
}

/// Says which limits may have ended a program that has no other reason to end.
pub fn met() -> Option<String> {
    let told: Vec<_> = [MEMORY, LENGTH, TIME].iter().filter_map(Limit::told).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Wrapped(io::Error);

    impl std::fmt::Display for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("wrapped")
        }
    }

    impl Error for Wrapped {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn the_innermost_error_counts() {
        let full = io::Error::from_raw_os_error(Errno::EMFILE as i32);
        let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        let expected = format!("`ulimit -n` lets a process open {soft} files here: raise it");
        assert_eq!(hint(&Wrapped(full)), Some(expected));
        assert_eq!(hint(&io::Error::other("no reason")), None);
    }
}
