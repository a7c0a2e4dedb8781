//! Finds the files that a Makefile or a C file mentions, and classifies files by name.

use std::collections::BTreeSet;
use std::path::{Component, Path};

pub fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub fn is_makefile(name: &str) -> bool {
    let begins = ["Makefile", "makefile", "GNUmakefile", "Kbuild", "Kconfig"];
    begins.iter().any(|begin| name.starts_with(begin))
        || [".mk", ".mak", ".make"].iter().any(|end| name.ends_with(end))
}

pub fn is_source_name(name: &str) -> bool {
    let ends = [".c", ".h", ".S", ".inc", ".lds", ".symvers"];
    is_makefile(name) || ends.iter().any(|end| name.ends_with(end))
}

/// The paths in a Makefile that lead upwards.
pub fn names_in_makefile(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_alphanumeric() || "_./+-@~".contains(c);
    let mut names = BTreeSet::new();
    for word in text.split(|c| !is_part(c)).filter(|word| word.contains("..")) {
        // As in `sub/../../common`, or after a variable or a flag, as in
        // `$(src)/../common` or `-I../common`.
        let from_step = word.find("..").map(|step| &word[step..]).unwrap_or_default();
        names.extend([word, from_step].map(|name| name.trim_start_matches('/').to_owned()));
    }
    names.retain(|name| Path::new(name).components().any(|part| part == Component::ParentDir));
    names
}

/// The files that a C file includes, in the form written there.
pub fn included(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let name = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix("include")?;
        let name = name.trim_start();
        let name = match name.strip_prefix('"') {
            Some(name) => name.split_once('"')?.0,
            None => name.strip_prefix('<')?.split_once('>')?.0,
        };
        (!name.starts_with('/')).then(|| name.to_owned())
    })
}
