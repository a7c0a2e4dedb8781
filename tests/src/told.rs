//! How `exec` reports runs that do not end properly: each ending is reported as what it
//! is.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use builder::guest::kmods;
use host::BUSYBOX;
use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use nix::pty::{Winsize, openpty};

use crate::Test;
use crate::exec::exec;

/// One test per ending. All but two use a shell to cause it.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let folder = builder::root().join("tests/oops-module");
    let files = kmods::build_folder(&folder, &machine.kernel, &lab.cache, lab.progress)?;
    let [module] = <[PathBuf; 1]>::try_from(files).expect("the folder is one module");
    let module = module.to_string_lossy().into_owned();
    let plain = |name: &str, check: fn() -> Result<(), Failed>| {
        Test::new(format!("told::{name}"), check).needs(BUSYBOX)
    };
    let with_module = |name: &str, check: fn(&str) -> Result<(), Failed>| {
        let module = module.clone();
        Test::new(format!("told::{name}"), move || check(&module)).needs(BUSYBOX)
    };
    Ok(vec![
        with_module("an-oops-is-told-from-its-first-line", oops),
        with_module("loading-a-module-is-traced", loading),
        with_module("a-module-that-refuses-leaves-its-trace", refusing),
        with_module("a-module-that-the-kernel-refuses-leaves-its-trace", refused),
        with_module("a-panic-leaves-its-trace", panicking),
        with_module("a-panic-while-loading-leaves-its-trace", panicking_early),
        with_module("a-machine-that-runs-away-leaves-its-trace", running_away),
        plain("a-halted-machine-leaves-its-trace", halting),
        with_module("a-record-that-was-full-says-so", full),
        plain("a-halted-machine-has-ended", halted),
        plain("pid-1-outlives-signals", signalled),
        plain("a-file-goes-into-a-folder", into_folder),
        plain("a-file-that-has-no-place-is-named", no_place),
        plain("a-mistake-is-named", mistakes),
        plain("a-terminal-breaks-no-name", folded),
    ])
}

/// The events to trace while a module is being loaded.
const LOADING: &str = "module_load,module_free,raw_syscalls:sys_enter,raw_syscalls:sys_exit";

/// Runs a script in the machine's shell.
fn script(flags: &[&str], script: &str) -> Result<Output, Failed> {
    exec(&[flags, &["--", BUSYBOX, "sh", "-c", script]].concat(), None)
}

/// Checks that a text contains all of these parts, in this order.
fn holds(text: &str, parts: &[&str]) -> Result<(), Failed> {
    let mut rest = text;
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else {
            return Err(format!("`{part}` is missing in its place:\n{text}").into());
        };
        rest = behind;
    }
    Ok(())
}

fn oops(module: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let log_flag = log.to_string_lossy();
    let output = script(&["--kmod", module, "--log", &log_flag], "echo x > /dev/oops")?;
    let text = String::from_utf8_lossy(&output.stderr);
    holds(
        &text,
        &[
            "error: the guest kernel panicked: BUG: kernel NULL pointer dereference, address: \
             0000000000000000, in strlen, reached from faulty_write of the module oops\n",
            "BUG: kernel NULL pointer dereference",
            "RIP: 0010:strlen+",
            "Call Trace:",
            " faulty_write+",
            " vfs_write+",
            "Kernel panic - not syncing: Fatal exception",
        ],
    )?;
    if text.matches("RIP: 0010:").count() != 1 || text.contains("Code: ") {
        return Err(format!("the registers are told twice:\n{text}").into());
    }
    holds(&std::fs::read_to_string(log)?, &["RIP: 0010:", "Code: ", "RIP: 0010:"])
}

fn loading(module: &str) -> Result<(), Failed> {
    let output = script(&["--kmod", module, "--events", "module_load"], "true")?;
    holds(&String::from_utf8_lossy(&output.stderr), &["module_load", "oops"])
}

fn refusing(module: &str) -> Result<(), Failed> {
    let refusing = format!("{module}:refuse=1");
    let output = script(&["--kmod", &refusing, "--events", LOADING], "true")?;
    let text = String::from_utf8_lossy(&output.stderr);
    holds(
        &text,
        &[
            "enters finit_module(",
            "module_load name=oops ",
            "module_free name=oops\n",
            "finit_module returns -ENODEV\n",
            "error: `busybox` was not started: failed to load `oops.ko`: ENODEV",
        ],
    )
}

/// A module that needs a function that does not exist, one for another kernel, and a file
/// that is not a module.
fn refused(module: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let bytes = std::fs::read(module)?;
    for (name, bytes, errno) in [
        ("unknown", replaced(&bytes, b"misc_register\0", b"misc_registes\0"), "ENOENT"),
        ("other", replaced(&bytes, b"vermagic=6", b"vermagic=5"), "ENOEXEC"),
        ("none", b"no module\n".repeat(100), "ENOEXEC"),
    ] {
        let file = folder.path().join(format!("{name}.ko"));
        std::fs::write(&file, bytes)?;
        let flags = ["--kmod", &file.to_string_lossy(), "--events", LOADING];
        let output = script(&flags, "true")?;
        let text = String::from_utf8_lossy(&output.stderr);
        holds(
            &text,
            &[
                "enters finit_module(",
                &format!("finit_module returns -{errno}\n"),
                &format!("error: `busybox` was not started: failed to load `{name}.ko`: {errno}"),
            ],
        )?;
    }
    Ok(())
}

/// Replaces one place in some bytes.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).expect("it is there");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

fn panicking(module: &str) -> Result<(), Failed> {
    let output = script(&["--kmod", module, "--events", LOADING], "echo x > /dev/oops")?;
    let told = "error: the guest kernel panicked: BUG: ";
    ends_with_the_machine(&output, &["finit_module returns 0\n"], "enters write(", told)
}

fn panicking_early(module: &str) -> Result<(), Failed> {
    let early = format!("{module}:early=1");
    let output = script(&["--kmod", &early, "--events", "raw_syscalls:sys_enter"], "true")?;
    let told = "error: the guest kernel panicked: BUG: ";
    ends_with_the_machine(&output, &[], "enters finit_module(", told)
}

/// The module takes the processor with interrupts disabled.
fn running_away(module: &str) -> Result<(), Failed> {
    let flags = ["--kmod", module, "--guest-timeout", "1", "--events", LOADING];
    let output = script(&flags, "echo spin > /dev/oops")?;
    let told = "error: the machine ran away";
    ends_with_the_machine(&output, &["module_load name=oops "], "enters write(", told)
}

fn halting() -> Result<(), Failed> {
    for how in ["halt", "poweroff", "reboot"] {
        let output = script(&["--events", "raw_syscalls:sys_enter"], &format!("{how} -f"))?;
        let told = "error: `busybox` halted the machine, rebooted it or switched it off";
        ends_with_the_machine(&output, &[], "enters reboot(", told)?;
    }
    Ok(())
}

/// A full ring buffer drops the latest events.
fn full(module: &str) -> Result<(), Failed> {
    let flags = ["--kmod", module, "--events", "raw_syscalls:sys_enter+stack"];
    let many = "dd if=/dev/zero of=/dev/null bs=1 count=20000; echo x > /dev/oops";
    let output = script(&flags, many)?;
    let told = [
        "\nthe record ends here because it was full; the machine went on\n",
        "error: the guest kernel panicked: BUG: ",
    ];
    holds(&String::from_utf8_lossy(&output.stderr), &told)
}

/// Checks that all of these were traced, that `last` came last, and that the machine
/// ended so.
fn ends_with_the_machine(
    output: &Output,
    traced: &[&str],
    last: &str,
    told: &str,
) -> Result<(), Failed> {
    let text = String::from_utf8_lossy(&output.stderr);
    let end = format!("\nthe record ends here, with the machine\n{told}");
    holds(&text, &[traced, &[last, &end]].concat())?;
    let (timeline, _) = text.split_once(&end).expect("it is there");
    let (_, behind) = timeline.rsplit_once(last).expect("it is there");
    if behind.contains('[') {
        return Err(format!("`{last}` is not the last event:\n{text}").into());
    }
    match output.status.code() {
        Some(125) => Ok(()),
        _ => Err(format!("{}: {text}", output.status).into()),
    }
}

fn halted() -> Result<(), Failed> {
    for how in ["halt", "poweroff", "reboot"] {
        let output = script(&[], &format!("{how} -f"))?;
        let text = String::from_utf8_lossy(&output.stderr);
        let told = "error: `busybox` halted the machine, rebooted it or switched it off: its exit \
                    status is not known\n";
        if output.status.success() || !text.starts_with(told) {
            return Err(format!("{how}: {}: {text}", output.status).into());
        }
    }
    Ok(())
}

/// kill(2) sends PID 1 signals that it blocks and signals that usually only a fault
/// sends, but not the three that ask it to end the machine.
fn signalled() -> Result<(), Failed> {
    let output = script(
        &[],
        "for n in $(seq 1 64); do case $n in 10|12|15) ;; *) kill -$n 1 ;; esac; done; echo alive",
    )?;
    match (output.status.code(), output.stdout.as_slice()) {
        (Some(0), b"alive\n") => Ok(()),
        _ => Err(format!("{output:?}").into()),
    }
}

fn into_folder() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("greeting");
    std::fs::write(&file, "hello\n")?;
    let carry = format!("{}:/tmp", file.display());
    let output = script(&["--file", &carry], "cat /tmp/greeting")?;
    match (output.status.code(), output.stdout.as_slice()) {
        (Some(0), b"hello\n") => Ok(()),
        _ => Err(format!("{output:?}").into()),
    }
}

fn no_place() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (small, large) = (folder.path().join("small"), folder.path().join("large"));
    std::fs::write(&small, "x")?;
    std::fs::write(&large, vec![0; 3 << 20])?;
    for (host, guest, why) in [
        (&small, "/proc/nothing", "No such file or directory"),
        (&small, "/sys/nothing", "Permission denied"),
        (&small, "/etc/passwd/x", "File exists"),
        // The only place with a limit of its own.
        (&large, "/run/output/f", "No space left on device"),
    ] {
        let output = script(&["--file", &format!("{}:{guest}", host.display())], "true")?;
        let text = String::from_utf8_lossy(&output.stderr);
        let told = format!(
            "error: `busybox` was not started: failed to put `{guest}` into the machine: {why}"
        );
        if output.status.success() || !text.starts_with(&told) {
            return Err(format!("{guest}: {}: {text}", output.status).into());
        }
    }
    Ok(())
}

/// The error names what a person mistyped and what is wrong with it.
fn mistakes() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    std::fs::write(path("crlf"), "#!/bin/sh\r\nexit 0\r\n")?;
    std::fs::write(path("plain"), "hello\n")?;
    for name in ["empty", "folder.ko"] {
        std::fs::create_dir(path(name))?;
    }
    let (absent, absent_ko, carry) =
        (path("absent"), path("absent.ko"), format!("{}:/x", path("absent")));
    let (plain, empty, folder_ko, crlf) =
        (path("plain"), path("empty"), path("folder.ko"), path("crlf"));
    let out = format!("/etc/hosts:{empty}");
    let cases: [(&[&str], u8, String); 12] = [
        (&["--kmod-src", &absent, BUSYBOX], 125, no_such("read directory", &absent)),
        (&["--kmod-src", &plain, BUSYBOX], 125, is("read directory", &plain, "Not a directory")),
        (&["--kmod-src", &empty, BUSYBOX], 125, "has neither a Kbuild nor a Makefile".into()),
        (&["--kmod", &absent_ko, BUSYBOX], 125, no_such("open file", &absent_ko)),
        (&["--kmod", &folder_ko, BUSYBOX], 125, is("read from file", &folder_ko, "Is a directory")),
        (&["--kmod", &empty, BUSYBOX], 125, format!("`{empty}` is not FILE.ko")),
        (&["--file", &carry, BUSYBOX], 125, no_such("read", &absent)),
        (&["--out", &out, BUSYBOX], 125, is("write", &empty, "there is a folder with this name")),
        (&["--log", &empty, BUSYBOX], 125, is("write", &empty, "Is a directory")),
        (&[&empty], 126, is("read", &empty, "it is no file")),
        (&[&plain], 126, "it is not a Linux executable".into()),
        (
            &[&crlf],
            126,
            format!(
                "failed to run `{crlf}`: the host lacks its interpreter `/bin/sh\\r`\nhint: its \
                 lines end as Windows has them, with a carriage return: sed -i 's/\\r$//' {crlf}"
            ),
        ),
    ];
    for (words, status, told) in cases {
        let (program, flags) = words.split_last().expect("each has a program");
        let output = exec(&[flags, &["--", program, "true"]].concat(), None)?;
        let text = String::from_utf8_lossy(&output.stderr);
        if output.status.code() != Some(status.into()) || !text.contains(&told) {
            return Err(format!("{words:?}: {}: {text}", output.status).into());
        }
    }
    Ok(())
}

fn no_such(verb: &str, path: &str) -> String {
    is(verb, path, "No such file or directory")
}

fn is(verb: &str, path: &str, what: &str) -> String {
    format!("error: failed to {verb} `{path}`: {what}")
}

/// An error on terminals that are narrower than the error.
fn folded() -> Result<(), Failed> {
    let name = "/there/is-no/such_a_module-of-mine.ko";
    for (columns, expected) in [
        (
            80,
            format!(
                "error: failed to open file `{name}`: No such file\r\n  or directory (os error 2)\r\n"
            ),
        ),
        (
            60,
            format!(
                "error: failed to open file\r\n  `{name}`: No such file or\r\n  directory (os error 2)\r\n"
            ),
        ),
    ] {
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["exec", "--kmod", name, "--", BUSYBOX, "true"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(pty.slave);
        let status = command.status()?;
        // Drops its copy of the terminal's other end.
        drop(command);
        let (mut told, mut terminal) = (Vec::new(), File::from(pty.master));
        // When the other end is closed, reading a terminal gives an error instead of an
        // end.
        let _ = terminal.read_to_end(&mut told);
        let told = String::from_utf8_lossy(&told);
        if status.code() != Some(125) || told != expected {
            return Err(format!("{columns} columns: {status}: {told}").into());
        }
    }
    Ok(())
}
