use std::time::{Duration, Instant};

use clap::Args;
use tests::soak::{self, Steps};

use crate::context::Context;
use crate::kept::kept;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Run random commands with random faults and check that nothing is lost
///
/// It kills and stops the lab, QEMU and compilers, damages files of a cache of its own,
/// fills disks and sets limits. After each fault, the next command must be right to the
/// byte, and nothing may be left behind. docs/reliability.md has the table of faults.
///
/// Example: cargo xtask soak --minutes 60 --seed 7
#[derive(Args)]
pub struct Soak {
    /// How long to run, minutes
    #[arg(long, default_value_t = 10)]
    minutes: u64,

    /// Only faults whose name contains this
    #[arg(long, default_value = "", hide_default_value = true)]
    fault: String,

    /// The same seed gives the same faults [default: a random one]
    #[arg(long)]
    seed: Option<u64>,

    /// Only this step of a seed
    #[arg(long, requires = "seed")]
    step: Option<usize>,
}

impl Soak {
    pub fn run(self, context: &'static Context) -> Result {
        kept(|| self.run_kept(context))
    }

    fn run_kept(self, context: &'static Context) -> Result {
        tests::compare_only();
        let lab = context.lab("soak")?;
        let machine = lab.machine()?;
        let seed = self.seed.unwrap_or_else(soak::any_seed);
        outln!("seed {seed}, kernel {}", machine.kernel.release);
        let steps = Steps {
            seed,
            only: &self.fault,
            step: self.step,
            until: Instant::now() + Duration::from_secs(60 * self.minutes),
        };
        let soaked = steps.take(&lab, |step, fault, command, became| {
            outln!("{step:4} {:6} {fault:30} {became}", command.to_string());
        });
        match soaked {
            Ok(counts) => {
                outln!("\n{counts}");
                Ok(Outcome::SUCCESS)
            }
            Err(lost) => {
                outln!("\n{lost}");
                Ok(Outcome::FAILED)
            }
        }
    }
}
