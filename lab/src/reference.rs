//! What the exact bytes of a lesson's run depend on: properties of the host and the
//! machine, and the contents of this repository.

use std::fmt;

use builder::cache::{Key, KeyBuilder};
use builder::guest::programs::ProgramError;
use builder::guest::{closure, kmods};
use builder::host::toolchain::{Toolchain, none};
use builder::host::version_line;
use builder::kernel::{self, Optimize};
use host::QEMU;

use crate::error::Error;
use crate::firmware::firmware;
use crate::plan::Plan;
use crate::run::{Lab, Machine};

/// The properties of a host that affect the bytes of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Each part with its version: `("gcc", "gcc (Debian 12.2.0-14) 12.2.0")`.
    pub parts: Vec<(&'static str, String)>,
}

impl Host {
    /// Examines this host. Reads a few megabytes, and asks each tool for its version
    /// unless the cache has it.
    ///
    /// # Errors
    /// An existing file cannot be read.
    pub fn here(lab: &Lab<'_>, machine: &Machine) -> Result<Host, Error> {
        let version = |name| version_line(&lab.cache, name).unwrap_or_else(none);
        let source = &machine.kernel.source;
        let mut parts = vec![
            ("linux", format!("{} {}", source.version, source.identity)),
            ("as", version("as")),
            ("qemu", version(QEMU)),
        ];
        parts.extend(Toolchain::here(&lab.cache).map_err(ProgramError::from)?.parts);
        if !machine.kernel.compiler.is_default() {
            parts.push(("the kernel's compiler", version(&machine.kernel.compiler.program())));
        }
        if lab.kernel.optimize == Optimize::Speed {
            parts.push(("the kernel's optimisation", "-O2".to_owned()));
        }
        parts.extend(firmware(&lab.cache)?);
        Ok(Host { parts })
    }

    /// The hash of all parts.
    pub fn key(&self) -> Key {
        let add = |key: KeyBuilder, (what, which): &(&str, String)| key.text(what, which);
        self.parts.iter().fold(Key::builder("host"), add).finish()
    }
}

impl fmt::Display for Host {
    /// One line with the versions, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (what, which)) in self.parts.iter().enumerate() {
            let comma = if number == 0 { "" } else { "; " };
            write!(f, "{comma}{what}: {which}")?;
        }
        Ok(())
    }
}

/// The hash of the repository's half: PID 1, the program, its modules, the kernel's
/// configuration, the machine and the job.
///
/// # Errors
/// A source file cannot be read.
pub fn lab_key(lab: &Lab<'_>, plan: &Plan) -> Result<Key, Error> {
    let root = &lab.course.root;
    let own = builder::root();
    let mut key = Key::builder("lab");
    for (root, folder) in [(&own, &own.join("guest-programs/init")), (root, &plan.lesson.folder)] {
        key = closure::add(key, root, folder).map_err(ProgramError::from)?;
    }
    for kmod in &plan.experiment.kmods {
        key = kmods::sources(root, kmod, key)?;
    }
    let fragments = kernel::fragments(plan.options.kernel, &plan.options.with);
    let key = kernel::add_configuration(key, &fragments)?;
    let flags = plan.command_line();
    let words: Vec<&str> = flags.iter().flat_map(|flag| &flag.words).map(String::as_str).collect();
    let key = key.text("machine", &words.join("\0"));
    Ok(key.text("job", &format!("{:?}", plan.job)).finish())
}
