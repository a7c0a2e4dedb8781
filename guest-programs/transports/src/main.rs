//! A thousand interrupts: who loses what?
//!
//! The same interrupts of edu, told by `kmods/transports` in five ways, to a
//! program that reads too late. Look in the timeline at the moment from which
//! on a transport refuses more, and in the table at who is told.
//!
//! Documented in signal(7), getrlimit(2), eventfd(2), netlink(7) and read(2).

mod nobody_is_told;
mod nobody_reads_in_between;
mod who_is_told;
mod what_it_costs;
mod read_after_each_hundred;
mod an_unknown_transport;

mod transport;
mod hear;
mod series;

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use steps::block;
use transports::{load, open_device};

use crate::transport::{REAL_TIME, SIGPENDING, STANDARD, all};

fn main() -> io::Result<()> {
    marker::open_trace();
    load()?;
    let device = open_device()?;
    block(STANDARD)?;
    block(REAL_TIME)?;
    let hard = getrlimit(Resource::RLIMIT_SIGPENDING)?.1;
    setrlimit(Resource::RLIMIT_SIGPENDING, SIGPENDING, hard)?;
    let transports = all()?;

    // What a thousand interrupts cost by themselves.
    let nothing = nobody_is_told::run(&device)?;
    // How many of 10, 100 and 1000 arrive if nobody reads in between.
    let table = nobody_reads_in_between::run(&device, &transports)?;
    // The sender, the reader or nobody is told of those that are missing.
    who_is_told::run(&table);
    // What it costs to send one, and to read all.
    what_it_costs::run(&table, &nothing);
    // How many arrive if the program reads after each hundred.
    read_after_each_hundred::run(&device, &transports)?;
    // A transport that there is not.
    an_unknown_transport::run(&device)
}
