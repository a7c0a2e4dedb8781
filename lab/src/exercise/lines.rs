//! The line of a student's file that a report of the kernel is about.
//!
//! The kernel of the lessons has no debug information, and neither has a module for it. So
//! if there is a report, the module is compiled once more with it. That changes no
//! instruction, which is checked, so what is at a place in one is at that place in the
//! other.

use std::ffi::OsStr;
use std::path::Path;

use builder::sandbox::Sandbox;
use object::{Object, ObjectSection, ObjectSymbol};
use process::Temporary;
use story::reports::Place;

use super::Exercise;
use super::compile::{CompileError, Compiler};
use crate::error::Error;
use crate::run::{Machine, read};

impl Exercise {
    /// The line of a place in a student's module, whose instructions are `elf`. `None` if
    /// it cannot be known.
    pub(super) fn line(
        &self,
        compiler: &Compiler<'_>,
        machine: &Machine,
        (path, text): (&Path, &str),
        elf: &[u8],
        place: &Place,
    ) -> Result<Option<u32>, Error> {
        let with_lines = match compiler.module_with_lines(self, path, text, &machine.kernel) {
            Ok(file) => read(&file)?,
            // It takes more than without, and more than a compiler gets.
            Err(CompileError::Compile { .. } | CompileError::Excess { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match same_code(elf, &with_lines, place) {
            true => line_of(&with_lines, place, self.file.name()),
            false => Ok(None),
        }
    }
}

/// The line of a place in the student's file. `None` if the module does not say.
///
/// The module is a stranger's, so the program that reads it is confined.
pub(super) fn line_of(elf: &[u8], place: &Place, file: &str) -> Result<Option<u32>, Error> {
    let Some(Code { section, address, .. }) = Code::around(elf, place) else { return Ok(None) };
    let folder = Temporary::new()?;
    let module = folder.path().join("module.ko");
    fs_err::write(&module, elf)?;
    let sandbox = Sandbox { read: Vec::new(), write: folder.path().to_owned() };
    let (section, address) = (format!("--section={section}"), format!("{address:#x}"));
    // With the lines that inlined functions were called from, innermost first.
    let args = [
        OsStr::new("--inlines"),
        section.as_ref(),
        "-e".as_ref(),
        module.as_ref(),
        address.as_ref(),
    ];
    let environment = [("PATH", OsStr::new("/usr/bin:/bin"))];
    let addr2line = Path::new("/usr/bin/addr2line");
    let told = sandbox.run(addr2line, args, &environment, folder.path());
    let told = told.map_err(CompileError::from)?;
    Ok(told.output.lines().find_map(|line| line_in(line, file)))
}

/// The code around a place in a module: all of its section.
#[derive(Debug, PartialEq, Eq)]
struct Code {
    section: String,
    bytes: Vec<u8>,
    /// The place, in the section.
    address: u64,
}

impl Code {
    fn around(elf: &[u8], place: &Place) -> Option<Code> {
        let file = object::File::parse(elf).ok()?;
        let symbol = file.symbols().find(|symbol| symbol.name() == Ok(&place.function))?;
        let address = symbol.address().checked_add(place.offset)?;
        let section = file.section_by_index(symbol.section_index()?).ok()?;
        let (bytes, section) = (section.data().ok()?.to_owned(), section.name().ok()?.to_owned());
        Some(Code { section, bytes, address })
    }
}

/// Whether two modules have the same code around a place.
fn same_code(one: &[u8], other: &[u8], place: &Place) -> bool {
    let [one, other] = [one, other].map(|elf| Code::around(elf, place));
    one.is_some() && one == other
}

/// The number in `/folder/lab_x.c:12 (discriminator 1)`.
fn line_in(line: &str, file: &str) -> Option<u32> {
    let (path, rest) = line.rsplit_once(':')?;
    let is_it = Path::new(path).file_name().is_some_and(|name| name == file);
    let number = rest.split(' ').next()?.parse().ok();
    number.filter(|_| is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_the_students_file_count() {
        for (line, expected) in [
            ("/tmp/a/module/lab_x.c:12", Some(12)),
            ("/tmp/a/module/lab_x.c:12 (discriminator 1)", Some(12)),
            ("/usr/src/include/linux/lab_y.h:12", None),
            ("??:?", None),
            ("lab_x.c:?", None),
        ] {
            assert_eq!(line_in(line, "lab_x.c"), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_module_has_no_lines() {
        let place = Place { function: "f".to_owned(), offset: 0 };
        assert!(!same_code(b"", b"", &place));
        assert_eq!(Code::around(b"text", &place), None);
    }
}
