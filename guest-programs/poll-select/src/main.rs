//! What does the kernel write into your arguments?
//!
//! select(2) and poll(2) answer in the very memory in which they were asked. This
//! program looks at that memory after each call. Some of its sleeps are ended by
//! the edu device, through `kmods/poll_select`: look in the timeline at who wakes
//! the sleeper, and in whose context the bit is found.
//!
//! Documented in select(2), poll(2), epoll_ctl(2) and signal(7).

mod select;
mod poll;
mod interrupt;
mod restart;
mod readiness_is_no_promise;

mod calls;
mod sets;
mod times;

use std::io;

use marker::mark;
use nix::fcntl::OFlag;
use poll_select::open_device;
use steps::run_untraced;

fn main() -> io::Result<()> {
    marker::open_trace();

    // 1 to 6. What select leaves behind in its sets and its time.
    select::run()?;
    // 7 to 9. What poll writes instead, and what select makes of it.
    poll::run()?;
    // 10 to 12. A bit that has its origin outside the processor.
    let device = open_device(OFlag::O_RDWR | OFlag::O_NONBLOCK)?;
    interrupt::run(&device)?;
    // 13 to 17. A signal ends the sleep: which calls go on, and which do not.
    restart::run()?;
    // 18. The refusal: what was ready is not, because another process was faster.
    readiness_is_no_promise::run(&device)?;
    drop(device);

    // 19. Another program asks of the module what no well-behaved one would.
    mark!("19. bad input, untraced");
    run_untraced("/lab/poll-select-bad-input")
}
