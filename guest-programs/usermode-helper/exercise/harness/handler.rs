//! The core handler, which the kernel starts as root. It gives the core to the student's
//! program, which is not root, and tells the harness what that says.
//!
//! It does to the student's program what the kernel does to a core handler: the core ends
//! when the process is gone, and is cut off if nobody reads.

use std::error::Error;
use std::fs;
use std::io::{self, Write, stdin};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{ChildStdin, Stdio};
use std::thread;
use std::time::Duration;

use marker::mark;
use nix::poll::{PollTimeout, poll};
use student::output::Output;

/// The harness's first argument in this role.
pub const HANDLER: &str = "handler";

/// Where the harness waits for it. No student can connect.
pub const MEETING: &str = "/lab/meeting";

/// How long the student's program may take. It needs a tenth of that.
const PATIENCE: Duration = Duration::from_millis(500);

/// The harness's pid, and `%P %p %s`.
pub fn run(harness: &str, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let process = Path::new("/proc").join(arguments.first().ok_or("no pid")?);
    // The student's program may crash, too. Then it has no core handler: that would be the
    // student's program again.
    if !fs::read_to_string(process.join("status"))?.contains(&format!("\nPPid:\t{harness}\n")) {
        return Ok(());
    }
    marker::open_trace();
    let mut harness = UnixStream::connect(MEETING)?;
    let errors = OwnedFd::from(UnixStream::connect(MEETING)?);
    let mut command = student::command(arguments.iter().map(Into::into));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
    let mut program = student::spawn(&mut command)?;
    // It has its own copy of `errors` now, and only that is to be left.
    drop(command);
    let input = program.stdin.take().ok_or("no pipe")?;
    let mut output = Output::of(&mut program)?;
    thread::scope(|scope| -> Result<(), Box<dyn Error>> {
        let fed = scope.spawn(|| feed(input, &process));
        let said = output.hear(PATIENCE)?;
        // Without a reader, feeding ends.
        program.kill()?;
        program.wait()?;
        match fed.join() {
            Ok(Ok(())) => mark!("handler: the whole core has been read"),
            _ => mark!("handler: the core is cut off"),
        }
        for line in said {
            writeln!(harness, "{line}")?;
        }
        Ok(())
    })
}

/// Gives the core to the program, and then waits until the process is gone.
fn feed(mut input: ChildStdin, process: &Path) -> io::Result<()> {
    io::copy(&mut stdin().lock(), &mut input)?;
    while process.join("cwd").read_link().is_ok() {
        poll(&mut [], PollTimeout::from(1u8))?;
    }
    Ok(())
}
