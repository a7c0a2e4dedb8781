//! The part of the command line that the launcher must understand: which command it is.
//! Mistakes are left to the command line proper.

use std::ffi::OsString;

/// The arguments of `cargo xtask`.
pub struct Arguments {
    pub all: Vec<OsString>,
}

impl Arguments {
    pub fn new(all: Vec<OsString>) -> Arguments {
        Arguments { all }
    }

    /// The lab's own arguments. Those after `--` belong to a program.
    fn own(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|argument| argument.to_str().unwrap_or("")).take_while(|&a| a != "--")
    }

    /// Whether an argument is present, such as a command's name.
    pub fn is(&self, argument: &str) -> bool {
        self.own().any(|own| own == argument)
    }

    /// The command, if it needs what the lab needs from the host.
    pub fn on_the_host(&self) -> Option<&'static str> {
        if self.is("--help") || self.is("-h") {
            return None;
        }
        self.own().find_map(|own| host::COMMANDS.iter().copied().find(|command| *command == own))
    }

    pub fn no_install(&self) -> bool {
        self.is("--no-install")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Arguments {
        Arguments::new(line.split(' ').map(OsString::from).collect())
    }

    #[test]
    fn a_command_is_found_behind_options() {
        assert_eq!(of("run lesson-1").on_the_host(), Some("run"));
        assert_eq!(of("--kernel-source linux --no-install test").on_the_host(), Some("test"));
        assert_eq!(of("exec -- run").on_the_host(), Some("exec"));
        assert!(of("run 1 --no-install").no_install());
        assert!(!of("exec -- cargo xtask --no-install").no_install());
    }

    #[test]
    fn what_runs_nothing_asks_nothing_of_the_host() {
        for line in ["", "list", "doctor --json", "run --help", "rum lesson-1", "plan -- run"] {
            assert_eq!(of(line).on_the_host(), None, "{line}");
        }
    }
}
