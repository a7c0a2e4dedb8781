use std::time::{Duration, Instant};

use clap::Args;

use crate::context::Context;
use crate::kept;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Run random commands with random faults, and check that nothing is lost
///
/// It kills and stops the lab, QEMU and compilers, damages its own cache, fills disks and
/// sets limits. After each fault the next command must be right to the byte, and nothing
/// may be left. docs/reliability.md has the table of faults.
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
}

impl Soak {
    pub fn run(self, context: &'static Context) -> Result {
        if !kept::is_kept() {
            return kept::run();
        }
        ::tests::compare_only();
        let lab = context.lab("soak")?;
        let machine = lab.machine()?;
        let seed = self.seed.unwrap_or_else(::tests::soak::any_seed);
        outln!("seed {seed}, kernel {}", machine.kernel.release);
        let until = Instant::now() + Duration::from_secs(60 * self.minutes);
        let soaked =
            ::tests::soak::soak(&lab, seed, &self.fault, until, |step, fault, command, became| {
                outln!("{step:4} {command:6} {fault:28} {became}");
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
