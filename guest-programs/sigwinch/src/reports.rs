//! What the jobs of the shell report, a line each.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use marker::check;

/// Reads as many lines as are wanted. The scheduler says which process runs first, so
/// the lines are compared in alphabetical order.
pub fn check_reports(reports: &mut BufReader<File>, want: &[&str]) -> io::Result<()> {
    let mut got = reports.lines().take(want.len()).collect::<io::Result<Vec<String>>>()?;
    got.sort();
    check!("reports", got, want);
    Ok(())
}
