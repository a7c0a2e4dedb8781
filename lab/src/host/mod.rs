//! The host: what the lab needs of it, what is there, and how to get the rest.
//!
//! [`examine`] looks and changes nothing; [`ensure`] installs what is missing
//! by apt where that is the host's package manager, and elsewhere says which
//! command would. Nothing else in the lab needs root.

mod apt;
mod distribution;
mod examine;
mod needs;
pub(crate) mod stream;
mod told;

use crate::cache::{Cache, CacheError};
use crate::progress::Progress;

pub use distribution::{Distribution, Manager};

pub use examine::on_path;
pub use examine::{Finding, State, examine, missing};
pub use needs::{Need, Packages};
pub(crate) use told::stamp;
pub use told::version_line;

/// Whether packages may be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallPolicy {
    /// Only after a person said yes.
    Ask,
    /// Without asking; it is said what is done.
    GoAhead,
    /// Not at all: what is missing is an error.
    Refuse,
}

/// Why the host is not ready.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error("the host lacks {}", names.join(", "))]
    Missing {
        names: Vec<String>,
        /// The command that installs them on this distribution.
        command: String,
    },
    #[error("failed to install {}: only root may, and sudo is of no use here", names.join(", "))]
    NotRoot { names: Vec<String>, command: String },
    #[error("failed to install {}: `{command}` ended with {status}", names.join(", "))]
    Install {
        names: Vec<String>,
        command: String,
        status: std::process::ExitStatus,
        /// The last lines that apt printed.
        output: String,
    },
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error("failed to start `{program}`: {source}")]
    Start { program: String, source: std::io::Error },
}

impl HostError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            HostError::Missing { command, .. } | HostError::NotRoot { command, .. } => {
                Some(format!("install what is missing: {command}"))
            }
            HostError::Install { command, .. } => {
                Some(format!("check the network and apt's sources, then run: {command}"))
            }
            HostError::Cache(e) => e.hint(),
            HostError::Start { .. } => None,
        }
    }

    /// The end of what the package manager printed.
    pub fn output(&self) -> Option<&str> {
        match self {
            HostError::Install { output, .. } => Some(output),
            _ => None,
        }
    }
}

/// Makes sure that the host has all that the lab needs, and the optional
/// things named in `also`; installs what is missing as far as `policy` allows.
///
/// `ask` puts a question to a person and says whether the answer was yes. If
/// nothing is missing this costs some 100 lookups of files, and once for each
/// QEMU, whose version is kept in the cache, a start of it. On success the host has been looked at again.
pub fn ensure(
    cache: &Cache,
    also: &[&str],
    policy: InstallPolicy,
    progress: &dyn Progress,
    ask: &dyn Fn(&str) -> bool,
) -> Result<(), HostError> {
    let lacking = examine::lacking(cache, also)?;
    if lacking.is_empty() {
        return Ok(());
    }
    let distribution = Distribution::here();
    let names = || lacking.iter().map(|need| need.name.to_owned()).collect::<Vec<_>>();
    let packages = distribution.packages(&lacking);
    let command = distribution.command(&packages);
    let allowed = match (policy, distribution.manager) {
        (InstallPolicy::Refuse, _) => false,
        (_, manager) if manager != Manager::Apt => false,
        (InstallPolicy::Ask, _) => {
            ask(&format!("The host lacks {}. Run `{command}`?", names().join(", ")))
        }
        (InstallPolicy::GoAhead, _) => true,
    };
    if !allowed {
        return Err(HostError::Missing { names: names(), command });
    }
    progress.note(&format!("the host lacks {}: {command}", names().join(", ")));
    apt::install(&names(), &packages, &command, progress)?;

    // Installed, but perhaps too old, or hidden by a PATH of the person's own.
    let still = examine::lacking(cache, also)?;
    if still.is_empty() {
        return Ok(());
    }
    let command = distribution.command(&distribution.packages(&still));
    Err(HostError::Missing { names: still.iter().map(|n| n.name.to_owned()).collect(), command })
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
}
