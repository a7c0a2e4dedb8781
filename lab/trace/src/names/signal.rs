//! Signals, signal(7).

use nix::sys::signal::Signal;

/// The first real-time signal for programs: glibc keeps 32 and 33 for itself.
const SIGRTMIN: i32 = 34;
/// The last signal.
const LAST: i32 = 64;

/// The effect of a signal that a process does not handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultAction {
    /// Ends it.
    Terminate,
    /// Ends it and dumps its memory.
    DumpCore,
    /// Nothing.
    Ignore,
    /// Stops it.
    Stop,
    /// Lets it go on if it is stopped.
    Continue,
}

/// A signal's name: `SIGCHLD`, `SIGRTMIN+10` as a program linked to glibc writes it, or
/// `signal 32` for a signal without a name.
pub fn signal(number: i32) -> String {
    match Signal::try_from(number) {
        Ok(signal) => signal.as_str().to_owned(),
        Err(_) if number == SIGRTMIN => "SIGRTMIN".to_owned(),
        Err(_) if (SIGRTMIN..=LAST).contains(&number) => {
            format!("SIGRTMIN+{}", number - SIGRTMIN)
        }
        Err(_) => format!("signal {number}"),
    }
}

/// The number of the signal that [`signal`] calls `name`.
pub fn signal_number(name: &str) -> Option<i32> {
    (1..=LAST).find(|number| signal(*number) == name)
}

/// The default action, from the table in signal(7).
pub fn default_action(number: i32) -> DefaultAction {
    use Signal::*;
    match Signal::try_from(number) {
        Ok(SIGCHLD | SIGURG | SIGWINCH) => DefaultAction::Ignore,
        Ok(SIGSTOP | SIGTSTP | SIGTTIN | SIGTTOU) => DefaultAction::Stop,
        Ok(SIGCONT) => DefaultAction::Continue,
        Ok(
            SIGQUIT | SIGILL | SIGTRAP | SIGABRT | SIGBUS | SIGFPE | SIGSEGV | SIGXCPU | SIGXFSZ
            | SIGSYS,
        ) => DefaultAction::DumpCore,
        _ => DefaultAction::Terminate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        for (number, name) in [
            (1, "SIGHUP"),
            (17, "SIGCHLD"),
            (31, "SIGSYS"),
            (32, "signal 32"),
            (34, "SIGRTMIN"),
            (44, "SIGRTMIN+10"),
            (64, "SIGRTMIN+30"),
        ] {
            assert_eq!(signal(number), name);
            assert_eq!(signal_number(name), Some(number));
        }
        assert_eq!(signal(65), "signal 65");
        assert_eq!(signal_number("SIGCHDL"), None);
    }
}
