use builder::kernel::Kind;
use clap::Args;
use lab::plan::Options;

use crate::context::Context;
use crate::kernel_with::KernelWith;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Show what `run` would do: each step, flag and parameter with its reason
///
/// Runs and builds nothing.
///
/// Example: cargo xtask plan lesson-1
#[derive(Args)]
pub struct Plan {
    /// lesson-1, 1 or sigchld
    lesson: String,

    /// Plan a boot instead of resuming from the checkpoint
    #[arg(long)]
    cold: bool,

    /// Plan a run on the debug kernel, like `test --debug-kernel`
    #[arg(long)]
    debug_kernel: bool,

    #[command(flatten)]
    kernel_with: KernelWith,

    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub fn run(self, context: &Context) -> Result {
        let lesson = context.lesson(&self.lesson)?;
        let kernel = if self.debug_kernel { Kind::Debug } else { Kind::Lesson };
        let with = self.kernel_with.additions();
        let options = Options { cold: self.cold, kernel, with, ..Options::default() };
        let plan = lab::plan::Plan::new(lesson, options);
        if self.json {
            outln!("{:#}", plan.to_json());
        } else {
            outln!("{plan}");
        }
        Ok(Outcome::SUCCESS)
    }
}
