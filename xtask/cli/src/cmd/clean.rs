use std::time::Duration;

use builder::cache::Cache;
use clap::Args;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Remove what the lab built, and say how much that was
///
/// Without --unused, everything is removed: the next run builds it again, including the
/// kernel.
///
/// The cache limits itself to 8 GiB, or to UPCALL_CACHE_GIB GiB: each build removes what
/// was used least recently. Kernels, their sources and checkpoints count as used a week
/// later than they were. What a running command uses stays.
///
/// Example: cargo xtask clean --unused 3
#[derive(Args)]
pub struct Clean {
    /// Remove only what no command has used for this many days (default: 7) and none is
    /// using now; 0 removes everything that is not in use
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
