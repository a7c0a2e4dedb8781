//! The guest's instructions, of which the clock counts one in 32 ns. What the interrupt
//! itself costs is taken off.

use marker::Measured;

use crate::series::{Series, instructions};

pub fn run(table: &[(&str, Series)], nothing: &Series) {
    println!("3. guest instructions       to send one    to read all");
    for (name, series) in table {
        let send = instructions(series.send.saturating_sub(nothing.send)) / 1000;
        let receive = instructions(series.receive);
        println!("   {name:<21} {:>14} {:>14}", Measured(send), Measured(receive));
    }
}
