//! The host: what the lab needs from it, what it has, and how to get the rest.
//!
//! [`examine`] looks and changes nothing. [`ensure`] installs what is missing if the
//! host's package manager is apt. On other hosts it says which command to run. Nothing
//! else in the lab needs root.
//!
//! This crate has no external dependencies: the launcher names what is missing before
//! anything else is compiled. The command line uses the same table later.

#[cfg(not(unix))]
compile_error!("Upcall runs on Linux: use a Linux machine, or WSL2 on Windows");

mod apt;
mod distribution;
mod examine;
pub mod memory;
mod needs;
pub mod stream;
mod supported;

use std::fmt;
use std::io::{IsTerminal, Write};

use explain::{ExitStatus, Explain};

pub use apt::Harm;
use apt::{Apt, Wish};
pub use distribution::{Distribution, Manager};
use examine::lacking_of;
pub use examine::{Ask, Finding, State, ask, examine, lacking, missing, on_path};
pub use needs::{
    BUSYBOX, CHROMIUM, CLANGD, COMMANDS, Kit, MAKE, NEEDS, Need, PACK, Packages, QEMU, RUSTC,
    TRACE_CMD, Version, Wanted,
};
pub use supported::unsupported;

/// Whether the lab may install packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallPolicy {
    /// Only after a person says yes.
    Ask,
    /// Without asking, but say what is done.
    GoAhead,
    /// Never. Whatever is missing is an error.
    Refuse,
}

impl InstallPolicy {
    /// The policy that follows from `--no-install` and from whether a person is at the
    /// terminal.
    pub fn new(no_install: bool) -> InstallPolicy {
        if no_install {
            InstallPolicy::Refuse
        } else if std::io::stdin().is_terminal() {
            InstallPolicy::Ask
        } else {
            InstallPolicy::GoAhead
        }
    }
}

/// How to talk to a person.
pub struct Talk<'a> {
    /// Says one line.
    pub say: &'a dyn Fn(&str),
    /// Asks a question and returns whether the answer was yes.
    pub ask: &'a dyn Fn(&str) -> bool,
}

/// Talks through stderr and stdin.
pub const BY_TERMINAL: Talk<'static> = Talk { say: &say, ask: &confirm };

/// Prints a line to stderr.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Asks a yes-or-no question. Only a clear yes counts as yes.
pub fn confirm(question: &str) -> bool {
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok()
        && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

/// Why the host is not ready.
#[derive(Debug)]
pub enum HostError {
    Missing {
        names: Vec<String>,
        /// The command that installs them on this distribution.
        command: String,
    },
    /// Installing needs root, and this process cannot become root.
    NotRoot {
        names: Vec<String>,
        command: String,
    },
    /// Installing would remove or downgrade packages, and nobody allowed that.
    Harm {
        names: Vec<String>,
        harm: Harm,
        command: String,
    },
    Install {
        names: Vec<String>,
        command: String,
        /// The package manager's status. `None` if it could not install the packages at
        /// all.
        status: Option<std::process::ExitStatus>,
        /// The last lines that the package manager printed.
        output: String,
    },
    Start {
        program: String,
        source: std::io::Error,
    },
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostError::Missing { names, .. } => write!(f, "the host lacks {}", names.join(", ")),
            HostError::NotRoot { names, .. } => write!(
                f,
                "the host lacks {}, only root may install it, and there is no sudo",
                names.join(", ")
            ),
            HostError::Harm { names, harm, .. } => {
                write!(f, "the host lacks {}, and apt would {harm} for it", names.join(", "))
            }
            HostError::Install { names, command, status, .. } => {
                write!(f, "failed to install {}: `{command}` ", names.join(", "))?;
                match status {
                    Some(status) => write!(f, "ended with {status}"),
                    None => write!(f, "cannot be done"),
                }
            }
            HostError::Start { program, source } => {
                write!(f, "failed to start `{program}`: {source}")
            }
        }
    }
}

impl std::error::Error for HostError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            HostError::Start { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl Explain for HostError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Unavailable
    }

    fn hint(&self) -> Option<String> {
        match self {
            HostError::Missing { command, .. } | HostError::NotRoot { command, .. } => {
                Some(format!("install what is missing: {command}"))
            }
            HostError::Harm { command, .. } => {
                Some(format!("nothing was changed; if you can do without that: {command}"))
            }
            HostError::Install { command, .. } => {
                Some(format!("check the network and apt's sources, then run: {command}"))
            }
            HostError::Start { .. } => None,
        }
    }

    /// The end of the package manager's output.
    fn details(&self) -> Option<&str> {
        match self {
            HostError::Install { output, .. } => Some(output),
            _ => None,
        }
    }
}

/// Makes sure that the host has everything that a command needs. Installs what is missing
/// as far as `policy` allows. Optional things are installed too if possible, and a
/// message names those that could not be.
///
/// If nothing is missing, this costs some 100 file lookups plus what `ask` costs for the
/// few programs that have a minimum.
pub fn ensure(
    command: &str,
    kit: Kit,
    policy: InstallPolicy,
    ask: Ask<'_>,
    talk: &Talk<'_>,
) -> Result<(), HostError> {
    let found = lacking(command, kit, ask);
    if found.is_empty() {
        return Ok(());
    }
    let installed = install(&found, policy, talk);
    // Packages may be installed but too old, or hidden by the person's own PATH.
    let found = if installed.is_ok() { lacking(command, kit, ask) } else { found };
    let (needed, used): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|finding| finding.need.is_needed_by(command));
    if needed.is_empty() {
        for Finding { need, .. } in used {
            let (name, purpose) = (need.name, need.purpose);
            (talk.say)(&format!("without {name}, which {purpose}: skipping what needs it"));
        }
        return Ok(());
    }
    installed.and_then(|()| {
        let (names, command) = names_and_command(&needed);
        Err(HostError::Missing { names, command })
    })
}

/// Makes sure that the host has some things, by their names. Installs nothing.
pub fn require(names: &[&str]) -> Result<(), HostError> {
    let lacking = lacking_of(names);
    if lacking.is_empty() {
        return Ok(());
    }
    let (names, command) = names_and_command(&lacking);
    Err(HostError::Missing { names, command })
}

fn install(found: &[Finding], policy: InstallPolicy, talk: &Talk<'_>) -> Result<(), HostError> {
    let distribution = Distribution::here();
    let (names, command) = names_and_command(found);
    let lacks = names.join(", ");
    let allowed = match (policy, distribution.manager) {
        (InstallPolicy::Refuse, _) => false,
        (_, manager) if manager != Manager::Apt => false,
        (InstallPolicy::Ask, _) => (talk.ask)(&format!("The host lacks {lacks}. Run `{command}`?")),
        (InstallPolicy::GoAhead, _) => true,
    };
    if !allowed {
        return Err(HostError::Missing { names, command });
    }
    let Some(mut apt) = Apt::new(&distribution, talk) else {
        return Err(HostError::NotRoot { names, command });
    };
    (talk.say)(&format!("the host lacks {lacks}: {command}"));
    let packages = distribution.packages(found.iter().map(|finding| finding.need));
    apt.install(&Wish { names: &names, packages: &packages, command: &command }, policy)
}

/// The names of what is missing, and the command that installs it.
fn names_and_command(found: &[Finding]) -> (Vec<String>, String) {
    let distribution = Distribution::here();
    let packages = distribution.packages(found.iter().map(|finding| finding.need));
    (found.iter().map(Finding::to_string).collect(), distribution.command(&packages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_well() {
        let names = vec!["flex".to_owned(), "gelf.h".to_owned()];
        let command = "sudo apt-get install --yes flex libelf-dev".to_owned();
        let error = HostError::Missing { names, command };
        assert_eq!(error.to_string(), "the host lacks flex, gelf.h");
        assert_eq!(
            error.hint().unwrap(),
            "install what is missing: sudo apt-get install --yes flex libelf-dev"
        );
    }

    #[test]
    fn every_command_that_wants_something_needs_the_host() {
        for need in NEEDS {
            if let Wanted::BySome { needed, used } = need.wanted {
                for command in needed.iter().chain(used) {
                    assert!(COMMANDS.contains(command), "{}: {command}", need.name);
                }
            }
        }
    }
}
