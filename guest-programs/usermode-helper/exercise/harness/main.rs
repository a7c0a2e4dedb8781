//! Has processes die, and looks at what the student's program says of their cores.
//!
//! Usage: harness ADDRESS ORDER
//!
//! 1. A process faults at ADDRESS.
//! 2. A thread of a process does.
//! 3. A process sends itself SIGABRT.
//! 4. A process in a pid namespace faults.
//!
//! The kernel starts this program, too, as the core handler: see `handler.rs`. And each
//! process that dies is this program: see `victim.rs`.

mod handler;
mod victim;

use std::error::Error;
use std::fs;
use std::io::{self, Read};
use std::os::unix::net::UnixListener;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Command;

use marker::mark;
use nix::sched::{CloneFlags, unshare};

use crate::handler::{HANDLER, MEETING};
use crate::victim::{INSTRUCTION, VICTIM};

/// The student's user. A process that dies as another could not be looked at in /proc.
const USER: u32 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [HANDLER, harness, ..] => return handler::run(harness, &arguments[2..]),
        [VICTIM, how, address] => return victim::run(how, address.parse()?),
        _ => marker::open_trace(),
    }
    let [address, order] = arguments[..] else {
        return Err("usage: harness ADDRESS ORDER".into());
    };
    let harness = std::env::current_exe()?;
    let pattern = format!("|{} {HANDLER} {} %P %p %s", harness.display(), std::process::id());
    fs::write("/proc/sys/kernel/core_pattern", pattern)?;
    let meeting = UnixListener::bind(MEETING)?;
    let directory = format!("/tmp/order-{order}");
    fs::create_dir(&directory)?;

    let fault = format!(
        "{directory}: SIGSEGV at {:#x}, instruction {INSTRUCTION:#x}\n",
        address.parse::<usize>()?
    );
    let sent = format!("{directory}: SIGABRT, sent by a process\n");
    let dies = |step: u32, how: &str, wanted: &str| -> Result<(), Box<dyn Error>> {
        mark!("{}. {}", step, how);
        let mut victim = Command::new(&harness)
            .args([VICTIM, how, address])
            .current_dir(&directory)
            .uid(USER)
            .gid(USER)
            .spawn()?;
        let (mut handler, _) = meeting.accept()?;
        let (mut errors, _) = meeting.accept()?;
        let status = victim.wait()?;
        mark!("{}", if status.core_dumped() { "wait: core dumped" } else { "wait: no core" });
        let mut said = String::new();
        handler.read_to_string(&mut said)?;
        print!("{said}");
        io::copy(&mut errors, &mut io::stderr())?;
        match said.trim_end() {
            "" => mark!("{}. it says nothing", step),
            _ if said == wanted => mark!("{}. it says what has happened", step),
            line => mark!("{}. it says something else: {}", step, line),
        }
        Ok(())
    };
    dies(1, "fault", &fault)?;
    dies(2, "thread", &fault)?;
    dies(3, "sent", &sent)?;
    // The next child is the first process in a new namespace, and a fault kills that, too.
    unshare(CloneFlags::CLONE_NEWPID)?;
    dies(4, "fault", &fault)?;
    mark!("5. done");
    Ok(())
}
