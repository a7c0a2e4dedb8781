//! A thousand runs of `lab_transports_isr` (kmods/transports/handler.c) with nobody to
//! tell. What the others cost is more than this.

use std::io;
use std::os::fd::OwnedFd;

use marker::{check, scene};

use crate::series::{Series, series};
use crate::transport::Transport;

pub fn run(device: &OwnedFd) -> io::Result<Series> {
    scene!("1. nobody is told");
    let nothing = series(device, &Transport::Nothing, 1000)?;
    check!("interrupts", nothing.counters.interrupts, 1000);
    Ok(nothing)
}
