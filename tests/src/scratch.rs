//! A cache that a test may damage. It has what the real one has, and nothing that happens
//! to it affects the real one.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use builder::cache::{Cache, SHARED_VARIABLE};
use builder::progress::Progress;
use lab::course::Course;
use lab::run::Lab;
use libtest_mimic::Failed;
use tempfile::TempDir;

/// The kinds that are there from the start, unless a test wants to see one built.
pub const ALL: &[&str] =
    &["kernel", "kernel-source", "initramfs", "checkpoints", "versions", "programs", "kmods"];

pub struct Scratch {
    folder: TempDir,
    pub cache: Cache,
}

impl Scratch {
    /// A cache with the lab's entries of these kinds.
    pub fn new(lab: &Lab<'_>, kinds: &[&str]) -> Result<Scratch, Failed> {
        Scratch::within("scratch", lab, kinds)
    }

    /// Like `new`, in a folder whose name begins with `name`.
    pub fn within(name: &str, lab: &Lab<'_>, kinds: &[&str]) -> Result<Scratch, Failed> {
        let folder = tempfile::Builder::new().prefix(name).tempdir()?;
        let cache = lab.cache.sharing(folder.path().join("upcall"), kinds)?;
        Ok(Scratch { folder, cache })
    }

    /// A cache with everything except the machine's checkpoints.
    pub fn without_checkpoints(lab: &Lab<'_>) -> Result<Scratch, Failed> {
        let kinds: Vec<&str> = ALL.iter().copied().filter(|&kind| kind != "checkpoints").collect();
        Scratch::new(lab, &kinds)
    }

    /// The same lab, with this cache.
    pub fn lab<'a>(&self, lab: &Lab<'_>, progress: &'a dyn Progress) -> Result<Lab<'a>, Failed> {
        let (course, kernel) = (Course::open(&lab.course.root)?, lab.kernel.clone());
        Ok(Lab { course, cache: self.cache.clone(), kernel, progress })
    }

    /// A folder for other files of the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A call of the command line with this cache.
    pub fn call(&self, lab: &Lab<'_>, args: &[&str]) -> Result<Command, Failed> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(args).env("XDG_CACHE_HOME", self.folder()).env_remove(SHARED_VARIABLE);
        if let Some(source) = &lab.kernel.source {
            command.env("UPCALL_KERNEL_SOURCE", source);
        }
        Ok(command)
    }

    /// Checks that the next process that opens the cache finds it as if nothing had been
    /// killed.
    pub fn nothing_is_left(&self) -> Result<(), Failed> {
        let root = self.cache.root();
        let unfinished = |kind: &fs::DirEntry| kind.path().join("unfinished");
        for kind in fs::read_dir(root)? {
            for site in fs::read_dir(unfinished(&kind?)).into_iter().flatten() {
                // The process that has it is about to end.
                if let Ok(site) = File::open(site?.path()) {
                    site.lock()?;
                }
            }
        }
        Cache::at(root)?;
        for kind in fs::read_dir(root)? {
            let left = unfinished(&kind?);
            if left.exists() {
                return Err(format!("`{}` is left", left.display()).into());
            }
        }
        Ok(())
    }
}
