//! Builds a folder: by the kernel's build as far as that works, or else as its author
//! builds it.

use std::path::{Path, PathBuf};

use fs_err as fs;

use super::copy::files_below;
use super::make::Make;
use super::{Built, KmodFolderError, Trust, copy, named, parts};
use crate::cache::Kept;
use crate::kernel::Kernel;

/// The place where a folder is built.
pub struct Site<'a> {
    make: Make<'a>,
    kept: &'a Kept,
    /// Whether the copy has changed.
    pub has_changed: bool,
    /// The files that were copied, one per line.
    names: String,
}

impl<'a> Site<'a> {
    pub fn new(
        named: &'a Path,
        real: PathBuf,
        trust: Trust,
        kernel: &'a Kernel,
        kept: &'a Kept,
    ) -> Result<Site<'a>, KmodFolderError> {
        let work = kept.folder().join("work");
        let make = Make { named, real, trust, kernel, work, copy: PathBuf::new() };
        let mut site = Site { make, kept, has_changed: false, names: String::new() };
        site.fill()?;
        Ok(site)
    }

    /// The file that records what was copied, and that make finished with it. It is next
    /// to the work folder, because make must not change it.
    fn list(&self) -> PathBuf {
        self.kept.folder().join("copied")
    }

    /// Keeps what was built for the next time. Without this call it is not used again,
    /// because a killed make leaves half a file.
    pub fn finish(&self) -> Result<(), KmodFolderError> {
        Ok(fs::write(self.list(), &self.names)?)
    }

    /// Updates the copy, and removes the list of modules that were built before.
    fn fill(&mut self) -> Result<(), KmodFolderError> {
        let taken = named::take(&self.make.real, self.make.trust == Trust::Full)?;
        self.make.copy = self.make.work.join(&taken.folder);
        let list = self.list();
        let names = taken.files.keys().map(|path| format!("{}\n", path.display()));
        let names: String = names.collect();
        // make does not notice that a header is gone, or that another one is now the
        // first of its name. So in that case everything is built again.
        let is_another = fs::read_to_string(&list).ok().as_ref() != Some(&names);
        if is_another {
            self.kept.clear()?;
            fs::create_dir_all(&self.make.work)?;
        }
        copy::remove(&list)?;
        self.has_changed = copy::update(&self.make.work, &taken.files)?;
        self.names = names;
        let is_result = |path: &PathBuf| {
            let ends = ["ko", "mod", "order"];
            path.extension().is_some_and(|ending| ends.iter().any(|&end| ending == end))
                && !taken.files.contains_key(path)
        };
        for path in files_below(&self.make.work)?.iter().filter(|path| is_result(path)) {
            copy::remove(&self.make.work.join(path))?;
        }
        Ok(())
    }

    /// Builds the folder as the kernel's own build does. If that gives no module, builds
    /// it as its author does: with `make` alone.
    pub fn build(&mut self) -> Result<Built, KmodFolderError> {
        let made = self.make.kbuild(&["--keep-going", "modules"])?;
        if made.success {
            let order = self.make.copy.join("modules.order");
            // A Makefile can leave a pipe there, and reading it would block.
            let is_file = order.symlink_metadata().is_ok_and(|meta| meta.is_file());
            let order = is_file.then(|| fs::read_to_string(order).ok()).flatten();
            let order = order.unwrap_or_default();
            // Each line names a module's object, and the module is next to it.
            let modules = order.lines().map(|line| self.make.copy.join(line).with_extension("ko"));
            let modules = self.own(modules.collect());
            if !modules.is_empty() {
                return Ok(Built { modules, failed: Vec::new() });
            }
        } else if let Some(built) = self.build_parts()? {
            return Ok(built);
        }
        let alone = self.make.author()?;
        let modules = self.own(self.built()?);
        if alone.success && !modules.is_empty() {
            return Ok(Built { modules, failed: Vec::new() });
        }
        let (folder, trust) = (self.make.named.to_owned(), self.make.trust);
        Err(match made.success {
            true => KmodFolderError::NoModule { folder, output: alone.output, trust },
            false => KmodFolderError::Compile { folder, output: made.output, trust },
        })
    }

    /// Builds those of several modules that can be built. Returns `None` if there are
    /// none.
    fn build_parts(&mut self) -> Result<Option<Built>, KmodFolderError> {
        if self.parts()?.len() < 2 {
            return Ok(None);
        }
        // Start from nothing, so that everything there afterwards was built now.
        self.kept.clear()?;
        self.fill()?;
        let compiled = self.make.kbuild(&["--keep-going", "modules"])?;
        let (mut able, unable): (Vec<_>, Vec<_>) =
            self.parts()?.into_iter().partition(|part| part.is_compiled);
        let mut failed: Vec<_> = unable.iter().map(|part| part.failed(&compiled.output)).collect();
        // A module cannot be loaded without its symbols. So leave out modules that lack a
        // symbol, and then modules that need those.
        while !able.is_empty() {
            let goals: Vec<_> = able.iter().map(|part| format!("{}.ko", part.name)).collect();
            let linked = self.make.kbuild(&goals.iter().map(String::as_str).collect::<Vec<_>>())?;
            if linked.success {
                let modules = goals.iter().map(|goal| self.make.copy.join(goal)).collect();
                return Ok(Some(Built { modules: self.own(modules), failed }));
            }
            let lacking: Vec<_> = able.iter().filter_map(|it| it.lacks(&linked.output)).collect();
            if lacking.is_empty() {
                break;
            }
            able.retain(|part| lacking.iter().all(|it| it.module != part.name));
            failed.extend(lacking);
        }
        Ok(None)
    }

    fn parts(&self) -> Result<Vec<parts::Part>, KmodFolderError> {
        Ok(parts::found(&self.make.copy)?)
    }

    /// All modules in the copy.
    fn built(&self) -> Result<Vec<PathBuf>, KmodFolderError> {
        let files = files_below(&self.make.copy)?;
        let modules = files.into_iter().filter(|path| path.extension().is_some_and(|e| e == "ko"));
        Ok(modules.map(|path| self.make.copy.join(path)).collect())
    }

    /// Those modules that are files in the work folder, in loading order. A Makefile may
    /// have made a link to a file that it may not read.
    fn own(&self, modules: Vec<PathBuf>) -> Vec<PathBuf> {
        let real = self.make.work.canonicalize().unwrap_or_default();
        let is_own = |path: &PathBuf| {
            path.symlink_metadata().is_ok_and(|meta| meta.is_file())
                && path.canonicalize().is_ok_and(|path| path.starts_with(&real))
        };
        parts::in_order(modules.into_iter().filter(is_own).collect())
    }
}
