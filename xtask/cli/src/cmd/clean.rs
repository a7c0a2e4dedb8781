use std::time::Duration;

use builder::cache::Cache;
use clap::Args;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Remove what the lab built, and say how much that was
///
/// Without --unused that is everything: the next run builds it again, the kernel
/// included.
///
/// The cache keeps itself within 8 GiB, or as many as UPCALL_CACHE_GIB says: whoever
/// builds something removes what was used least lately. Kernels, their sources and
/// checkpoints count as used a week later than they were. What a running command
/// uses stays.
///
/// Example: cargo xtask clean --unused 3
#[derive(Args)]
pub struct Clean {
    /// Remove only what no command has used for so many days, 7 if there is no
    /// number, and what none uses now; 0: all that none uses now
    #[arg(long, value_name = "DAYS", num_args = 0..=1, default_missing_value = "7")]
    unused: Option<u32>,
}

impl Clean {
    pub fn run(self, _context: &Context) -> Result {
        let cache = Cache::open()?;
        let freed = match self.unused {
            Some(days) => cache.clean_unused(Duration::from_secs(u64::from(days) * 24 * 3600))?,
            None => cache.clean()?,
        };
        outln!("removed {} MiB from {}", freed >> 20, cache.root().display());
        Ok(Outcome::SUCCESS)
    }
}
