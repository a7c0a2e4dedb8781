//! Can the kernel talk without a call?
//!
//! This program maps a page of `kmods/mapped_ring`, whose interrupt handler writes records
//! there. It finds them by looking. Look in the timeline for what is *not* there: a system
//! call, a wake-up, a signal.
//!
//! Documented in mmap(2) and eventfd(2); the rules of the two ends in the kernel's
//! Documentation/core-api/circular-buffers.rst.

mod news_without_a_call;
mod nobody_looks;
mod the_numbers_go_round;
mod the_ring_is_full;
mod the_bell_is_for_sleepers;
mod look_once_more;
mod what_a_program_may_write;
mod the_mapping_outlives_the_descriptor;
mod what_is_refused;

use std::io;

use mapped_ring::{MODULE, MODULE_FILE};
use steps::{load, remove, run_first};

fn main() -> io::Result<()> {
    marker::open_trace();
    // An interrupt is to find the program running, or the child that it has left running,
    // and nobody else.
    run_first()?;

    // 1, 2. The whole way, by the wire and by a message.
    load(MODULE_FILE, c"msi=0")?;
    news_without_a_call::run("1. INTx")?;
    remove(MODULE)?;
    load(MODULE_FILE, c"msi=1")?;
    news_without_a_call::run("2. MSI")?;

    // 3, 4, 5. Records wait, their numbers go round, and then there is no room.
    nobody_looks::run()?;
    the_numbers_go_round::run()?;
    the_ring_is_full::run()?;
    // 6, 7. An eventfd, for those who sleep only, and how nobody sleeps too long.
    the_bell_is_for_sleepers::run()?;
    look_once_more::run()?;
    // 8, 9. What the kernel believes, and how long the page is there.
    what_a_program_may_write::run()?;
    the_mapping_outlives_the_descriptor::run()?;
    // 10. The refusals.
    what_is_refused::run()
}
