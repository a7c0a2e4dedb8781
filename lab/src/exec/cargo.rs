//! What goes into the guest with a program: its libraries, the person's files,
//! and a shell if the host has one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use builder::guest::payload::{Payload, PayloadError};
use host::{BUSYBOX, on_path};
use process::Command;

use super::executable::{ExecutableError, needs};
use super::request::{Carry, Request};

/// Where the guest has its shell and small programs, all in one.
const GUEST_BUSYBOX: &str = "/bin/busybox";

/// What dynamic linkers find libraries by, beside their own search paths.
const LINKER_CACHE: &str = "/etc/ld.so.cache";

/// Files for the guest, by their path there.
#[derive(Debug)]
pub struct Cargo {
    files: BTreeMap<String, PathBuf>,
    links: BTreeMap<String, String>,
    busybox: Option<PathBuf>,
}

impl Cargo {
    /// The program of a request, all that it needs, and the person's files.
    pub fn new(request: &Request) -> Result<Cargo, ExecutableError> {
        let busybox = on_path(BUSYBOX);
        let mut cargo = Cargo { files: BTreeMap::new(), links: BTreeMap::new(), busybox };
        // The person's own files win over what the lab would carry.
        for Carry { host, guest } in &request.files {
            cargo.add_tree(host, guest)?;
        }
        cargo.add_program(&request.program)?;
        Ok(cargo)
    }

    /// Adds an executable of the host with what it needs, each at its own path.
    fn add_program(&mut self, program: &Path) -> Result<(), ExecutableError> {
        let has_shell = self.busybox.is_some();
        let has = |path: &str| has_shell && path == "/bin/sh" || self.files.contains_key(path);
        let files = needs(program, &has)?;
        if files.len() > 1 && Path::new(LINKER_CACHE).is_file() {
            self.add(LINKER_CACHE.to_owned(), LINKER_CACHE.into());
        }
        for file in files {
            self.add(file.to_string_lossy().into_owned(), file);
        }
        Ok(())
    }

    /// Adds busybox under the names of all its programs, if the host has it:
    /// system(3) and scripts want a shell.
    pub fn add_shell(&mut self) -> Result<(), ExecutableError> {
        let Some(busybox) = self.busybox.clone() else { return Ok(()) };
        let failed = |source| ExecutableError::Read { path: busybox.clone(), source };
        let mut list = Command::new(&busybox);
        list.arg("--list");
        let list = list.output().map_err(failed)?;
        // A program that is not static brings its libraries.
        for file in needs(&busybox, &|_| false)?.into_iter().skip(1) {
            self.add(file.to_string_lossy().into_owned(), file);
        }
        self.add(GUEST_BUSYBOX.to_owned(), busybox);
        for name in String::from_utf8_lossy(&list.stdout).lines() {
            let path = format!("/bin/{name}");
            if !self.files.contains_key(&path) {
                self.links.insert(path, GUEST_BUSYBOX.to_owned());
            }
        }
        Ok(())
    }

    fn add(&mut self, guest: String, host: PathBuf) {
        self.files.entry(guest).or_insert(host);
    }

    /// Adds a file, or a folder with all that is in it.
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

    /// Puts it all into the payload, below a folder.
    pub fn load(&self, payload: &mut Payload, folder: &str) -> Result<(), PayloadError> {
        for (guest, host) in &self.files {
            payload.add_copy(&format!("{folder}{guest}"), host)?;
        }
        for (guest, target) in &self.links {
            payload.add_link(&format!("{folder}{guest}"), target)?;
        }
        Ok(())
    }
}
