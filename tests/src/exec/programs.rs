//! Which programs run, and what they find in the machine.

use libtest_mimic::Failed;

use super::events::as_json;
use super::{Check, Fixture, compile, exec, same};

pub const CHECKS: &[(&str, Check)] = &[
    ("the-kernels-own-work-is-rare", undisturbed),
    ("a-dynamic-program-has-its-libraries", dynamic),
    ("a-script-has-its-interpreter", script),
    ("what-cannot-be-run-is-refused", refused),
];

/// The tests that run a shell or one of its programs in the machine.
pub const SHELL_CHECKS: &[(&str, Check)] = &[
    ("system-finds-a-shell", system),
    ("the-machine-is-as-programs-expect", expectations),
    ("another-user-is-another-user", user),
];

fn dynamic(fixture: &Fixture) -> Result<(), Failed> {
    let program = fixture.path("dynamic");
    compile("probe.c", &program, &[])?;
    let program = program.to_string_lossy();
    same(&exec(&["--", &program, "exit", "6"], None)?, 6, b"", b"")
}

fn script(fixture: &Fixture) -> Result<(), Failed> {
    use std::os::unix::fs::PermissionsExt;
    let write = |name: &str, text: &str| -> Result<String, Failed> {
        let path = fixture.path(name);
        std::fs::write(&path, text)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
        Ok(path.display().to_string())
    };
    let shell = write("shell", "#!/bin/sh\necho \"$1\"; exit 9\n")?;
    same(&exec(&["--", &shell, "a  b"], None)?, 9, b"a  b\n", b"")?;
    let lost = write("lost", "#!/nowhere/python\n")?;
    let message = format!(
        "error: failed to run `{lost}`: the host lacks its interpreter `/nowhere/python`\n\
         hint: install `/nowhere/python`, or carry the script along and name its interpreter: \
         exec --file SCRIPT:/tmp/script -- INTERPRETER /tmp/script\n"
    );
    same(&exec(&["--", &lost], None)?, 126, b"", message.as_bytes())
}

fn refused(fixture: &Fixture) -> Result<(), Failed> {
    let text = fixture.path("text");
    std::fs::write(&text, "no program\n")?;
    let message = format!(
        "error: failed to run `{}`: it is not a Linux executable\n\
         hint: an ELF executable, or a script that begins with #!, can be run\n",
        text.display()
    );
    same(&exec(&["--", &text.to_string_lossy()], None)?, 126, b"", message.as_bytes())?;
    let message = "error: failed to find `no-such-program`\n\
                   hint: a program that is not on PATH needs a slash: `./no-such-program`\n";
    same(&exec(&["--", "no-such-program"], None)?, 127, b"", message.as_bytes())?;
    let message =
        "error: failed to read `/no/such/program`: No such file or directory (os error 2)\n";
    same(&exec(&["--", "/no/such/program"], None)?, 127, b"", message.as_bytes())
}

fn system(fixture: &Fixture) -> Result<(), Failed> {
    let output = fixture.probe(&[], &["system", "echo one | tr o 0; exit 3"])?;
    same(&output, 3, b"0ne\n", b"")
}

/// What other people's programs take for granted.
fn expectations(_: &Fixture) -> Result<(), Failed> {
    let script = "
        test -r /proc/self/status && test -d /sys/class && test -c /dev/ptmx && echo kernel
        test -d /dev/shm && test -d /dev/pts && test -d /dev/mqueue && echo devices
        test -d /sys/kernel/debug/tracing -o -d /sys/kernel/debug/bdi && test -r /sys/kernel/tracing/trace && echo debug
        echo x > /tmp/x && echo x > /dev/shm/x && echo writable
        hostname
        ping -c 1 -W 1 127.0.0.1 > /dev/null && echo loopback
        id -u root; id -u student; id -u nobody
        grep -c localhost /etc/hosts
        echo out > /dev/stdout; echo err > /dev/stderr; echo fd > /dev/fd/1
        test -t 0 || test -t 1 || echo no terminal
    ";
    let expected = "kernel\ndevices\ndebug\nwritable\nupcall\nloopback\n0\n1000\n65534\n1\nout\nfd\nno terminal\n";
    let output = exec(&["--", "busybox", "sh", "-c", script], None)?;
    same(&output, 0, expected.as_bytes(), b"err\n")
}

fn user(_: &Fixture) -> Result<(), Failed> {
    let script = "id; busybox touch /root/x; echo out > /dev/stdout";
    let output = exec(&["--user", "student", "--", "busybox", "sh", "-c", script], None)?;
    same(
        &output,
        0,
        b"uid=1000(student) gid=1000(student)\nout\n",
        b"touch: /root/x: Permission denied\n",
    )
}

/// As long as a lesson takes, and longer, no worker of the kernel's comes in between. PID 1
/// waits for its port by inotify, which leaves some work for the first moment.
fn undisturbed(fixture: &Fixture) -> Result<(), Failed> {
    let flags = ["--events", "workqueue_execute_start", "--guest-timeout", "4"];
    let (output, document) = as_json(fixture, &flags, &["hang"])?;
    let entries = document["entries"].as_array().ok_or("no entries")?;
    let times: Vec<_> = entries.iter().filter_map(|entry| entry["time_ns"].as_u64()).collect();
    match output.status.code() == Some(124) && times.last().is_some_and(|&ns| ns < 10_000_000) {
        true => Ok(()),
        false => Err(format!("{}, work at {times:?} ns", output.status).into()),
    }
}
