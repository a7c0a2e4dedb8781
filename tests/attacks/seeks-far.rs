//! Output that starts with a hole of one tebibyte.

use std::io::{Seek, SeekFrom, Write};
use std::os::fd::AsFd;

fn main() {
    let stdout = std::io::stdout();
    let mut file = std::fs::File::from(stdout.as_fd().try_clone_to_owned().unwrap());
    file.seek(SeekFrom::Start(1 << 40)).unwrap();
    file.write_all(b"far out\n").unwrap();
}
