use builder::guest::{kmods, programs};
use clap::Args;
use lab::exercise::values::Seed;
use vm::command::Accel;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Install what the host lacks and build everything
///
/// To share all of it, set XDG_CACHE_HOME to a folder that everybody can read, and later
/// UPCALL_SHARED_CACHE to the folder `upcall` in it.
///
/// Example: cargo xtask setup
#[derive(Args)]
pub struct Setup {
    /// Also compile what the exercises need
    #[arg(long)]
    exercises: bool,
}

impl Setup {
    pub fn run(self, context: &Context) -> Result {
        let lab = context.lab("setup")?;
        let machine = lab.machine()?;
        for name in &lab.course.names {
            let lesson = lab.course.read(name)?;
            programs::build(&lab.course.root, &lesson.folder, &lab.cache, lab.progress)?;
            for kmod in &lesson.experiment.kmods {
                kmods::build(&lab.course.root, kmod, &machine.kernel, &lab.cache, lab.progress)?;
            }
        }
        lab.saved(&machine, Accel::TCG)?;
        if self.exercises {
            for exercise in lab.course.exercises(Seed::default())? {
                lab.prepare(&machine, &exercise)?;
            }
        }
        outln!("everything is built, in {}", lab.cache.root().display());
        Ok(Outcome::SUCCESS)
    }
}
