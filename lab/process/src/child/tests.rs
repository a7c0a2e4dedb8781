use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};

use super::*;

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

/// A pipe that hangs up once every process that opened it is gone.
struct Witness(File);

impl Witness {
    fn new(path: &Path) -> Witness {
        mkfifo(path, Mode::S_IRWXU).unwrap();
        let flags = libc::O_NONBLOCK;
        Witness(File::options().read(true).custom_flags(flags).open(path).unwrap())
    }

    /// Whether all of them are gone before a deadline.
    fn sees_the_last_go(&self) -> bool {
        let mut fds = [PollFd::new(self.0.as_fd(), PollFlags::empty())];
        poll(&mut fds, PollTimeout::from(10_000u16)).unwrap();
        fds[0].revents() == Some(PollFlags::POLLHUP)
    }
}

/// Runs a script that opens `$1` as descriptor 3, leaves processes behind that hold it,
/// and prints a line once they do.
fn with_a_witness(script: &str) -> (tempfile::TempDir, Witness, Child) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness");
    let witness = Witness::new(&path);
    let mut command = Command::new("bash");
    command.args(["-c", script, "bash"]).arg(path).stdout(Stdio::piped());
    let mut child = command.start().unwrap();
    let mut said = String::new();
    BufReader::new(child.keeper.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "ready\n");
    (folder, witness, child)
}

/// One in the program's group, one in its own session.
const LEAVES_TWO: &str = "exec 3> $1
    sleep 1000 > /dev/null &
    read < <(setsid sh -c 'echo; exec sleep 1000 > /dev/null')
    echo ready; exec > /dev/null;";

#[test]
fn what_a_program_leaves_is_ended_with_it() {
    let (_folder, witness, mut child) = with_a_witness(&format!("{LEAVES_TWO} exit 7"));
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert!(witness.sees_the_last_go());
}

#[test]
fn whoever_is_ended_is_ended_with_all_that_it_started() {
    let (_folder, witness, mut child) = with_a_witness(&format!("{LEAVES_TWO} sleep 1000"));
    let soon = Some(Instant::now() + Duration::from_millis(1));
    assert!(child.wait_until(soon).unwrap().is_none());
    assert_eq!(child.end().unwrap().status.signal(), Some(libc::SIGKILL));
    assert!(witness.sees_the_last_go());
}

/// The variable that names the witness to [the process that is
/// killed](a_lab_to_be_killed).
const WITNESS: &str = "WITNESS";

/// Kills a process that has started a program, as the lab might be killed. Only the
/// keeper outlives it, and the keeper ends the rest.
#[test]
fn nothing_outlives_a_lab_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness");
    let witness = Witness::new(&path);
    let mut lab = process::Command::new(std::env::current_exe().unwrap());
    lab.args(["--exact", "child::tests::a_lab_to_be_killed"]).env(WITNESS, path);
    #[expect(clippy::disallowed_methods, reason = "this process must have no keeper")]
    let output = lab.output().unwrap();
    assert_eq!(output.status.signal(), Some(libc::SIGKILL), "{output:?}");
    assert!(witness.sees_the_last_go());
}

/// Not a test: the test above runs this in a separate process.
#[test]
fn a_lab_to_be_killed() {
    let Some(witness) = std::env::var_os(WITNESS) else { return };
    let script = format!("{LEAVES_TWO} sleep 1000");
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash"]).arg(witness).stdout(Stdio::piped());
    // The program must not hold the test's stderr, or a reader that waits for its end
    // would hang.
    command.stderr(Stdio::null());
    let mut child = command.start().unwrap();
    let mut said = String::new();
    BufReader::new(child.keeper.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "ready\n");
    kill(Pid::this(), Signal::SIGKILL).unwrap();
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let error = Command::new("/no/such/program").status().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[test]
fn output_and_status_are_the_programs_own() {
    let output = shell("echo out; echo err >&2; kill -TERM $$").output().unwrap();
    assert_eq!(output.ended.status.signal(), Some(libc::SIGTERM));
    assert_eq!(
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (&b"out\n"[..], &b"err\n"[..])
    );
}

/// A grandchild of 64 MiB that was waited for counts, as QEMU's would.
#[test]
fn the_peak_is_that_of_the_largest_process() {
    let peak_kib = |script: &str| shell(script).output().unwrap().ended.peak_kib;
    assert!(peak_kib("true; true") < 64 << 10);
    let large = peak_kib("head -c 67108864 /dev/zero | tail -c 67108864 | wc -c; true");
    assert!((64 << 10..100 << 10).contains(&large), "{large}");
}

#[test]
fn both_streams_come_in_order() {
    let mut lines = Vec::new();
    let (status, tail) = stream(shell("echo one; echo two >&2; printf three; exit 3"), |line| {
        lines.push(line.to_owned());
        Ok(())
    })
    .unwrap();
    assert_eq!(status.code(), Some(3));
    assert_eq!(lines, ["one", "two", "three"]);
    assert_eq!(tail.text(), "one\ntwo\nthree");
}

#[test]
fn a_reader_that_gives_up_ends_the_program() {
    let full = || io::Error::from(io::ErrorKind::StorageFull);
    let error = stream(shell("exec yes"), |_| Err(full())).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}
