//! What select leaves behind in its arguments.

mod the_sets_are_rewritten;
mod a_timeout_leaves_nothing;
mod the_time_that_is_left;
mod a_closed_descriptor;
mod a_descriptor_above_the_table;

use std::io;

pub fn run() -> io::Result<()> {
    // 1. The bits say what to watch, and then what is ready.
    the_sets_are_rewritten::run()?;
    // 2, 3. A loop that fills its variables before it, and not in it, works once.
    a_timeout_leaves_nothing::run()?;
    // 4. Linux tells what is left of the time; the C library's pselect() does not.
    the_time_that_is_left::run()?;
    // 5. A refusal: EBADF. The sets are no answer then; they are left alone.
    a_closed_descriptor::run()?;
    // 6. The same mistake, and no refusal.
    a_descriptor_above_the_table::run()
}
