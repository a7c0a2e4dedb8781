use builder::kernel::Kind;
use clap::Args;
use lab::debug::{self, Script};
use lab::plan::{Options, Plan};

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui;

/// Stop a lesson's machine and attach gdb, with the symbols of the kernel and of modules
/// once they are loaded
///
/// The machine runs the debug kernel, which is built first if necessary. The machine is
/// stopped: `continue` lets it run, Ctrl-C stops it again. It ends when gdb does, and
/// gdb's exit status is this command's.
///
/// Example: cargo xtask debug kill-pid
#[derive(Args)]
pub struct Debug {
    /// lesson-1, 1 or sigchld
    lesson: String,

    /// Use your module from `work/` instead of the lesson's
    #[arg(long)]
    mine: bool,

    /// Make gdb run these commands and then end
    #[arg(long, value_name = "FILE")]
    batch: Option<Script>,
}

impl Debug {
    pub fn run(self, context: &Context) -> Result {
        let lesson = context.lesson(&self.lesson)?;
        let suggested = debug::text(&debug::suggestions(&lesson));
        let options = Options { kernel: Kind::Debug, ..Options::default() };
        let plan = Plan::new(lesson, options);
        let mut lab = context.lab("debug")?;
        lab.kernel.kind = Kind::Debug;
        let machine = lab.machine()?;
        let mine = context.mine(self.mine, &lab, &machine, &plan.lesson)?;
        if self.batch.is_none() && !suggested.is_empty() {
            ui::say(&format!("Breakpoints that this lesson suggests:\n{suggested}"));
        }
        Ok(Outcome::of_program(lab.debug(&machine, &plan, mine.as_ref(), self.batch.as_ref())?))
    }
}
