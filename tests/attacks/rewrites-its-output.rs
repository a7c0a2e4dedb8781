//! Prints something, takes it back, and writes something else to another file of the same
//! name.

use std::os::fd::AsFd;

fn main() {
    println!("reaped 7");
    let stdout = std::io::stdout();
    nix::unistd::ftruncate(stdout.as_fd(), 0).unwrap();
    nix::unistd::lseek(stdout.as_fd(), 0, nix::unistd::Whence::SeekSet).unwrap();
    println!("{:?}", std::fs::write("/run/output/stdout", "reaped 7\n").map_err(|e| e.kind()));
    println!("{:?}", std::fs::write("/run/output/stderr", "").map_err(|e| e.kind()));
}
