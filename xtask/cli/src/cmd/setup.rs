use clap::Args;

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
        lab.prepare_lessons(&machine)?;
        if self.exercises {
            lab.prepare_exercises(&machine)?;
        }
        outln!("everything is built, in {}", lab.cache.root().display());
        Ok(Outcome::SUCCESS)
    }
}
