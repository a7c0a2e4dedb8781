//! An edit rebuilds what was edited and nothing else.
//!
//! `cargo` and `make` on the PATH are scripts that record how they were called and which
//! hostile variables reached them. The cargo then creates files with the names of
//! programs, because compiling would take longer than all other tests.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lab::run::Lab;
use libtest_mimic::Failed;
use xshell::{Shell, cmd};

use crate::Test;
use crate::scratch::{ALL, Scratch};

/// Variables that people who build kernels and programs have in their environment, and
/// that would change the lab's. With their values, nothing could be built.
const HOSTILE: &[&str] = &[
    "ARCH",
    "CROSS_COMPILE",
    "LLVM",
    "CC",
    "MAKEFLAGS",
    "KCFLAGS",
    "KCPPFLAGS",
    "KBUILD_OUTPUT",
    "KBUILD_BUILD_USER",
    "CPATH",
    "LIBRARY_PATH",
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_PROFILE_GUEST_OPT_LEVEL",
    "RUSTC_WRAPPER",
];

pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let lab = Arc::clone(lab);
    vec![Test::new("rebuilds::only-what-was-edited".to_owned(), move || only_what_was_edited(&lab))]
}

/// A copy of the course, the recording tools, and a cache.
struct Bench<'a> {
    lab: &'a Lab<'a>,
    scratch: Scratch,
    calls: PathBuf,
}

fn only_what_was_edited(lab: &Lab<'_>) -> Result<(), Failed> {
    let scratch = Scratch::new(lab, ALL)?;
    let bench = Bench { lab, calls: scratch.folder().join("calls"), scratch };
    bench.copy_course()?;
    bench.install_tools()?;

    // All tests of lessons need what `setup` builds, so most of it exists already. The
    // first call builds the rest.
    bench.setup()?;
    bench.expect("nothing", &[])?;
    bench.edit("guest-programs/kill-pid/src/main.rs")?;
    bench.expect("a program", &["cargo kill-pid"])?;
    bench.edit("kmods/kill_pid/lab_kill_pid.c")?;
    bench.expect("a module", &["make kill_pid"])?;
    // Files of an editor next to the sources do not count.
    let lock = bench.course().join("kmods/kill_pid/.#lab_kill_pid.c");
    std::os::unix::fs::symlink("person@host.1234:5", lock)?;
    fs::write(bench.course().join("guest-programs/init/src/.main.rs.swp"), "")?;
    // Both are built now and stay so.
    bench.expect("nothing again", &[])
}

impl Bench<'_> {
    fn course(&self) -> PathBuf {
        self.scratch.folder().join("course")
    }

    fn copy_course(&self) -> Result<(), Failed> {
        let (sh, course) = (Shell::new()?, self.course());
        sh.create_dir(&course)?;
        sh.change_dir(&self.lab.course.root);
        cmd!(sh, "cp --recursive Cargo.toml Cargo.lock course.md guest-programs kmods {course}")
            .quiet()
            .run()?;
        Ok(())
    }

    fn install_tools(&self) -> Result<(), Failed> {
        let calls = self.calls.display();
        // The values of three options, and the package's programs in `src/bin`.
        let cargo = format!(
            "#!/bin/sh\n\
             while [ $# -gt 0 ]; do\n\
             case $1 in --target-dir) dir=$2;; --target) host=$2;;\n\
             --manifest-path) package=$(basename $(dirname $2));; esac\n\
             shift\n\
             done\n\
             echo cargo $package >>{calls}\n\
             env | sed -n 's/=hostile$/ reached cargo/p' >>{calls}\n\
             mkdir -p $dir/$host/guest\n\
             for name in $package $(ls guest-programs/$package/src/bin 2>/dev/null); do\n\
             echo >$dir/$host/guest/${{name%.rs}}\n\
             done\n"
        );
        let make = host::on_path("make").ok_or("there is no make")?;
        // Its recursive calls belong to the kernel's build.
        let make = format!(
            "#!/bin/sh\n\
             for arg; do case $arg in M=*) module=${{arg##*/}};; esac; done\n\
             [ \"$MAKELEVEL\" ] || echo make $module >>{calls}\n\
             [ \"$MAKELEVEL\" ] || env | sed -n 's/=hostile$/ reached make/p' >>{calls}\n\
             exec {} \"$@\"\n",
            make.display()
        );
        fs::create_dir(self.tools())?;
        for (name, script) in [("cargo", cargo), ("make", make)] {
            let path = self.tools().join(name);
            fs::write(&path, script)?;
            fs::set_permissions(path, Permissions::from_mode(0o755))?;
        }
        Ok(())
    }

    fn tools(&self) -> PathBuf {
        self.scratch.folder().join("tools")
    }

    fn edit(&self, file: &str) -> Result<(), Failed> {
        let path = self.course().join(file);
        let mut file = OpenOptions::new().append(true).open(path)?;
        Ok(writeln!(file, "/* edited */")?)
    }

    /// Builds everything that is not built yet.
    fn setup(&self) -> Result<(), Failed> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.tools()).chain(std::env::split_paths(&path));
        let course = self.course();
        let args = ["--course", path_text(&course)?, "setup"];
        let mut call = self.scratch.call(self.lab, &args)?;
        call.envs(HOSTILE.iter().map(|name| (name, "hostile")));
        let output = call.env("PATH", std::env::join_paths(folders)?).output()?;
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
        }
    }

    /// Checks which tools `setup` runs after this edit.
    fn expect(&self, edited: &str, expected: &[&str]) -> Result<(), Failed> {
        fs::write(&self.calls, "")?;
        self.setup()?;
        let calls = fs::read_to_string(&self.calls)?;
        let calls: Vec<&str> = calls.lines().collect();
        if calls == expected {
            Ok(())
        } else {
            Err(format!("edited {edited}: called {calls:?} instead of {expected:?}").into())
        }
    }
}

fn path_text(path: &Path) -> Result<&str, Failed> {
    path.to_str().ok_or_else(|| Failed::from("a temporary folder's path is no UTF-8"))
}
