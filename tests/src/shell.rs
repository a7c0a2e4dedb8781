//! `shell`: a session on a pseudo-terminal, as a person has it.

use std::io::Write;
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};

use builder::guest::programs;
use host::BUSYBOX;
use lab::error::Error;
use lab::run::Lab;
use libtest_mimic::Failed;
use nix::libc::TIOCSWINSZ;
use nix::pty::Winsize;
use nix::sys::termios::{LocalFlags, tcgetattr};
use rexpect::process::signal::Signal;
use rexpect::process::wait::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use crate::Test;

nix::ioctl_write_ptr_bad!(set_size, TIOCSWINSZ, Winsize);

/// How long anything may take. A machine under load is slow.
const LIMIT_MS: u64 = 60_000;
const PROMPT: &str = "upcall:/tmp# ";
const CTRL_C: char = 'c';
const CTRL_Z: char = 'z';
const CTRL_D: char = 'd';

/// One test per property.
pub fn all(lab: &Lab<'_>) -> Result<Vec<Test>, Error> {
    // Build this first, so that no shell reports that it builds.
    for name in ["sigchld", "kill-pid"] {
        let lesson = lab.course.find(name)?;
        programs::build(&lab.course.root, &lesson.folder, &lab.cache, lab.progress)?;
    }
    let test = |name: &str, check: fn() -> Result<(), Failed>| {
        Test::new(format!("shell::{name}"), check).needs(BUSYBOX)
    };
    Ok(vec![
        test("exit-status-and-terminal-come-back", leaving),
        test("ctrl-d-leaves", end_of_file),
        test("a-halted-machine-is-left", halted),
        test("ctrl-bracket-leaves-whatever-runs", escape),
        test("jobs-stop-go-on-and-are-interrupted", jobs),
        test("a-resize-arrives-as-sigwinch", resize),
        test("a-lesson-is-at-hand", lesson),
        test("a-killed-lab-gives-the-terminal-back", killed),
        test("without-a-terminal-it-runs-a-script", script),
    ])
}

/// A shell in a terminal, at its first prompt.
fn open(args: &[&str]) -> Result<PtySession, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("shell").args(args);
    let mut session = spawn_command(command, Some(LIMIT_MS))?;
    session.exp_string(PROMPT)?;
    Ok(session)
}

fn status(session: &PtySession) -> Result<i32, Failed> {
    match session.process().wait()? {
        WaitStatus::Exited(_, status) => Ok(status),
        other => Err(format!("{other:?}").into()),
    }
}

fn leaving() -> Result<(), Failed> {
    let mut command = Command::new("sh");
    command
        .env("XTASK", std::env::current_exe()?)
        .args(["-c", "stty rows 33 cols 111; stty -g; \"$XTASK\" shell; echo status $?; stty -g"]);
    let mut session = spawn_command(command, Some(LIMIT_MS))?;
    let before = session.read_line()?;
    session.exp_string(PROMPT)?;
    // The guest's terminal has the size of the host's.
    session.send_line("stty size; tty")?;
    session.exp_string("\n33 111\r\n/dev/pts/0\r\n")?;
    session.exp_string(PROMPT)?;
    session.send_line("exit 7")?;
    session.exp_string("status 7\r\n")?;
    let after = session.read_line()?;
    if before == after { Ok(()) } else { Err(format!("{before}\n{after}").into()) }
}

fn end_of_file() -> Result<(), Failed> {
    let mut session = open(&[])?;
    session.send_control(CTRL_D)?;
    match status(&session)? {
        0 => Ok(()),
        other => Err(format!("exit status {other}").into()),
    }
}

fn halted() -> Result<(), Failed> {
    for how in ["halt -f", "poweroff -f", "reboot -f", "poweroff"] {
        let mut session = open(&[])?;
        session.send_line(how)?;
        session.exp_string("the machine has ended\r\n")?;
        match (how, status(&session)?) {
            (_, 0) => {}
            (how, other) => return Err(format!("{how}: exit status {other}").into()),
        }
    }
    Ok(())
}

/// A program that takes every key. Nothing in the machine would end it.
fn escape() -> Result<(), Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("shell");
    let mut session = spawn_command(command, Some(LIMIT_MS))?;
    session.exp_string("Ctrl-] leaves the machine, whatever it does\r\n")?;
    session.exp_string(PROMPT)?;
    let terminal = session.process().get_file_handle()?;
    session.send_line("stty raw; echo be''gun; while :; do :; done")?;
    session.exp_string("begun")?;
    session.send("\x1d")?;
    session.flush()?;
    session.exp_string("you left the machine\r\n")?;
    let cooked = tcgetattr(&terminal)?.local_flags.contains(LocalFlags::ICANON);
    match (status(&session)?, cooked) {
        (0, true) => Ok(()),
        (status, cooked) => Err(format!("exit status {status}, cooked: {cooked}").into()),
    }
}

fn jobs() -> Result<(), Failed> {
    let mut session = open(&[])?;
    // The script says when it runs, because a key pressed before that would go to the
    // shell.
    let long = "sh -c 'echo be''gun; exec sleep 1000'";
    session.send_line(long)?;
    session.exp_string("begun\r\n")?;
    session.send_control(CTRL_C)?;
    session.exp_string(PROMPT)?;
    session.send_line("echo status $?")?;
    session.exp_string("\nstatus 130\r\n")?;
    session.exp_string(PROMPT)?;

    session.send_line(long)?;
    session.exp_string("begun\r\n")?;
    session.send_control(CTRL_Z)?;
    session.exp_string("Stopped")?;
    session.exp_string(PROMPT)?;
    session.send_line("bg")?;
    session.exp_string(PROMPT)?;
    session.send_line("jobs")?;
    session.exp_string("Running")?;
    session.exp_string(PROMPT)?;
    // Ctrl-C does not reach a job in the background.
    session.send_control(CTRL_C)?;
    session.exp_string(PROMPT)?;
    session.send_line("jobs")?;
    session.exp_string("Running")?;
    session.exp_string(PROMPT)?;
    session.send_line("fg")?;
    session.exp_string("sleep 1000")?;
    session.send_control(CTRL_C)?;
    session.exp_string(PROMPT)?;
    session.send_line("jobs; echo none; exit")?;
    session.exp_string("exit\r\nnone\r\n")?;
    status(&session).map(drop)
}

/// The lesson sigwinch, live: the guest's kernel sends the signal because the host's
/// terminal was resized.
fn resize() -> Result<(), Failed> {
    let mut session = open(&[])?;
    let script =
        "trap 'echo re''sized; stty size; exit 5' WINCH; echo be''gun; while :; do sleep 1; done";
    session.send_line(&format!("sh -c \"{script}\""))?;
    session.exp_string("begun\r\n")?;
    let size = Winsize { ws_row: 44, ws_col: 123, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = session.process().get_file_handle()?;
    // SAFETY: the descriptor is open and the structure is whole.
    unsafe { set_size(terminal.as_raw_fd(), &size) }?;
    session.exp_string("resized\r\n44 123\r\n")?;
    session.exp_string(PROMPT)?;
    session.send_line("echo status $?; exit")?;
    session.exp_string("\nstatus 5\r\n")?;
    status(&session).map(drop)
}

fn lesson() -> Result<(), Failed> {
    let mut session = open(&["kill-pid"])?;
    session.send_line("ls -1 /lab")?;
    session.exp_string(
        "\nkill-pid\r\nkill-pid-bad-input\r\n\
         lab_kill_pid.ko\r\nlab_trace.ko\r\n",
    )?;
    session.exp_string(PROMPT)?;
    session.send_line("kill-pid > /dev/null; echo status $?; exit")?;
    session.exp_string("\nstatus 0\r\n")?;
    status(&session).map(drop)
}

fn killed() -> Result<(), Failed> {
    let mut session = open(&[])?;
    let terminal = session.process().get_file_handle()?;
    let cooked = || -> nix::Result<bool> {
        let flags = tcgetattr(&terminal)?.local_flags;
        Ok(flags.contains(LocalFlags::ICANON | LocalFlags::ISIG))
    };
    if cooked()? {
        return Err("the terminal is not raw while the shell has it".into());
    }
    session.process_mut().signal(Signal::SIGTERM)?;
    match (session.process().wait()?, cooked()?) {
        (WaitStatus::Signaled(_, Signal::SIGTERM, _), true) => Ok(()),
        (status, cooked) => Err(format!("{status:?}, cooked: {cooked}").into()),
    }
}

fn script() -> Result<(), Failed> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["shell", "lesson-1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut pipe = child.stdin.take().expect("it was asked for");
    pipe.write_all(b"test -t 0 || echo none\nsigchld > /dev/null && false\n")?;
    drop(pipe);
    let output = child.wait_with_output()?;
    match (output.status.code(), output.stdout.as_slice(), output.stderr.as_slice()) {
        (Some(1), b"none\n", b"") => Ok(()),
        found => Err(format!("{found:?}").into()),
    }
}
