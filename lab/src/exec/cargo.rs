//! Everything that goes into the guest with a program: its libraries, the person's files,
//! and a shell if the host has one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use builder::guest::payload::{Payload, PayloadError};
use host::{BUSYBOX, on_path};
use process::Command;

use super::executable::{ExecutableError, Guest, Needs, needs, steps_from, without_steps};
use super::request::{Carry, Request};

/// The path of busybox in the guest: its shell and small programs, all in one file.
const GUEST_BUSYBOX: &str = "/bin/busybox";

/// Files for the guest, keyed by their path there.
#[derive(Debug)]
pub struct Cargo {
    files: BTreeMap<String, PathBuf>,
    links: BTreeMap<String, String>,
    /// Folders that must exist, even if they are empty.
    folders: BTreeSet<String>,
    busybox: Option<PathBuf>,
}

impl Cargo {
    /// Collects a request's program, everything that the program needs, and the person's
    /// files.
    pub fn new(request: &Request) -> Result<Cargo, ExecutableError> {
        let busybox = on_path(BUSYBOX);
        let mut cargo = Cargo {
            files: BTreeMap::new(),
            links: BTreeMap::new(),
            folders: BTreeSet::new(),
            busybox,
        };
        // The person's own files replace those that the lab would copy.
        for Carry { host, guest } in &request.files {
            cargo.add_tree(host, guest)?;
        }
        cargo.add_program(&request.program)?;
        Ok(cargo)
    }

    /// Adds a host executable and everything that it needs.
    fn add_program(&mut self, program: &Path) -> Result<(), ExecutableError> {
        let guest = Guest { files: &self.files, shell: self.busybox.is_some() };
        for file in needs(program, guest)? {
            self.add(file)?;
        }
        Ok(())
    }

    /// Adds busybox under the names of all its programs, if the host has it, because
    /// system(3) and scripts need a shell.
    pub fn add_shell(&mut self) -> Result<(), ExecutableError> {
        let Some(busybox) = self.busybox.clone() else { return Ok(()) };
        let failed = |source| ExecutableError::Read { path: busybox.clone(), source };
        let mut list = Command::new(&busybox);
        list.arg("--list");
        let list = list.output().map_err(failed)?;
        // A busybox that is not static needs its libraries.
        let guest = Guest { files: &self.files, shell: true };
        for file in needs(&busybox, guest)?.into_iter().skip(1) {
            self.add(file)?;
        }
        if !self.has(GUEST_BUSYBOX) {
            self.files.insert(GUEST_BUSYBOX.to_owned(), busybox);
        }
        for name in String::from_utf8_lossy(&list.stdout).lines() {
            let path = format!("/bin/{name}");
            if !self.has(&path) {
                self.links.insert(path, GUEST_BUSYBOX.to_owned());
            }
        }
        Ok(())
    }

    fn has(&self, guest: &str) -> bool {
        self.files.contains_key(guest) || self.links.contains_key(guest)
    }

    /// Adds a file at its real path on the host, with a link from the path where it is
    /// searched. So `$ORIGIN` means the same as on the host, and a library that is found
    /// through two paths is one file.
    fn add(&mut self, file: Needs) -> Result<(), ExecutableError> {
        self.folders.extend(steps_from(&file.path));
        let path = without_steps(&file.path);
        if self.files.contains_key(&path) {
            return Ok(());
        }
        let real = std::fs::canonicalize(&file.host)
            .map_err(|source| ExecutableError::Read { path: file.host, source })?;
        let place = real.to_string_lossy().into_owned();
        if path != place {
            self.links.insert(path, place.clone());
        }
        self.files.entry(place).or_insert(real);
        Ok(())
    }

    /// Adds a file, or a folder with everything in it.
    fn add_tree(&mut self, host: &Path, guest: &str) -> Result<(), ExecutableError> {
        let failed = |source| ExecutableError::Read { path: host.to_owned(), source };
        if !std::fs::metadata(host).map_err(failed)?.is_dir() {
            self.files.insert(guest.to_owned(), host.to_owned());
            return Ok(());
        }
        for entry in std::fs::read_dir(host).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let guest = format!("{guest}/{}", entry.file_name().to_string_lossy());
            self.add_tree(&entry.path(), &guest)?;
        }
        Ok(())
    }

    /// Puts everything into the payload, below `folder`.
    pub fn load(&self, payload: &mut Payload, folder: &str) -> Result<(), PayloadError> {
        for guest in &self.folders {
            payload.add_folder(&format!("{folder}{guest}"))?;
        }
        for (guest, host) in &self.files {
            payload.add_copy(&format!("{folder}{guest}"), host)?;
        }
        for (guest, target) in &self.links {
            payload.add_link(&format!("{folder}{guest}"), target)?;
        }
        Ok(())
    }
}
