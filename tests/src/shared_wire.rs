//! How every module's interrupt handler answers an interrupt of another device.
//!
//! In the lab edu has its wire for itself, so no lesson shows this. A module of this test
//! makes such an interrupt and reads the kernel's count of interrupts that no handler
//! took.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use builder::guest::kmods;
use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;
use crate::exec::{exec, same};

/// Modules that drive edu include this file.
const EDU: &str = "#include \"lab_edu.h\"";

const UNHANDLED: &str = "/sys/module/shared_wire/parameters/unhandled";

/// One test per module with a handler.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let kmods = modules_of_edu(&builder::root().join("kmods"))?;
    let test = |kmod: String| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        let name = format!("shared-wire::{kmod}");
        Test::new(name, move || is_left_to_others(&lab, &machine, &kmod))
    };
    Ok(kmods.into_iter().map(test).collect())
}

/// The folders of `kmods` whose modules drive edu, in order.
fn modules_of_edu(kmods: &Path) -> Result<BTreeSet<String>, Error> {
    let failed = || Error::file("list", kmods);
    let mut found = BTreeSet::new();
    for folder in std::fs::read_dir(kmods).map_err(failed())? {
        let folder = folder.map_err(failed())?;
        let Ok(files) = std::fs::read_dir(folder.path()) else { continue };
        let mut sources =
            files.flatten().filter(|file| file.path().extension() == Some("c".as_ref()));
        let drives_edu = |source| std::fs::read_to_string(source).is_ok_and(|s| s.contains(EDU));
        if sources.any(|source| drives_edu(source.path())) {
            found.insert(folder.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

fn is_left_to_others(lab: &Lab<'_>, machine: &Machine, kmod: &str) -> Result<(), Failed> {
    let kernel = &machine.kernel;
    let build = |kmod| kmods::build(&lab.course.root, kmod, kernel, &lab.cache, lab.progress);
    let trace = build(kmods::TRACE)?;
    let by_wire = format!("{}:msi=0", build(kmod)?.display());
    let folder = builder::root().join("tests/shared-wire");
    let wire = kmods::build_folder(&folder, kernel, &lab.cache, lab.progress)?;
    let mut words = vec!["--kmod".to_owned(), trace.display().to_string()];
    words.extend(["--kmod".to_owned(), by_wire]);
    words.extend(wire.iter().flat_map(|file| ["--kmod".to_owned(), file.display().to_string()]));
    words.extend(["--", "cat", UNHANDLED].map(str::to_owned));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    same(&exec(&words, None)?, 0, b"1\n", b"")
}
