use builder::cache::Cache;
use clap::Args;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Remove everything that the lab built, and say how much that was
///
/// The next run builds it again, the kernel included.
///
/// Example: cargo xtask clean
#[derive(Args)]
pub struct Clean {}

impl Clean {
    pub fn run(self, _context: &Context) -> Result {
        let cache = Cache::open()?;
        let freed = cache.clean()?;
        outln!("removed {} MiB from {}", freed >> 20, cache.root().display());
        Ok(Outcome::SUCCESS)
    }
}
