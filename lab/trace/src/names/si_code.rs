//! The reason for a signal: `si_code`, sigaction(2).

use nix::sys::signal::Signal::{self, *};

/// Codes with the same meaning for every signal. The numbers come from
/// include/uapi/asm-generic/siginfo.h.
const COMMON: &[(i32, &str)] = &[
    (0, "SI_USER"),
    (128, "SI_KERNEL"),
    (-1, "SI_QUEUE"),
    (-2, "SI_TIMER"),
    (-3, "SI_MESGQ"),
    (-4, "SI_ASYNCIO"),
    (-5, "SI_SIGIO"),
    (-6, "SI_TKILL"),
    (-7, "SI_DETHREAD"),
    (-60, "SI_ASYNCNL"),
];

/// The codes 1, 2, 3 … of one signal, from the same file. An empty name is not used on
/// x86.
const OF_SIGNAL: &[(Signal, &[&str])] = &[
    (
        SIGILL,
        &[
            "ILL_ILLOPC",
            "ILL_ILLOPN",
            "ILL_ILLADR",
            "ILL_ILLTRP",
            "ILL_PRVOPC",
            "ILL_PRVREG",
            "ILL_COPROC",
            "ILL_BADSTK",
        ],
    ),
    (
        SIGFPE,
        &[
            "FPE_INTDIV",
            "FPE_INTOVF",
            "FPE_FLTDIV",
            "FPE_FLTOVF",
            "FPE_FLTUND",
            "FPE_FLTRES",
            "FPE_FLTINV",
            "FPE_FLTSUB",
        ],
    ),
    (
        SIGSEGV,
        &[
            "SEGV_MAPERR",
            "SEGV_ACCERR",
            "SEGV_BNDERR",
            "SEGV_PKUERR",
            "",
            "",
            "",
            "",
            "",
            "SEGV_CPERR",
        ],
    ),
    (SIGBUS, &["BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"]),
    (SIGTRAP, &["TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT", "TRAP_UNK", "TRAP_PERF"]),
    (
        SIGCHLD,
        &["CLD_EXITED", "CLD_KILLED", "CLD_DUMPED", "CLD_TRAPPED", "CLD_STOPPED", "CLD_CONTINUED"],
    ),
    (SIGSYS, &["SYS_SECCOMP", "SYS_USER_DISPATCH"]),
];

/// Codes of a signal that F_SETSIG chose for a file's events, fcntl(2), and of SIGIO.
const POLL: &[&str] = &["POLL_IN", "POLL_OUT", "POLL_MSG", "POLL_ERR", "POLL_PRI", "POLL_HUP"];

/// The name of a code for a signal, or `None` if it has none.
pub fn si_code(sig: i32, code: i32) -> Option<&'static str> {
    if let Some((_, name)) = COMMON.iter().find(|(number, _)| *number == code) {
        return Some(name);
    }
    let own = OF_SIGNAL.iter().find(|(signal, _)| *signal as i32 == sig);
    let names = own.map_or(POLL, |(_, names)| names);
    let index = usize::try_from(code).ok()?.checked_sub(1)?;
    names.get(index).copied().filter(|name| !name.is_empty())
}

/// Whether `name` is the name of a code of some signal.
pub fn is_si_code(name: &str) -> bool {
    COMMON.iter().any(|(_, n)| *n == name)
        || OF_SIGNAL.iter().any(|(_, names)| names.contains(&name))
        || POLL.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_means_what_its_signal_says() {
        assert_eq!(si_code(17, 1), Some("CLD_EXITED"));
        assert_eq!(si_code(11, 1), Some("SEGV_MAPERR"));
        assert_eq!(si_code(11, 10), Some("SEGV_CPERR"));
        assert_eq!(si_code(11, 5), None);
        assert_eq!(si_code(29, 1), Some("POLL_IN"));
        assert_eq!(si_code(44, 6), Some("POLL_HUP"));
        assert_eq!(si_code(17, 99), None);
        for sig in [11, 17, 44] {
            assert_eq!(si_code(sig, 0), Some("SI_USER"));
            assert_eq!(si_code(sig, 128), Some("SI_KERNEL"));
            assert_eq!(si_code(sig, -4), Some("SI_ASYNCIO"));
        }
    }
}
