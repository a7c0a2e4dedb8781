//! Files that make built in a folder for another kernel, and would mistake for current
//! ones.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use fs_err as fs;

/// The names in a folder.
pub struct Products(BTreeSet<String>);

impl Products {
    pub fn of(folder: &Path) -> io::Result<Products> {
        let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        let names = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
        Ok(Products(names.collect()))
    }

    /// Whether make built a file in the folder.
    pub fn contain(&self, name: &str) -> bool {
        let ends = [".ko", ".mod", ".mod.c", ".mod.o"].iter().any(|end| name.ends_with(end));
        let own = ["modules.order", "Module.symvers"].contains(&name);
        // An object without its source or without a record of its command was supplied by
        // the author.
        let made = name.strip_suffix(".o").is_some_and(|stem| {
            let from = [format!("{stem}.c"), format!("{stem}.S"), format!(".{name}.cmd")];
            from.iter().any(|from| self.0.contains(from))
        });
        ends || own || made || name.starts_with('.') && name.ends_with(".cmd")
    }
}
