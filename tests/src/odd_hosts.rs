//! Unusual hosts and environments: a run there has the same bytes, or one line says what
//! is wrong. `command-line::…` builds the lesson that these tests run.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use lab::run::Lab;
use libtest_mimic::Failed;

use crate::Test;
use crate::command_line::course;
use crate::scratch::{ALL, Scratch};

/// Changes the environment of a run. The arguments are an empty folder and the cache's
/// folder.
type Change = fn(&mut Command, &Path, &Path) -> std::io::Result<()>;

const CHANGES: &[(&str, Change)] = &[
    ("the-c-locale-and-no-terminal", |command, _, _| {
        command.env("LC_ALL", "C").env_remove("LANG").env_remove("TERM");
        Ok(())
    }),
    ("files-that-only-the-owner-may-read", |command, _, _| {
        command.env("UMASK", "077");
        Ok(())
    }),
    ("no-folder-for-temporary-files", |command, folder, _| {
        command.env("TMPDIR", folder.join("missing"));
        Ok(())
    }),
    ("a-relative-cache-is-ignored", |command, folder, cache| {
        std::fs::create_dir(folder.join(".cache"))?;
        symlink(cache, folder.join(".cache/upcall"))?;
        command.env("XDG_CACHE_HOME", "cache").env("HOME", folder);
        Ok(())
    }),
    ("no-home", |command, folder, cache| {
        symlink(cache, folder.join("upcall"))?;
        command.env("XDG_CACHE_HOME", folder).env_remove("HOME");
        Ok(())
    }),
    ("another-folder-to-work-in", |command, folder, _| {
        command.current_dir(folder);
        Ok(())
    }),
];

/// One test per oddity.
pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let same = CHANGES.iter().map(|&(name, change)| {
        let cache: PathBuf = lab.cache.root().to_owned();
        Test::new(format!("odd-hosts::{name}"), move || runs_the_same(change, &cache))
    });
    let odd = |name: &str, test: fn(&Lab<'static>) -> Result<(), Failed>| {
        let lab = Arc::clone(lab);
        Test::new(format!("odd-hosts::{name}"), move || test(&lab))
    };
    let others = [
        odd("nowhere-for-the-cache", |_| no_cache()),
        odd("a-cache-that-make-cannot-handle", unfit_cache),
        odd("letters-and-blanks-in-paths", letters_and_blanks),
    ];
    same.chain(others).collect()
}

/// Runs the miniature course's first lesson.
fn run(change: impl FnOnce(&mut Command, &Path) -> std::io::Result<()>) -> Result<Output, Failed> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask ${UMASK:-022}; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe()?)
        .arg("--course")
        .arg(course())
        .args(["run", "lesson-1"])
        .stdin(Stdio::null());
    change(&mut command, folder.path())?;
    Ok(command.output()?)
}

fn runs_the_same(change: Change, cache: &Path) -> Result<(), Failed> {
    let usual = run(|_, _| Ok(()))?;
    let odd = run(|command, folder| change(command, folder, cache))?;
    let told = |output: &Output| {
        let text = [&output.stdout[..], b"--- stderr\n", &output.stderr].concat();
        format!("{}\n{}", output.status, String::from_utf8_lossy(&text))
    };
    if usual.status.success() && told(&usual) == told(&odd) {
        Ok(())
    } else {
        Err(format!("{}\nand not, as it is elsewhere,\n{}", told(&odd), told(&usual)).into())
    }
}

fn no_cache() -> Result<(), Failed> {
    let output = run(|command, _| {
        command.env_remove("XDG_CACHE_HOME").env_remove("HOME");
        Ok(())
    })?;
    let expected = "error: failed to find a place for the cache: neither XDG_CACHE_HOME nor HOME \
                    is set\nhint: set XDG_CACHE_HOME to a folder to keep builds in\n";
    refused(&output, expected)
}

/// Checks that a build failed with this message.
fn refused(output: &Output, expected: &str) -> Result<(), Failed> {
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(3) && said == expected {
        Ok(())
    } else {
        Err(format!("{}, but 3 was expected\n{said}{expected}", output.status).into())
    }
}

/// One line says so before anything is downloaded or built.
fn unfit_cache(_: &Lab<'static>) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let home = folder.path().join("a b");
    let output = run(|command, _| {
        command.env("XDG_CACHE_HOME", &home);
        Ok(())
    })?;
    let cache = home.join("upcall");
    let expected = format!(
        "error: failed to build a kernel in `{}`: make cannot handle the ` ` in it\nhint: use a \
         folder whose path has letters, digits and `/._-+,@=~` alone; for the cache: \
         XDG_CACHE_HOME=/FOLDER\n",
        cache.display()
    );
    refused(&output, &expected)
}

/// Modules are compiled in a cache whose path is not ASCII, while the folder for
/// temporary files has a blank in its path.
fn letters_and_blanks(lab: &Lab<'static>) -> Result<(), Failed> {
    let built: Vec<&str> = ALL.iter().copied().filter(|&kind| kind != "kmods").collect();
    let scratch = Scratch::within("Käche", lab, &built)?;
    let temporary = scratch.folder().join("t m p");
    std::fs::create_dir(&temporary)?;
    let told = |mut command: Command| -> Result<String, Failed> {
        let output = command.stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        match output.status.success() {
            true => Ok(text),
            false => Err(format!("{}\n{text}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    };
    let mut odd = scratch.call(lab, &["run", "kill-pid"])?;
    odd.env("TMPDIR", &temporary);
    let mut usual = Command::new(std::env::current_exe()?);
    usual.args(["run", "kill-pid"]);
    match told(odd)? == told(usual)? {
        true => Ok(()),
        false => Err("another run".into()),
    }
}
