//! Has the student's program fault, and looks at what it says and how it ends.
//!
//! Usage: harness ADDRESS
//!
//! 1. Its first thread uses up its stack.
//! 2. Another thread does.
//! 3. It reads at ADDRESS, where nothing is mapped.
//! 4. It sends itself SIGSEGV.

use std::error::Error;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;
use std::time::Duration;

use marker::mark;
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use student::output::Output;

/// How long the program may take. One whose handler returns takes for ever.
const PATIENCE: Duration = Duration::from_millis(200);

/// How large the stack of the first thread may become, bytes.
const STACK: u64 = 512 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let address = std::env::args().nth(1).ok_or("usage: harness ADDRESS")?;
    let bad_address = format!("bad address {:#018x}", address.parse::<u64>()?);
    let run = |step: u32, what: &str, says: &str| -> Result<(), Box<dyn Error>> {
        mark!("{}. {}", step, what);
        let mut command = student::command([what.into(), address.clone().into()]);
        // SAFETY: one system call, which a child between fork and exec may make.
        unsafe { command.pre_exec(|| Ok(setrlimit(Resource::RLIMIT_STACK, STACK, STACK)?)) };
        let mut program = student::spawn(command.stdout(Stdio::piped()))?;
        let mut output = Output::of(&mut program)?;
        match &*output.hear(PATIENCE)? {
            [] => mark!("{}. it says nothing", step),
            [line] if line == says => mark!("{}. it says what has happened", step),
            [line] => mark!("{}. it says something else: {}", step, line),
            _ => mark!("{}. it says something again and again", step),
        }
        if !output.ended {
            program.kill()?;
        }
        let status = program.wait()?;
        match (status.code(), status.signal()) {
            (None, Some(libc::SIGSEGV)) => mark!("{}. it dies of SIGSEGV", step),
            (None, signal) => mark!("{}. it dies of signal {}", step, signal.unwrap_or_default()),
            (Some(code), _) => mark!("{}. it exits with {}", step, code),
        }
        Ok(())
    };
    run(1, "first", "stack overflow")?;
    run(2, "thread", "stack overflow")?;
    run(3, "address", &bad_address)?;
    run(4, "sent", "sent by a process")?;
    mark!("5. done");
    Ok(())
}
