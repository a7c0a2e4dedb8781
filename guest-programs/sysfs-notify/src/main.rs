//! How does an attribute say that it has changed?
//!
//! A file in sysfs is a function of the kernel's: it is asked at each read. To know when to
//! read again, a program polls for POLLPRI, and a driver calls `sysfs_notify_dirent`, here
//! in the interrupt handler of `kmods/sysfs_notify`. Look in the timeline for who wakes the
//! poller, and when the module is asked for the value.
//!
//! Documented in the kernel's Documentation/filesystems/sysfs.rst and in poll(2).

mod a_fresh_one_is_ready;
mod an_interrupt_wakes_the_poller;
mod reading_on_is_not_reading;
mod two_are_one;
mod what_to_ask_for;
mod each_open_file_has_its_own;
mod select_calls_it_an_exception;
mod epoll_by_edge;
mod inotify_hears_it_too;
mod a_write_announces_nothing;
mod piece_by_piece;
mod what_is_refused;
mod the_attribute_goes;

use std::ffi::CStr;
use std::io;

use nix::sys::prctl;
use steps::{load, remove, run_first};
use sysfs_notify::{MODULE, MODULE_FILE};

/// This program's name, by which the lesson traces it.
const READER: &CStr = c"reader";

fn main() -> io::Result<()> {
    prctl::set_name(READER)?;
    marker::open_trace();
    // An interrupt is to find the program running, or the child that it has left running,
    // and nobody else.
    run_first()?;

    // 1. What poll says before anything has happened.
    load(MODULE_FILE, c"msi=0")?;
    a_fresh_one_is_ready::run()?;
    // 2, 3. The whole way, by the wire and by a message.
    an_interrupt_wakes_the_poller::run("2. INTx")?;
    remove(MODULE)?;
    load(MODULE_FILE, c"msi=1")?;
    an_interrupt_wakes_the_poller::run("3. MSI")?;

    // 4 to 7. What ends the readiness, how many changes it stands for, and for whom.
    reading_on_is_not_reading::run()?;
    two_are_one::run()?;
    what_to_ask_for::run()?;
    each_open_file_has_its_own::run()?;
    // 8 to 11. Other ways to hear of it, and one who hears of more.
    select_calls_it_an_exception::run()?;
    epoll_by_edge::run()?;
    inotify_hears_it_too::run()?;
    a_write_announces_nothing::run()?;
    // 12. A value in two pieces.
    piece_by_piece::run()?;
    // 13, 14. The refusals, and the end.
    what_is_refused::run()?;
    the_attribute_goes::run()
}
