use std::io::{IsTerminal as _, stdin};

use clap::Args;
use lab::exec::{Status, request};
use lab::report::NoVerdict;

use crate::context::Context;
use crate::kernel_with::KernelWith;
use crate::outcome::{Outcome, Result};

/// Open a shell in the lab's machine, with a lesson's programs and modules
///
/// The shell has this terminal: job control, Ctrl-C and the window's size work. The
/// lesson's modules are loaded, and all its files are in /lab. `exit` or Ctrl-D leaves
/// the shell, and its exit status is this command's. Ctrl-] leaves the machine at any
/// time, and so does `poweroff`; the exit status is then 0. If standard input is not a
/// terminal, the shell reads its commands from it.
///
/// QEMU's device `edu` is always there, for modules to drive: PCI 1234:11e8 in the slot
/// 0000:00:04.0, see /sys/bus/pci/devices.
///
/// Example: cargo xtask shell sigwinch
#[derive(Args)]
pub struct Shell {
    /// lesson-1, 1 or sigchld; without one, a bare machine
    lesson: Option<String>,

    /// Use your module from `work/` instead of the lesson's
    #[arg(long, requires = "lesson")]
    mine: bool,

    /// Give the machine as much memory more: M or G
    #[arg(long, value_name = "SIZE", default_value = "0M", hide_default_value = true, value_parser = request::size)]
    memory: u64,

    #[command(flatten)]
    kernel_with: KernelWith,
}

impl Shell {
    pub fn run(self, context: &Context) -> Result {
        let lesson = match &self.lesson {
            Some(name) => Some(context.lesson(name)?),
            None => None,
        };
        let lab = context.lab_with("shell", self.kernel_with.additions())?;
        let machine = lab.machine()?;
        let mine = match &lesson {
            Some(lesson) => context.mine(self.mine, &lab, &machine, lesson)?,
            None => None,
        };
        if stdin().is_terminal() {
            eprintln!("Ctrl-] leaves the machine, whatever it does");
        }
        let mine = mine.as_ref().map(|mine| &mine.file);
        let executed = lab.shell(&machine, lesson.as_ref(), mine, self.memory)?;
        let reason = match executed.status {
            Status::Ended(status) => return Ok(Outcome::of_program(status)),
            Status::Halted => {
                eprintln!("the machine has ended");
                return Ok(Outcome::SUCCESS);
            }
            Status::Left => {
                eprintln!("you left the machine");
                return Ok(Outcome::SUCCESS);
            }
            Status::TimedOut { .. } => "the shell did not end".to_owned(),
            Status::Unrecorded(error) => return Err(error.into()),
            Status::Refused(reason) | Status::NotStarted(reason) => {
                format!("the shell was not started: {reason}")
            }
        };
        Err(NoVerdict { reason, log: executed.ran.returned.log }.into())
    }
}
