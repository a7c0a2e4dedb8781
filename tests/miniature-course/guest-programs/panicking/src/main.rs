//! Fills PID 1's code with zeros. The kernel cannot live without PID 1.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};

fn main() -> std::io::Result<()> {
    let maps = fs::read_to_string("/proc/1/maps")?;
    let is_code = |line: &&str| line.contains(" r-xp ") && line.ends_with("/init");
    let code = maps.lines().find(is_code).expect("PID 1 has code");
    let (range, _) = code.split_once(' ').expect("maps has columns");
    let (start, end) = range.split_once('-').expect("a range has two ends");
    let parse = |address| u64::from_str_radix(address, 16).expect("an address is hexadecimal");
    let (start, end) = (parse(start), parse(end));
    let mut memory = OpenOptions::new().write(true).open("/proc/1/mem")?;
    memory.seek(SeekFrom::Start(start))?;
    memory.write_all(&vec![0; (end - start) as usize])
}
