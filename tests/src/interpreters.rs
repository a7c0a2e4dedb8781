//! python and perl in the machine have the standard library that they have on the host.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;
use crate::exec::{FolderCheck, exec, in_folders, same};

/// The interpreters at the places where distributions have them: others of the same name
/// may be before them on `PATH`, and be scripts.
const PYTHON: &str = "/usr/bin/python3";
const PERL: &str = "/usr/bin/perl";

/// Names the modules that are there, after loading those that need libraries of the system.
const PYTHON_SCRIPT: &str = "\
import importlib, importlib.util, sys
for name in 'bz2 ctypes curses dbm decimal json lzma readline sqlite3 ssl uuid zlib'.split():
    try:
        print(name, importlib.import_module(name).__name__)
    except ImportError as error:
        print(error.name)
print(*sorted(name for name in sys.stdlib_module_names if importlib.util.find_spec(name)))
";
const PERL_SCRIPT: &str = "\
for (qw(POSIX Data::Dumper Digest::SHA Encode File::Temp JSON::PP Storable Time::HiRes)) {
    print eval \"require $_\" ? \"$_\\n\" : \"no $_\\n\";
}
";

/// One test per interpreter.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    const CHECKS: [(&str, FolderCheck); 2] =
        [("python-has-its-standard-library", python), ("perl-has-its-standard-library", perl)];
    let tests = in_folders(lab, machine, "exec", &CHECKS)?;
    Ok(tests.into_iter().zip([PYTHON, PERL]).map(|(test, program)| test.needs(program)).collect())
}

fn python(at: &Path) -> Result<(), Failed> {
    as_on_the_host(at, &format!("#!{PYTHON} -I"), PYTHON_SCRIPT)
}

/// Without the person's own modules.
fn perl(at: &Path) -> Result<(), Failed> {
    as_on_the_host(at, &format!("#!{PERL} -T"), PERL_SCRIPT)
}

/// A script, and a program that starts it, write the same as on the host.
fn as_on_the_host(at: &Path, line: &str, text: &str) -> Result<(), Failed> {
    let file = at.join("script");
    fs::write(&file, format!("{line}\n{text}"))?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
    let script = file.display().to_string();
    let expected = Command::new(&file).output()?;
    same(&expected, 0, &expected.stdout, b"")?;
    same(&exec(&["--", &script], None)?, 0, &expected.stdout, b"")?;
    let output = exec(&["--with", &script, "--", "env", &script], None)?;
    same(&output, 0, &expected.stdout, b"")
}
