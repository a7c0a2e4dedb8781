//! `exec --file`, `--with` and `--out`: what goes into the machine with a program, and what
//! comes out.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::Test;
use crate::exec::{FolderCheck, exec, in_folders, same};

const CHECKS: &[(&str, FolderCheck)] = &[
    ("a-folder-comes-as-it-is", folder),
    ("a-folder-goes-in-and-out", round_trip),
    ("what-has-no-content-is-named", special),
    ("an-executable-comes-with-its-libraries", executable),
    ("other-programs-come-along", with),
    ("env-brings-what-it-starts", env),
    ("a-file-that-is-not-left-is-named", not_left),
    ("what-has-no-end-is-not-brought-back", endless),
    ("what-the-record-has-no-room-for-is-named", no_room),
    ("a-place-for-a-file-is-looked-for-first", no_place),
];

/// One test per property, each in its own folder.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    in_folders(lab, machine, "exec::carried", CHECKS)
}

/// Permissions, empty folders and links stay. A link to nothing is named.
fn folder(at: &Path) -> Result<(), Failed> {
    let tree = at.join("tree");
    fs::create_dir_all(tree.join("empty"))?;
    fs::write(tree.join("file"), "")?;
    for (name, mode) in [("empty", 0o700), ("file", 0o640), ("", 0o751)] {
        fs::set_permissions(tree.join(name), fs::Permissions::from_mode(mode))?;
    }
    symlink("file", tree.join("link"))?;
    symlink("../nowhere", tree.join("lost"))?;
    // The person's own link is followed.
    symlink("tree", at.join("other"))?;
    let carried = format!("{}:/tmp/t", at.join("other").display());
    let format = "%m %y %P %l\n";
    let output = exec(&["--file", &carried, "--", "find", "/tmp/t", "-printf", format], None)?;
    let mut found: Vec<&str> = std::str::from_utf8(&output.stdout)?.lines().collect();
    found.sort_unstable();
    let expected =
        ["640 f file ", "700 d empty ", "751 d  ", "777 l link file", "777 l lost ../nowhere"];
    let lost = at.join("other/lost").display().to_string();
    let said = format!("`{lost}` is a link to `../nowhere`, which does not exist\n");
    match found == expected && String::from_utf8_lossy(&output.stderr) == said {
        true => Ok(()),
        false => Err(format!("{found:?}\n{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// Content, permissions, times and links are the same in the end.
fn round_trip(at: &Path) -> Result<(), Failed> {
    let (tree, back) = (at.join("tree"), at.join("back"));
    fs::create_dir_all(tree.join("below/empty"))?;
    fs::write(tree.join("below/file"), "text")?;
    symlink("below/file", tree.join("link"))?;
    for (name, mode, time) in
        [("below/file", 0o640, 1_000_000_000), ("below/empty", 0o700, 1_100_000_000)]
    {
        let time = UNIX_EPOCH + Duration::from_secs(time);
        fs::File::open(tree.join(name))?.set_modified(time)?;
        fs::set_permissions(tree.join(name), fs::Permissions::from_mode(mode))?;
    }
    for (name, time) in [("below", 1_200_000_000), ("", 1_300_000_000)] {
        let time = UNIX_EPOCH + Duration::from_secs(time);
        fs::File::open(tree.join(name))?.set_modified(time)?;
    }
    let (carried, fetched) =
        (format!("{}:/tmp/t", tree.display()), format!("/tmp/t:{}", back.display()));
    let output = exec(&["--file", &carried, "--out", &fetched, "--", "true"], None)?;
    same(&output, 0, b"", b"")?;
    // A folder of the machine's own keeps its permissions.
    let carried = format!("{}:/tmp", tree.display());
    let output = exec(&["--file", &carried, "--", "stat", "-c", "%a", "/tmp", "/tmp/link"], None)?;
    same(&output, 0, b"1777\n777\n", b"")?;
    let (before, after) = (listed(&tree)?, listed(&back)?);
    match before == after && fs::read(back.join("below/file"))? == b"text" {
        true => Ok(()),
        false => Err(format!("{before:#?}\n{after:#?}").into()),
    }
}

/// Everything below a folder, and the folder: a line each.
fn listed(folder: &Path) -> Result<Vec<String>, Failed> {
    let output =
        Command::new("find").current_dir(folder).args([".", "-printf", LISTED]).output()?;
    let mut lines: Vec<String> =
        String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    // A link's own time is not kept.
    for line in lines.iter_mut().filter(|line| line.contains(" l ")) {
        line.truncate(line.rfind(' ').unwrap_or(line.len()));
    }
    Ok(lines)
}

/// Of a file: path, type, permissions, a link's target, and time.
const LISTED: &str = "%p %y %m %l %Ts\n";

/// Opening a FIFO would wait for ever.
fn special(at: &Path) -> Result<(), Failed> {
    let (fifo, socket) = (at.join("below/fifo"), at.join("socket"));
    fs::create_dir(at.join("below"))?;
    mkfifo(&fifo, Mode::S_IRWXU)?;
    let _listener = UnixListener::bind(&socket)?;
    for (carried, named, kind) in [
        (fifo.as_path(), fifo.as_path(), "a FIFO"),
        (&at.join("below"), &fifo, "a FIFO"),
        (&socket, &socket, "a socket"),
        (Path::new("/dev/null"), Path::new("/dev/null"), "a device"),
    ] {
        let carried = format!("{}:/tmp/x", carried.display());
        let output = exec(&["--file", &carried, "--", "true"], None)?;
        let named = named.display();
        let said =
            format!("error: failed to copy `{named}`: it is {kind}, not a file, folder or link\n");
        same(&output, 125, b"", said.as_bytes())?;
    }
    Ok(())
}

/// Its `$ORIGIN` is its folder in the guest.
fn executable(at: &Path) -> Result<(), Failed> {
    let tree = at.join("tree");
    fs::create_dir_all(tree.join("lib"))?;
    fs::create_dir_all(tree.join("bin"))?;
    fs::write(at.join("seven.c"), "int seven(void) { return 7; }\n")?;
    fs::write(at.join("main.c"), "int seven(void);\nint main(void) { return seven(); }\n")?;
    let gcc = |words: &[&str]| -> Result<(), Failed> {
        match Command::new("gcc").current_dir(at).args(words).status()?.success() {
            true => Ok(()),
            false => Err(format!("gcc {words:?} failed").into()),
        }
    };
    gcc(&["-shared", "-o", "tree/lib/libseven.so", "seven.c"])?;
    let rpath = "-Wl,-rpath,$ORIGIN/../lib";
    gcc(&["-o", "tree/bin/main", "main.c", "-Ltree/lib", "-lseven", rpath])?;
    let carried = format!("{}:/opt/t", tree.display());
    same(&exec(&["--file", &carried, "--", "env", "/opt/t/bin/main"], None)?, 7, b"", b"")?;
    // As distributions have it: both the library's name and its folder's are links.
    gcc(&["-shared", "-Wl,-soname,libseven.so.1", "-o", "tree/lib/libseven.so.1.0", "seven.c"])?;
    symlink("libseven.so.1.0", tree.join("lib/libseven.so.1"))?;
    symlink("lib", tree.join("lib64"))?;
    let rpath = "-Wl,-rpath,$ORIGIN/../lib64";
    gcc(&["-o", "tree/bin/linked", "main.c", "tree/lib/libseven.so.1.0", rpath])?;
    same(&exec(&["--file", &carried, "--", "env", "/opt/t/bin/linked"], None)?, 7, b"", b"")?;
    // The same for a program of the host's whose library is carried.
    let program = at.join("program").display().to_string();
    gcc(&["-o", &program, "main.c", "tree/lib/libseven.so.1.0", "-Wl,-rpath,/opt/t/lib64"])?;
    same(&exec(&["--file", &carried, "--", &program], None)?, 7, b"", b"")?;
    // One of the host's, which needs more libraries than env.
    fs::copy("/bin/ls", at.join("list"))?;
    let carried = format!("{}:/tmp/list", at.join("list").display());
    let words = ["--file", &carried, "--", "env", "/tmp/list", "-d", "/tmp/list"];
    same(&exec(&words, None)?, 0, b"/tmp/list\n", b"")
}

fn with(_: &Path) -> Result<(), Failed> {
    let words = ["--with", "expr", "--", "env", "expr", "3", "+", "4"];
    same(&exec(&words, None)?, 0, b"7\n", b"")?;
    let output = exec(&["--with", "no-such-program", "--", "true"], None)?;
    let text = String::from_utf8_lossy(&output.stderr);
    match text.starts_with("error: failed to find `no-such-program`\n") {
        true => Ok(()),
        false => Err(text.into()),
    }
}

fn env(at: &Path) -> Result<(), Failed> {
    for (line, program, output) in [
        ("#!/usr/bin/env bash", "echo ${BASH_VERSION:+bash}", "bash\n"),
        ("#!/usr/bin/env -S perl -l", "print $^W + 7", "7\n"),
    ] {
        let script = at.join("script");
        fs::write(&script, format!("{line}\n{program}\n"))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        same(&exec(&["--", &script.to_string_lossy()], None)?, 0, output.as_bytes(), b"")?;
    }
    Ok(())
}

/// The exit status stays the program's.
fn not_left(at: &Path) -> Result<(), Failed> {
    let fetched = format!("/tmp/copy:{}", at.join("back").display());
    let output = exec(&["--out", &fetched, "--", "false"], None)?;
    same(&output, 1, b"", b"the program left no file `/tmp/copy`\n")
}

/// Reading a FIFO would wait, and this device gives zeros for ever.
fn endless(at: &Path) -> Result<(), Failed> {
    for (guest, command) in
        [("/dev/zero", &["true"][..]), ("/tmp/fifo", &["mkfifo", "/tmp/fifo"][..])]
    {
        let fetched = format!("{guest}:{}", at.join("back").display());
        let output = exec(&[&["--out", &fetched, "--"], command].concat(), None)?;
        same(&output, 0, b"", format!("the program left no file `{guest}`\n").as_bytes())?;
    }
    Ok(())
}

/// What does not fit, a folder or a file, leaves the rest alone. The machine has not the
/// memory for a second copy of what it brings back.
fn no_room(at: &Path) -> Result<(), Failed> {
    fs::File::create(at.join("zeros"))?.set_len(32 << 20)?;
    let carried = format!("{}:/x/f", at.join("zeros").display());
    let fetched = |guest: &str, name: &str| format!("{guest}:{}", at.join(name).display());
    let (folder, file, hosts) =
        (fetched("/x", "folder"), fetched("/x/f", "file"), fetched("/etc/hosts", "hosts"));
    let flags = ["--file", &carried, "--out", &folder, "--out", &file, "--out", &hosts];
    let output = exec(&[&flags[..], &["--", "true"]].concat(), None)?;
    let said = |path: &str| format!("`{path}` is not brought back: the record has 32 MiB\n");
    same(&output, 0, b"", (said("/x") + &said("/x/f")).as_bytes())?;
    let hosts = fs::read(at.join("hosts"))?.len();
    if hosts == 0 || at.join("folder").exists() || at.join("file").exists() {
        return Err(format!("{hosts} bytes of hosts").into());
    }
    let folder = fetched("/tmp", "folder");
    let output = exec(&["--out", &folder, "--", "truncate", "-s", "31M", "/tmp/f"], None)?;
    same(&output, 0, b"", b"")?;
    match fs::metadata(at.join("folder/f"))?.len() {
        32_505_856 => Ok(()),
        len => Err(format!("{len} bytes").into()),
    }
}

fn no_place(at: &Path) -> Result<(), Failed> {
    for (host, reason) in [
        (at.join("no/such"), "there is no such folder"),
        (at.to_owned(), "there is a folder with this name"),
    ] {
        let fetched = format!("/etc/passwd:{}", host.display());
        let output = exec(&["--out", &fetched, "--", "true"], None)?;
        let said = format!("error: failed to write `{}`: {reason}\n", host.display());
        same(&output, 125, b"", said.as_bytes())?;
    }
    Ok(())
}
