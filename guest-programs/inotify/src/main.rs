//! What does a read on an inotify descriptor carry?
//!
//! A watcher reads what others did to its files: records of `struct
//! inotify_event`, with a name behind them. Run it in the lab and read the
//! timeline beside the output: each record is written by the task that *acts*,
//! inside its own system call, in the kernel's `inotify_handle_inode_event`
//! (fs/notify/inotify/inotify_fsnotify.c). The watcher only fetches it.
//!
//! Documented in inotify(7), inotify_init(2), inotify_add_watch(2) and
//! inotify_rm_watch(2).

mod a_child_creates_a_file;
mod a_child_renames_it;
mod half_a_rename;
mod names_are_padded;
mod whole_records_or_none;
mod only_the_tail_merges;
mod three_ways_to_be_ignored;
mod unlinked_while_open;
mod the_queue_overflows;
mod an_overflow_hides_more;
mod what_is_not_told;

mod watcher;
mod files;

use nix::sys::prctl;
use nix::sys::stat::Mode;
use nix::unistd::mkdir;
use steps::run_first;

use crate::watcher::{ELSEWHERE, WATCHED};

fn main() -> nix::Result<()> {
    marker::open_trace();
    // What the C library reads before `main` is not traced: it is its own.
    prctl::set_name(c"watcher")?;
    // Every child acts while the watcher sleeps.
    run_first()?;
    for directory in [WATCHED, ELSEWHERE] {
        mkdir(directory, Mode::from_bits_retain(0o755))?;
    }

    // A creation: the actor writes the record, and is not named in it.
    a_child_creates_a_file::run()?;
    // A rename: two records with one cookie.
    a_child_renames_it::run()?;
    // A rename out of the watched directory: one record.
    half_a_rename::run()?;
    // Names end with a NUL and are padded.
    names_are_padded::run()?;
    // A buffer that is too small is refused, and nothing is lost.
    whole_records_or_none::run()?;
    // An event like the last in the queue is dropped.
    only_the_tail_merges::run()?;
    // IN_IGNORED: a watch ends in three ways.
    three_ways_to_be_ignored::run()?;
    // An unlinked file goes when it is closed for the last time.
    unlinked_while_open::run()?;
    // A full queue says so once, and drops the rest.
    the_queue_overflows::run()?;
    // An overflow hides merging and the end of a watch too.
    an_overflow_hides_more::run()?;
    // Writes through memory and below a subdirectory are not told.
    what_is_not_told::run()
}
