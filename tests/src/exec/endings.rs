//! How a run ends that does not end by itself, and that runs without input are the same.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use libtest_mimic::Failed;

use super::passed_on::noise;
use super::{Check, Fixture, exec, same};

pub const CHECKS: &[(&str, Check)] =
    &[("a-panic-of-the-kernel-is-told", panic), ("without-input-runs-are-the-same", repeatable)];

/// The tests that run a shell or one of its programs in the machine.
pub const SHELL_CHECKS: &[(&str, Check)] = &[
    ("a-reader-may-take-its-time", slow_reader),
    ("a-program-past-its-time-is-killed", out_of_time),
    ("a-program-past-its-guest-time-is-killed", out_of_guest_time),
    ("a-reader-that-leaves-breaks-the-pipe", broken_pipe),
];

/// The guest's time counts instructions, so that the end comes at the same one whatever
/// the host does.
fn out_of_guest_time(fixture: &Fixture) -> Result<(), Failed> {
    let output = fixture.probe(&["--guest-timeout", "0.5"], &["hang"])?;
    let probe = fixture.probe.to_string_lossy();
    killed(&output, &probe, b"", |_, guest| guest == 0.5)?;
    // Earlier output is still there, and so are the processes that it left.
    let script = "echo before; sleep 1000 & sleep 1000";
    let flags = ["--guest-timeout", "0.5", "--", "busybox", "sh", "-c", script];
    killed(&exec(&flags, None)?, "busybox", b"before\n", |_, guest| guest == 0.5)
}

/// The host's time is what a person waits for. A guest that sleeps is ahead of it.
fn out_of_time(fixture: &Fixture) -> Result<(), Failed> {
    let output = fixture.probe(&["--timeout", "2"], &["hang"])?;
    killed(&output, &fixture.probe.to_string_lossy(), b"", |host, _| host >= 2.0)?;
    let output = exec(&["--timeout", "60", "--", "busybox", "sleep", "70"], None)?;
    same(&output, 0, b"", b"")?;
    // Whichever is over first counts.
    let flags = ["--timeout", "60", "--guest-timeout", "0.5"];
    let output = fixture.probe(&flags, &["hang"])?;
    killed(&output, &fixture.probe.to_string_lossy(), b"", |_, guest| guest == 0.5)
}

/// Whether a program was killed after a right time: of the host and of the guest, s.
fn killed(
    output: &Output,
    program: &str,
    stdout: &[u8],
    is_right: fn(f64, f64) -> bool,
) -> Result<(), Failed> {
    let text = String::from_utf8_lossy(&output.stderr);
    let begin = format!("error: `{program}` did not end in time and was killed after ");
    let times = text.strip_prefix(&begin).and_then(|rest| {
        let (host, rest) = rest.split_once(" s, and ")?;
        let (guest, _) = rest.split_once(" s of guest time\n")?;
        Some((host.parse().ok()?, guest.parse().ok()?))
    });
    let status = output.status.code() == Some(124) && output.stdout == stdout;
    match times {
        Some((host, guest)) if status && is_right(host, guest) => Ok(()),
        _ => Err(format!("{}: {text}", output.status).into()),
    }
}

/// The beginning of the error, with the kernel's own reason.
const PANIC: &str = "error: the guest kernel panicked: Kernel panic - not syncing: \
                     Attempted to kill init! exitcode=0x0000000b\n";

fn panic(fixture: &Fixture) -> Result<(), Failed> {
    let output = fixture.probe(&[], &["panic"])?;
    let text = String::from_utf8_lossy(&output.stderr);
    // The kernel's last messages are shown with it: the stack of PID 1's end.
    let told = text.starts_with(PANIC) && text.contains("asm_exc_page_fault");
    match output.status.code() == Some(125) && told {
        true => Ok(()),
        false => Err(format!("{}: {text}", output.status).into()),
    }
}

/// More than all the pipes and sockets on the way hold. While the reader does not read,
/// the program's time does not count. The guest is idle, and its clock skips ahead to each
/// next timer.
fn slow_reader(fixture: &Fixture) -> Result<(), Failed> {
    // To write it takes next to no time of the program's own, even on a busy host.
    let content = noise(2_000_000);
    std::fs::write(fixture.path("noise"), &content)?;
    let carried = format!("{}:/tmp/noise", fixture.path("noise").display());
    let child = Command::new(std::env::current_exe()?)
        .args(["exec", "--timeout", "10", "--file", &carried, "--", "busybox", "cat", "/tmp/noise"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // The reader does something else, for longer than the program may run.
    std::thread::sleep(Duration::from_secs(12));
    let output = child.wait_with_output()?;
    if output.status.success() && output.stdout == content {
        return Ok(());
    }
    let (bytes, text) = (output.stdout.len(), String::from_utf8_lossy(&output.stderr));
    Err(format!("{}, {bytes} bytes instead of {}: {text}", output.status, content.len()).into())
}

/// `yes | head -1`: the program would write for ever if nothing told it to stop.
fn broken_pipe(_: &Fixture) -> Result<(), Failed> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["exec", "--", "busybox", "yes"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut pipe = child.stdout.take().expect("it was asked for");
    let mut start = [0; 4];
    std::io::Read::read_exact(&mut pipe, &mut start)?;
    drop(pipe);
    let status = child.wait()?;
    // SIGPIPE is 13.
    match start == *b"y\ny\n" && status.code() == Some(141) {
        true => Ok(()),
        false => Err(format!("{status}: {}", start.escape_ascii()).into()),
    }
}

/// Times and process ids must be the same too.
fn repeatable(fixture: &Fixture) -> Result<(), Failed> {
    // Several processes, a sleep, and less output than may wait for the host. More output
    // would sometimes make the program wait.
    let script = "ls -l /etc /dev; sleep 1; ls -l /proc/self/fd";
    let events = ["--events", "sys_enter,sys_exit,sched_process_fork"];
    let run = || fixture.probe(&events, &["system", script]);
    let (first, second) = (run()?, run()?);
    match first.stderr == second.stderr && first.stderr.len() > 1000 {
        true => Ok(()),
        false => Err(format!(
            "--- first\n{}--- second\n{}",
            String::from_utf8_lossy(&first.stderr),
            String::from_utf8_lossy(&second.stderr)
        )
        .into()),
    }
}
