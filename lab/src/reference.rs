//! What the exact bytes of a lesson's run depend on: the host's half, which a
//! machine brings along, and the lab's, which is in this repository.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::{Key, KeyBuilder};
use crate::error::Error;
use crate::guest::{kmods, programs};
use crate::host::{on_path, version_line};
use crate::kernel::Optimize;
use crate::plan::Plan;
use crate::run::{Lab, Machine, read};
use crate::vm::command::QEMU;

/// Files of QEMU's that the guest executes: the firmware, whose package is not
/// QEMU's own, and the option ROMs that start a kernel.
const FIRMWARE: &[&str] = &["bios-256k.bin", "pvh.bin", "linuxboot_dma.bin", "kvmvapic.bin"];

/// A host, as far as the bytes of a run depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// What it is, and which: `("gcc", "gcc (Debian 12.2.0-14) 12.2.0")`.
    pub parts: Vec<(&'static str, String)>,
}

impl Host {
    /// This host. Reads a few megabytes and asks each tool for its version, or
    /// the cache, where it was asked before.
    ///
    /// # Errors
    /// [`Error::File`] if a file that is there cannot be read.
    pub fn here(lab: &Lab<'_>, machine: &Machine) -> Result<Host, Error> {
        let version = |name| version_line(&lab.cache, name).unwrap_or_else(|| "none".to_owned());
        let source = &machine.kernel.source;
        let mut parts = vec![
            ("linux", format!("{} {}", source.version, source.identity)),
            ("gcc", version("gcc")),
            ("as", version("as")),
            ("ld", version("ld")),
            ("libc.a", hash(libc_a().as_deref())?),
            ("rustc", version("rustc")),
            ("qemu", version(QEMU)),
        ];
        if !machine.kernel.compiler.is_default() {
            parts.push(("the kernel's compiler", version(&machine.kernel.compiler.program())));
        }
        if lab.kernel.optimize == Optimize::Speed {
            parts.push(("the kernel's optimisation", "-O2".to_owned()));
        }
        let folders = firmware_folders();
        for name in FIRMWARE {
            let file = folders.iter().map(|folder| folder.join(name)).find(|file| file.is_file());
            parts.push((name, hash(file.as_deref())?));
        }
        Ok(Host { parts })
    }

    /// Stands for all of it.
    pub fn key(&self) -> Key {
        let add = |key: KeyBuilder, (what, which): &(&str, String)| key.text(what, which);
        self.parts.iter().fold(Key::builder("host"), add).finish()
    }
}

impl fmt::Display for Host {
    /// One line, for people: the versions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (what, which)) in self.parts.iter().enumerate() {
            let comma = if number == 0 { "" } else { "; " };
            write!(f, "{comma}{what}: {which}")?;
        }
        Ok(())
    }
}

/// The lab's half: PID 1, the program, its modules, the kernel's configuration,
/// the machine and the job.
///
/// # Errors
/// That a source cannot be read.
pub fn lab_key(lab: &Lab<'_>, plan: &Plan) -> Result<Key, Error> {
    let root = &lab.course.root;
    let own = crate::root();
    let mut key = Key::builder("lab");
    key = programs::sources(&own, &own.join("guest-programs/init"), key)?;
    key = programs::sources(root, &plan.lesson.folder, key)?;
    for kmod in &plan.lesson.kmods {
        key = kmods::sources(root, kmod, key)?;
    }
    for fragment in plan.options.kernel.fragments() {
        key = key.file("fragment", &fragment)?;
    }
    let flags = plan.command_line();
    let words: Vec<&str> = flags.iter().flat_map(|flag| &flag.words).map(String::as_str).collect();
    let key = key.text("machine", &words.join("\0"));
    Ok(key.text("job", &format!("{:?}", plan.job)).finish())
}

/// The C library that programs are linked with.
fn libc_a() -> Option<PathBuf> {
    let output = Command::new("gcc").arg("-print-file-name=libc.a").output().ok()?;
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    path.is_absolute().then_some(path)
}

/// Where QEMU looks for its firmware, in its own order.
fn firmware_folders() -> Vec<PathBuf> {
    let Some(qemu) = on_path(QEMU) else { return Vec::new() };
    let output = Command::new(qemu).args(["-L", "help"]).output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().map(PathBuf::from).collect()
}

fn hash(file: Option<&Path>) -> Result<String, Error> {
    let Some(path) = file else { return Ok("none".to_owned()) };
    Ok(Key::builder("file").bytes("content", &read(path)?).finish().to_string())
}
