//! A signal ends a sleep, and the call goes on or does not.

mod select_and_poll_do_not_go_on;
mod read_goes_on;
mod without_a_handler_all_go_on;

mod handler;

use std::io;

pub fn run() -> io::Result<()> {
    handler::install()?;
    // 13, 14. A refusal: EINTR, whatever SA_RESTART says.
    select_and_poll_do_not_go_on::run()?;
    // 15. The same handler, and a call that SA_RESTART is for.
    read_goes_on::run()?;
    // 16, 17. A signal that runs no handler: the sleeper never hears of it.
    without_a_handler_all_go_on::run()
}
