//! Of what is missing, some transports tell the sender, some the reader, and some
//! nobody.

use nix::errno::Errno;

use crate::series::Series;

pub fn run(table: &[(&str, Series)]) {
    println!("2. of 1000               arrived  payloads  sender  reader told");
    for (name, series) in table {
        let Series { heard, counters, .. } = series;
        let sender = match counters.refused {
            0 => "0".to_owned(),
            _ => format!("{:?}", Errno::from_raw(-counters.error)),
        };
        let reader = match (heard.told, heard.told_lost) {
            (true, Some(lost)) => format!("{lost} lost"),
            (true, None) => "ENOBUFS".to_owned(),
            (false, _) => "nothing".to_owned(),
        };
        let payloads = heard.payloads.len();
        println!("   {name:<21} {:>8} {payloads:>9}  {sender:<7} {reader}", heard.events);
    }
}
