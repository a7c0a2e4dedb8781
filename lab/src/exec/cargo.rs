//! Everything that goes into the guest with a program: its libraries, the person's files,
//! and a shell if the host has one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::FileType;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use builder::guest::payload::{Payload, PayloadError};
use host::{BUSYBOX, on_path};
use process::Command;
use vm::room::Load;

use super::elf::Image;
use super::executable::{
    ExecutableError, Guest, Needs, needs, needs_elsewhere, needs_of_library, read_error, steps_from,
};
use super::interpreters::{PACKAGES, standard_library};
use super::request::{Carry, Request};

/// The path of busybox in the guest: its shell and small programs, all in one file.
const GUEST_BUSYBOX: &str = "/bin/busybox";

/// Files for the guest, keyed by their path there.
#[derive(Debug)]
pub struct Cargo {
    files: BTreeMap<String, PathBuf>,
    links: BTreeMap<String, String>,
    /// Those of the files that keep their times: the person's, and those of standard
    /// libraries.
    own: BTreeSet<String>,
    /// Folders that must exist, even if they are empty, with their permissions and times.
    folders: BTreeMap<String, (u32, i64)>,
    busybox: Option<PathBuf>,
    /// What the person should know.
    pub notes: Vec<String>,
}

/// The permissions of a folder that the lab makes, and no time.
const FOLDER: (u32, i64) = (0o755, 0);

impl Cargo {
    /// Collects a request's program, everything that the program needs, and the person's
    /// files.
    pub fn new(request: &Request) -> Result<Cargo, ExecutableError> {
        let busybox = on_path(BUSYBOX);
        let mut cargo = Cargo {
            files: BTreeMap::new(),
            links: BTreeMap::new(),
            own: BTreeSet::new(),
            folders: BTreeMap::new(),
            busybox,
            notes: Vec::new(),
        };
        // The person's own files replace those that the lab would copy.
        for Carry { host, guest } in &request.files {
            // The person may name a link and mean the file.
            let kind = std::fs::metadata(host).map_err(read_error(host))?.file_type();
            cargo.add_tree(host, guest, kind)?;
        }
        cargo.add_what_carried_ones_need()?;
        for program in [&request.program].into_iter().chain(&request.with) {
            cargo.add_program(program)?;
        }
        cargo.add_standard_libraries()?;
        Ok(cargo)
    }

    /// Adds what the executables among the person's files need. One that cannot run is the
    /// person's affair.
    fn add_what_carried_ones_need(&mut self) -> Result<(), ExecutableError> {
        for (guest, host) in self.files.clone() {
            if std::fs::metadata(&host).map_err(read_error(&host))?.permissions().mode() & 0o111
                == 0
            {
                continue;
            }
            match needs_elsewhere(&host, &guest, self.guest()) {
                Ok(files) => files.into_iter().try_for_each(|file| self.add(file))?,
                Err(ExecutableError::NotExecutable { .. }) => {}
                Err(error) => self.notes.push(error.to_string()),
            }
        }
        Ok(())
    }

    /// Adds a host executable and everything that it needs.
    fn add_program(&mut self, program: &Path) -> Result<(), ExecutableError> {
        for file in needs(program, self.guest())? {
            self.add(file)?;
        }
        Ok(())
    }

    /// Adds the standard library of each interpreter that is not a person's own file.
    fn add_standard_libraries(&mut self) -> Result<(), ExecutableError> {
        let brought = self.files.iter().filter(|(guest, _)| !self.own.contains(*guest));
        let hosts: Vec<PathBuf> = brought.map(|(_, host)| host.clone()).collect();
        let linker = || hosts.iter().find_map(|file| Image::read(file).ok()?.interpreter);
        let folders: BTreeSet<PathBuf> = hosts.iter().flat_map(|it| standard_library(it)).collect();
        let Some(linker) = linker().filter(|_| !folders.is_empty()) else { return Ok(()) };
        for folder in folders {
            let real = std::fs::canonicalize(&folder).map_err(read_error(&folder))?;
            if real != folder {
                let [path, target] = [&folder, &real].map(|it| it.to_string_lossy().into_owned());
                self.links.insert(path, target);
            }
            self.add_library_folder(&real, &linker)?;
        }
        Ok(())
    }

    /// Adds a folder of a standard library, and what its own libraries need. The files keep
    /// their times, by which python knows whether what it compiled is up to date.
    fn add_library_folder(&mut self, folder: &Path, linker: &str) -> Result<(), ExecutableError> {
        for entry in std::fs::read_dir(folder).map_err(read_error(folder))? {
            let path = entry.map_err(read_error(folder))?.path();
            let is = |ending: &str| path.extension().is_some_and(|it| it == ending);
            if path.is_dir() {
                if !PACKAGES.iter().any(|name| path.ends_with(name)) {
                    self.add_library_folder(&path, linker)?;
                }
                continue;
            }
            // Nothing loads a static library, and python's is half of all.
            if !path.is_file() || is("a") {
                continue;
            }
            if is("so") {
                let needs = needs_of_library(&path, linker, self.guest());
                needs.into_iter().try_for_each(|file| self.add(file))?;
            }
            let real = std::fs::canonicalize(&path).map_err(read_error(&path))?;
            self.add(Needs { path: path.to_string_lossy().into_owned(), host: path })?;
            self.own.insert(real.to_string_lossy().into_owned());
        }
        Ok(())
    }

    /// Adds busybox under the names of all its programs, if the host has it, because
    /// system(3) and scripts need a shell.
    pub fn add_shell(&mut self) -> Result<(), ExecutableError> {
        let Some(busybox) = self.busybox.clone() else { return Ok(()) };
        let mut list = Command::new(&busybox);
        list.arg("--list");
        let list = list.output().map_err(read_error(&busybox))?;
        // A busybox that is not static needs its libraries.
        for file in needs(&busybox, self.guest())?.into_iter().skip(1) {
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

    /// What the guest has so far.
    fn guest(&self) -> Guest<'_> {
        Guest { files: &self.files, links: &self.links, shell: self.busybox.is_some() }
    }

    fn has(&self, guest: &str) -> bool {
        self.files.contains_key(guest) || self.links.contains_key(guest)
    }

    /// Adds a file at its real path on the host, with a link from the path where it is
    /// searched. So `$ORIGIN` means the same as on the host, and a library that is found
    /// through two paths is one file.
    fn add(&mut self, file: Needs) -> Result<(), ExecutableError> {
        for folder in steps_from(&file.path) {
            self.folders.entry(folder).or_insert(FOLDER);
        }
        let path = self.guest().real(&file.path);
        if self.files.contains_key(&path) {
            return Ok(());
        }
        let real = std::fs::canonicalize(&file.host).map_err(read_error(&file.host))?;
        let place = real.to_string_lossy().into_owned();
        if path != place {
            self.links.insert(path, place.clone());
        }
        self.files.entry(place).or_insert(real);
        Ok(())
    }

    /// Adds a file, or a folder with everything in it.
    fn add_tree(
        &mut self,
        host: &Path,
        guest: &str,
        kind: FileType,
    ) -> Result<(), ExecutableError> {
        if kind.is_file() {
            self.files.insert(guest.to_owned(), host.to_owned());
            self.own.insert(guest.to_owned());
        } else if kind.is_symlink() {
            let target = std::fs::read_link(host).map_err(read_error(host))?;
            let target = target.to_string_lossy().into_owned();
            if !host.exists() {
                let link = host.display();
                self.notes.push(format!("`{link}` is a link to `{target}`, which does not exist"));
            }
            self.links.insert(guest.to_owned(), target);
        } else if kind.is_dir() {
            let meta = std::fs::metadata(host).map_err(read_error(host))?;
            let mode = meta.permissions().mode() & 0o777;
            self.folders.insert(guest.to_owned(), (mode, meta.mtime()));
            for entry in std::fs::read_dir(host).map_err(read_error(host))? {
                let entry = entry.map_err(read_error(host))?;
                let guest = format!("{guest}/{}", entry.file_name().to_string_lossy());
                self.add_tree(&entry.path(), &guest, entry.file_type().map_err(read_error(host))?)?;
            }
        } else {
            return Err(ExecutableError::Special { path: host.to_owned(), kind: name(kind) });
        }
        Ok(())
    }

    /// The host's files, by their paths in the guest.
    pub fn files(&self) -> &BTreeMap<String, PathBuf> {
        &self.files
    }

    /// Where the links lead, by their paths in the guest.
    pub fn links(&self) -> &BTreeMap<String, String> {
        &self.links
    }

    /// Adds everything to what a machine has to hold, by the files' lengths.
    pub fn weigh(&self, load: &mut Load) -> Result<(), ExecutableError> {
        for host in self.files.values() {
            load.add(std::fs::metadata(host).map_err(read_error(host))?.len());
        }
        (0..self.folders.len() + self.links.len()).for_each(|_| load.add(0));
        Ok(())
    }

    /// Puts everything into the payload, below `folder`.
    pub fn pack(&self, payload: &mut Payload, folder: &str) -> Result<(), PayloadError> {
        for (guest, (mode, time)) in &self.folders {
            payload.add_folder(&format!("{folder}{guest}"), *mode, *time)?;
        }
        for (guest, host) in &self.files {
            let name = format!("{folder}{guest}");
            match self.own.contains(guest) {
                true => payload.add_own(&name, host)?,
                false => payload.add_copy(&name, host)?,
            }
        }
        for (guest, target) in &self.links {
            payload.add_link(&format!("{folder}{guest}"), target)?;
        }
        // What is put into a folder changes its time, so folders come once more, the inner
        // ones first.
        for (guest, (mode, time)) in self.folders.iter().rev() {
            payload.add_folder(&format!("{folder}{guest}"), *mode, *time)?;
        }
        Ok(())
    }
}

/// What a file is that has no content to copy.
fn name(kind: FileType) -> &'static str {
    match kind {
        kind if kind.is_fifo() => "a FIFO",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    }
}
