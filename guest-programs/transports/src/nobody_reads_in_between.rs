//! The program looks when all is over: each transport has kept what it can. Returns the
//! series of a thousand.

use std::io;
use std::os::fd::OwnedFd;

use marker::{mark, scene};

use crate::series::{Series, check_series, series};
use crate::transport::{Transport, choose_transport};

pub fn run<'a>(
    device: &OwnedFd,
    transports: &'a [(&'static str, Transport)],
) -> io::Result<Vec<(&'a str, Series)>> {
    println!("1. interrupts that arrive of         10       100      1000");
    let mut table = Vec::new();
    for (name, transport) in transports {
        // A mark is to fit on one line.
        let short = name.trim_end_matches(" signal");
        let mut arrived = Vec::new();
        for count in [10, 100, 1000] {
            scene!("2. {}: {}", short, count);
            choose_transport(device, transport)?;
            let series = series(device, transport, count)?;
            check_series(transport, count, &series);
            arrived.push(series.heard.events);
            if count == 1000 {
                table.push((*name, series));
            }
        }
        println!("   {name:<21} {:>14} {:>9} {:>9}", arrived[0], arrived[1], arrived[2]);
    }
    mark!("2. end");
    Ok(table)
}
